import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { type Database, MigrationError, migrate, migrationStatus, openDatabase } from '../../src/db/index.ts'
import type { Migration } from '../../src/db/migrate.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { createEmptyPostgres } from '../support/postgres-databases.ts'
import { postgresUrl } from '../support/servers.ts'
import { factNames, writeFact } from './facts.ts'
import { runStorageProcess } from './processes.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

interface Empty extends AsyncDisposable {
  readonly url: string
  readonly database: Database
  /** Runs SQL behind the back of the program. */
  meddle(sql: string): Promise<void>
}

async function emptySqlite(): Promise<Empty> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-migrate-'))
  const path = join(folder, 'authy2.db')
  const database = openDatabase({ kind: 'sqlite', path }, systemRandom)
  return {
    url: `sqlite:${path}`,
    database,
    async meddle(sql) {
      const file = new SqliteFile(path)
      file.run(sql)
      file.close()
    },
    async [Symbol.asyncDispose]() {
      await database.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function emptyPostgres(): Promise<Empty> {
  const server = await createEmptyPostgres()
  const database = openDatabase({ kind: 'postgres', url: server.url, poolSize: 5 }, systemRandom)
  return {
    url: server.url,
    database,
    async meddle(sql) {
      const client = new SQL({ url: server.url, max: 1 })
      await client.unsafe(sql)
      await client.close()
    },
    async [Symbol.asyncDispose]() {
      await database.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const DIALECTS = [
  { name: 'sqlite', open: emptySqlite },
  ...(postgresUrl() === undefined ? [] : [{ name: 'postgres', open: emptyPostgres }]),
]

describe.each(DIALECTS)('migrations of $name', ({ open }) => {
  test('bring an empty database to the present, once', async () => {
    await using empty = await open()
    const known = empty.database.migrations.known.map(({ name }) => name)
    expect(await migrationStatus(empty.database)).toEqual({ applied: [], pending: known })
    expect(await migrate(empty.database, NOW)).toEqual(known)
    expect(await migrate(empty.database, NOW)).toEqual([])
    expect(await migrationStatus(empty.database)).toEqual({ applied: known, pending: [] })
    await writeFact(empty.database, 'usable')
    expect(await factNames(empty.database.reader)).toEqual(['usable'])
  })

  test('are applied by one of several processes that start at once, and none of them fails', async () => {
    await using empty = await open()
    const outputs = await Promise.all([1, 2, 3].map(() => runStorageProcess(['migrate', empty.url])))
    const applied = outputs.flat().map((line): unknown => JSON.parse(line))
    expect(applied).toHaveLength(3)
    const known = empty.database.migrations.known.map(({ name }) => name)
    expect(applied.filter((names) => Bun.deepEquals(names, known))).toHaveLength(1)
    expect(applied.filter((names) => Bun.deepEquals(names, []))).toHaveLength(2)
  }, 30_000)

  test('add what is new to a database that has the earlier ones, with its rows', async () => {
    await using empty = await open()
    await migrate(empty.database, NOW)
    await writeFact(empty.database, 'old')
    const next = withMigrations(empty.database, [{ name: '9000_next', sql: 'create table next (id text)' }])
    expect(await migrate(next, NOW)).toEqual(['9000_next'])
    await empty.meddle(`insert into next values ('there')`)
    expect(await factNames(empty.database.reader)).toEqual(['old'])
  })

  test('leave nothing of those that run together when one fails midway', async () => {
    await using empty = await open()
    const known = empty.database.migrations.known.map(({ name }) => name)
    const broken = withMigrations(empty.database, [
      { name: '9000_good', sql: 'create table good (id text)' },
      {
        name: '9001_bad',
        sql: 'create table half (id text);\n--> statement-breakpoint\ncreate table half (id text)',
      },
    ])
    await expect(migrate(broken, NOW)).rejects.toMatchObject({ name: 'StorageError' })
    expect(await migrationStatus(empty.database)).toEqual({ applied: [], pending: known })
    for (const table of ['good', 'half', 'users']) await empty.meddle(`create table ${table} (id text)`)
  })

  test('refuse a database that is newer than the program', async () => {
    await using empty = await open()
    await migrate(empty.database, NOW)
    const newer = withMigrations(empty.database, [{ name: '9000_next', sql: 'create table next (id text)' }])
    await migrate(newer, NOW)
    await expect(migrate(empty.database, NOW)).rejects.toBeInstanceOf(MigrationError)
    await expect(migrationStatus(empty.database)).rejects.toThrow(/9000_next.*newer/)
  })

  test('refuse a database that was made from other text', async () => {
    await using empty = await open()
    await migrate(empty.database, NOW)
    await empty.meddle(`update migrations set digest = 'another'`)
    await expect(migrate(empty.database, NOW)).rejects.toBeInstanceOf(MigrationError)
  })
})

describe('migrations of sqlite', () => {
  const USER = `insert into users values ('u', 'a@b.c', 'a@b.c', null, null, null, null, 'active', 0, 0, 0)`

  // With foreign keys on, dropping the old table would delete every row that refers to it.
  test('rebuild a table without losing the rows that refer to it', async () => {
    await using empty = await emptySqlite()
    await migrate(empty.database, NOW)
    await empty.meddle(USER)
    await empty.meddle(`insert into passwords values ('u', 'hash', 0)`)
    const rebuild = [
      'PRAGMA foreign_keys=OFF',
      createUsers(empty.database).replace('`users`', '`__new_users`'),
      'insert into __new_users select * from users',
      'drop table users',
      'alter table __new_users rename to users',
      'PRAGMA foreign_keys=ON',
    ].join(';\n--> statement-breakpoint\n')
    await migrate(withMigrations(empty.database, [{ name: '9000_rebuild', sql: rebuild }]), NOW)
    const { reader } = empty.database
    expect(await reader.$count(reader.t.password)).toBe(1)
    const orphan = empty.database.transaction(async (tx) => {
      await tx.insert(tx.t.password).values({ userId: 'nobody', hash: 'hash', changedAt: NOW })
    })
    await expect(orphan).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  })

  test('that would leave a row without what it refers to are undone', async () => {
    await using empty = await emptySqlite()
    await migrate(empty.database, NOW)
    const orphan = { name: '9000_orphan', sql: `insert into passwords values ('nobody', 'hash', 0)` }
    await expect(migrate(withMigrations(empty.database, [orphan]), NOW)).rejects.toThrow(/foreign key/)
    const { reader } = empty.database
    expect(await reader.$count(reader.t.password)).toBe(0)
  })
})

test('are those of the tables in src/db/tables: generating again yields nothing', async () => {
  const generate = join(import.meta.dir, '../../scripts/generate.ts')
  const child = Bun.spawn([process.execPath, generate, '--check'], { stdout: 'pipe', stderr: 'pipe' })
  expect((await child.stdout.text()) + (await child.stderr.text())).toBe('')
  expect(await child.exited).toBe(0)
}, 30_000)

/** The database as a later version of the program would see it. */
const withMigrations = (database: Database, later: readonly Migration[]): Database => ({
  ...database,
  migrations: { ...database.migrations, known: [...database.migrations.known, ...later] },
})

function createUsers(database: Database): string {
  const statements = database.migrations.known.flatMap(({ sql }) => sql.split('--> statement-breakpoint'))
  return statements.find((statement) => statement.includes('CREATE TABLE `users`'))?.trim() ?? ''
}
