import { Database as SqliteFile } from 'bun:sqlite'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, migrate, openDatabase } from '../../src/db/index.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { lendPostgres } from './postgres-databases.ts'
import { postgresUrl } from './servers.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly database: Database
  /** Where it is, for a second process or a second connection. */
  readonly url: string
}

export interface TestDialect {
  readonly name: 'sqlite' | 'postgres'
  /** A migrated database without rows, that the test has for itself until it disposes of it. */
  open(): Promise<TestDatabase>
}

/** What storage suites run on: `describe.each(testDialects)`. PostgreSQL where a server is at hand. */
export const testDialects: readonly TestDialect[] = [
  { name: 'sqlite' as const, open: openTestSqlite },
  ...(postgresUrl() === undefined ? [] : [{ name: 'postgres' as const, open: lendPostgres }]),
]

const NOW = new Date('2030-01-01T00:00:00Z')

async function openTestSqlite(): Promise<TestDatabase> {
  migratedFile ??= migrateOnce()
  const migrated = await migratedFile
  const folder = await mkdtemp(join(tmpdir(), 'authy2-test-'))
  const path = join(folder, 'authy2.db')
  await writeFile(path, migrated)
  const database = openDatabase({ kind: 'sqlite', path }, systemRandom)
  return {
    database,
    url: `sqlite:${path}`,
    async [Symbol.asyncDispose]() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let migratedFile: Promise<Uint8Array> | undefined

/** The file that every test's is a copy of. */
async function migrateOnce(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-test-'))
  const path = join(folder, 'authy2.db')
  const database = openDatabase({ kind: 'sqlite', path }, systemRandom)
  await migrate(database, NOW)
  const file = new SqliteFile(path, { readonly: true })
  const bytes = file.serialize() // with what is in the log only
  file.close()
  await database.close()
  await rm(folder, { recursive: true })
  return bytes
}
