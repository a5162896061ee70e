import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { type Database, migrate, openDatabase } from '../../src/db/index.ts'
import { hex, sha256, systemRandom } from '../../src/kernel/index.ts'
import { postgresUrl } from './servers.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly database: Database
  /** Where it is, for a second process or a second connection. */
  readonly url: string
}

export interface TestDialect {
  readonly name: 'sqlite' | 'postgres'
  /** A fresh, migrated database that goes away with the test. */
  open(): Promise<TestDatabase>
}

/** What storage suites run on: `describe.each(testDialects)`. PostgreSQL where a server is at hand. */
export const testDialects: readonly TestDialect[] = [
  { name: 'sqlite' as const, open: openTestSqlite },
  ...(postgresUrl() === undefined ? [] : [{ name: 'postgres' as const, open: openTestPostgres }]),
]

const NOW = new Date('2030-01-01T00:00:00Z')

async function openTestSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-test-'))
  const path = join(folder, 'authy2.db')
  const database = openDatabase({ kind: 'sqlite', path }, systemRandom)
  await migrate(database, NOW)
  return {
    database,
    url: `sqlite:${path}`,
    async [Symbol.asyncDispose]() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openTestPostgres(): Promise<TestDatabase> {
  templateName ??= createTemplate()
  const template = await templateName
  const name = `test_${hex(systemRandom.bytes(8))}`
  await asAdmin((sql) => sql.unsafe(`create database ${name} template ${template}`))
  const url = databaseUrl(name)
  const database = openDatabase({ kind: 'postgres', url, poolSize: 10 }, systemRandom)
  return {
    database,
    url,
    async [Symbol.asyncDispose]() {
      await database.close()
      await asAdmin((sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

/** An empty PostgreSQL database without any migration, for tests of the migrations themselves. */
export async function createEmptyPostgres(): Promise<{ url: string } & AsyncDisposable> {
  const name = `test_${hex(systemRandom.bytes(8))}`
  await asAdmin((sql) => sql.unsafe(`create database ${name}`))
  return {
    url: databaseUrl(name),
    [Symbol.asyncDispose]: async () => {
      await asAdmin((sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

let templateName: Promise<string> | undefined

/** One migrated database that every test's is copied from: a copy takes a tenth of the time. */
async function createTemplate(): Promise<string> {
  const name = `template_${hex(sha256(`${process.pid}${hex(systemRandom.bytes(8))}`)).slice(0, 16)}`
  await asAdmin((sql) => sql.unsafe(`create database ${name}`))
  const database = openDatabase({ kind: 'postgres', url: databaseUrl(name), poolSize: 1 }, systemRandom)
  await migrate(database, NOW)
  await database.close()
  return name
}

function databaseUrl(name: string): string {
  const url = new URL(postgresUrl() ?? '')
  url.pathname = `/${name}`
  return url.toString()
}

async function asAdmin(work: (sql: SQL) => Promise<unknown>): Promise<void> {
  const sql = new SQL({ url: postgresUrl() ?? '', max: 1 })
  try {
    await work(sql)
  } finally {
    await sql.close()
  }
}
