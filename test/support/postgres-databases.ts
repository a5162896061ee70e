/**
 * PostgreSQL databases for tests. Copying a template, connecting and filling the caches of new connections costs a
 * hundred times what emptying the tables does: a database that a test has left is emptied and lent to the next.
 */
import { SQL } from 'bun'
import { type Database, migrate, openDatabase } from '../../src/db/index.ts'
import { connectPostgres, postgresOver } from '../../src/db/postgres.ts'
import { hex, systemRandom } from '../../src/kernel/index.ts'
import { atTheEnd } from './endings.ts'
import { isPostgresThrownAway, postgresUrl } from './servers.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

interface Migrated extends AsyncDisposable {
  readonly url: string
  readonly client: SQL
}

/** Those that nobody uses at the moment, empty. */
const idle: Migrated[] = []

/** Lends a migrated database without rows, and with it the time: whatever a test left running fails afterwards. */
export async function lendPostgres() {
  const lent = idle.pop() ?? (await createMigrated())
  const lease = Proxy.revocable(lent.client, {})
  const database = postgresOver(lease.proxy, systemRandom)
  let running = 0
  let isKeptApart = false
  return {
    database: {
      ...database,
      async transaction(...call: Parameters<Database['transaction']>) {
        running++
        return database.transaction(...call).finally(() => running--)
      },
      close() {
        isKeptApart = true
        return database.close()
      },
    } as Database,
    /** For a second process or a second connection; since these may do anything, nobody gets the database after. */
    get url() {
      isKeptApart = true
      return lent.url
    },
    async [Symbol.asyncDispose]() {
      lease.revoke()
      if (isKeptApart || running > 0) return lent[Symbol.asyncDispose]()
      await empty(lent.client)
      idle.push(lent)
    },
  }
}

/** One without any migration, for tests of the migrations themselves. */
export async function createEmptyPostgres(): Promise<{ url: string } & AsyncDisposable> {
  return create(`test_${hex(systemRandom.bytes(8))}`)
}

// The server that `scripts/test` starts for a run takes its databases with it.
if (!isPostgresThrownAway()) atTheEnd(dropIdle)

async function dropIdle(): Promise<void> {
  await using leftovers = new AsyncDisposableStack()
  if (template) leftovers.use(await template)
  template = undefined
  for (const database of idle.splice(0)) leftovers.use(database)
}

async function createMigrated(): Promise<Migrated> {
  template ??= createTemplate()
  const created = await create(`test_${hex(systemRandom.bytes(8))}`, (await template).name)
  const client = connectPostgres({ url: created.url, poolSize: 10 })
  return {
    url: created.url,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ timeout: 5 })
      await created[Symbol.asyncDispose]()
    },
  }
}

let template: ReturnType<typeof createTemplate> | undefined

async function createTemplate() {
  const created = await create(`template_${hex(systemRandom.bytes(8))}`)
  const database = openDatabase({ kind: 'postgres', url: created.url, poolSize: 1 }, systemRandom)
  await migrate(database, NOW)
  await database.close()
  return created
}

/** In one statement, at whose end the foreign keys are checked: in whichever order they refer to each other. */
async function empty(client: SQL): Promise<void> {
  const tables: { name: string }[] = await client`
    select quote_ident(tablename) as name from pg_tables
    where schemaname = current_schema() and tablename not in ('migrations', 'migration_lock')`
  const deletions = tables.map(({ name }) => `deleted_${name} as (delete from ${name})`)
  await client.unsafe(`with ${deletions.join(', ')} select 1`)
}

async function create(
  name: string,
  template = 'template1',
): Promise<{ name: string; url: string } & AsyncDisposable> {
  await asAdmin((sql) => sql.unsafe(`create database ${name} template ${template}`))
  const url = new URL(postgresUrl() ?? '')
  url.pathname = `/${name}`
  return {
    name,
    url: url.toString(),
    async [Symbol.asyncDispose]() {
      await asAdmin((sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

async function asAdmin(work: (sql: SQL) => Promise<unknown>): Promise<void> {
  const sql = new SQL({ url: postgresUrl() ?? '', max: 1 })
  try {
    await work(sql)
  } finally {
    await sql.close()
  }
}
