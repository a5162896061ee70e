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
  /** Runs SQL behind the back of the program, and returns the rows that it gives. */
  meddle(sql: string): Promise<readonly Record<string, unknown>[]>
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
      const rows = file.query<Record<string, unknown>, []>(sql).all()
      file.close()
      return rows
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
      const rows = (await client.unsafe(sql)) as Record<string, unknown>[]
      await client.close()
      return [...rows]
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

describe.each(DIALECTS)('migrations of $name', ({ name, open }) => {
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

  test('keep of each family of refresh tokens the one that is good, under the name that it has by itself', async () => {
    await using empty = await open()
    await migrate(upTo(empty.database, '0004'), NOW)
    const insert = (table: string, row: Record<string, unknown>) => empty.meddle(insertOf(table, row, name))
    const token = async (digest: string, rotatedAt: Date | null, familyId = 'family') =>
      insert('refresh_tokens', {
        ...ISSUED,
        ...SIGNED_IN,
        digest: bytes(digest),
        family_id: familyId,
        resources: [],
        is_offline: false,
        rotated_at: rotatedAt,
        successor: rotatedAt && bytes('5ea1'),
      })
    for (const [table, row] of BEFORE_TOKENS) await insert(table, row)
    await token('01aa', NOW)
    await token('02bb', NOW)
    await token('03cc', null)
    await token('04dd', null, 'another')
    const access = { ...ISSUED, digest: bytes('0a'), audience: [] }
    await insert('access_tokens', { ...access, id: 'of-family', family_id: 'family' })
    await insert('access_tokens', { ...access, id: 'of-none', family_id: null })
    await insert('authorization_codes', {
      ...ISSUED,
      ...SIGNED_IN,
      digest: bytes('0b'),
      family_id: 'family',
      redirect_uri: 'https://a.example',
      resources: [],
    })

    await migrate(upTo(empty.database, '0005'), NOW)
    const tokens = await empty.meddle('select id, digest, rotated_at from refresh_tokens order by id')
    expect(
      tokens.map((row) => [row.id, Buffer.from(row.digest as Uint8Array).toString('hex'), row.rotated_at]),
    ).toEqual([
      ['03cc', '03cc', null],
      ['04dd', '04dd', null],
    ])
    expect(await empty.meddle('select id, family_id from access_tokens order by id')).toEqual([
      { id: 'of-family', family_id: '03cc' },
      { id: 'of-none', family_id: null },
    ])
    expect(await empty.meddle('select family_id from authorization_codes')).toEqual([{ family_id: '03cc' }])
  })

  test('make what clients list the resources of the organization of the oldest that lists each', async () => {
    await using empty = await open()
    await migrate(upTo(empty.database, '0006'), NOW)
    const insert = (table: string, row: Record<string, unknown>) => empty.meddle(insertOf(table, row, name))
    const organization = (id: string) => insert('organizations', { id, slug: id, name: id, ...TIMES })
    const later = new Date(NOW.getTime() + 1)
    const client = (id: string, organizationId: string | null, more: Record<string, unknown>) =>
      insert('clients', { ...CLIENT, id, organization_id: organizationId, ...more })
    const [a, b, c] = ['https://a.example/?x=1&y="', 'https://b.example/', 'https://c.example/']
    for (const [table, row] of BEFORE_TOKENS) await insert(table, row)
    await organization('acme')
    await organization('data')
    await client('acme-new', 'acme', { audiences: [a, b], created_at: later })
    await client('data-old', 'data', { audiences: [c, b, b] })
    await client('data-newest', 'data', { audiences: [a, c], created_at: new Date(NOW.getTime() + 2) })
    await client('nobodys', null, { audiences: [a] })

    await migrate(upTo(empty.database, '0007'), NOW)
    expect(
      await empty.meddle('select identifier, organization_id from resources order by identifier'),
    ).toEqual([
      { identifier: a, organization_id: 'acme' },
      { identifier: b, organization_id: 'data' },
      { identifier: c, organization_id: 'data' },
    ])
    const { reader } = empty.database
    const { client: t, grant, resource } = reader.t
    const clients = await reader.select().from(t).orderBy(t.id)
    expect(
      clients.map(({ id, audiences, foreignAudiences }) => ({ id, audiences, foreignAudiences })),
    ).toEqual([
      { id: 'acme-new', audiences: [a, b], foreignAudiences: [b] },
      { id: 'client', audiences: [], foreignAudiences: [] },
      { id: 'data-newest', audiences: [a, c], foreignAudiences: [a] },
      { id: 'data-old', audiences: [c, b, b], foreignAudiences: [] },
      { id: 'nobodys', audiences: [a], foreignAudiences: [] },
    ])
    const since = await reader.select().from(resource).orderBy(resource.identifier)
    expect(since.map(({ createdAt }) => createdAt)).toEqual([later, NOW, NOW])
    expect(await reader.select({ resources: grant.resources }).from(grant)).toEqual([{ resources: [] }])
  })
})

const TIMES = { created_at: NOW, updated_at: NOW }
const ISSUED = {
  client_id: 'client',
  user_id: 'user',
  grant_id: 'grant',
  scopes: ['openid'],
  created_at: NOW,
  expires_at: NOW,
}
const SIGNED_IN = { session_id: 'session', auth_time: NOW, acr: 'urn:authy2:acr:1fa', amr: ['pwd'] }
const CLIENT = {
  origin: 'created',
  metadata: {},
  accepts_basic_and_post: false,
  require_pkce: true,
  allow_plain_pkce: false,
  consent: 'required',
  access_token_format: 'jwt',
  access_token_algorithm: 'ES256',
  audiences: [],
  claims: {},
  access: {},
  ...TIMES,
}
const BEFORE_TOKENS = [
  [
    'users',
    {
      id: 'user',
      email: 'a@b.c',
      email_normalized: 'a@b.c',
      status: 'active',
      is_instance_admin: false,
      ...TIMES,
    },
  ],
  ['clients', { id: 'client', ...CLIENT }],
  ['grants', { id: 'grant', user_id: 'user', client_id: 'client', scopes: ['openid'], ...TIMES }],
] as const

const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex')

/** Of a table as it was then, which the tables of the program do not describe any more. */
function insertOf(table: string, row: Record<string, unknown>, dialect: string): string {
  const literal = (value: unknown): string => {
    if (value === null || typeof value === 'number') return String(value)
    if (typeof value === 'boolean') return dialect === 'sqlite' ? String(Number(value)) : String(value)
    if (value instanceof Date)
      return dialect === 'sqlite' ? String(value.getTime()) : `'${value.toISOString()}'`
    if (value instanceof Uint8Array) {
      const digits = Buffer.from(value).toString('hex')
      return dialect === 'sqlite' ? `x'${digits}'` : `'\\x${digits}'`
    }
    return `'${typeof value === 'string' ? value : JSON.stringify(value)}'`
  }
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).map(literal).join(', ')})`
}

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

/** The database as an earlier version of the program saw it. */
const upTo = (database: Database, number: string): Database => ({
  ...database,
  migrations: {
    ...database.migrations,
    known: database.migrations.known.filter(({ name }) => name.slice(0, number.length) <= number),
  },
})

function createUsers(database: Database): string {
  const statements = database.migrations.known.flatMap(({ sql }) => sql.split('--> statement-breakpoint'))
  return statements.find((statement) => statement.includes('CREATE TABLE `users`'))?.trim() ?? ''
}
