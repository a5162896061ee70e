/**
 * PostgreSQL databases for tests. Copying a template, connecting and filling the caches of new connections costs a
 * hundred times what emptying the tables does: a database that a test has left is emptied and lent to the next.
 */
import { SQL } from 'bun'
import { type Database, migrate, openDatabase } from '../../src/db/index.ts'
import { postgresOver } from '../../src/db/postgres.ts'
import { hex, systemRandom } from '../../src/kernel/index.ts'
import { atTheEnd } from './endings.ts'
import { isPostgresThrownAway, postgresUrl } from './servers.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

/** Our own connections, among those that may have been opened by whoever was told an address. */
const APPLICATION_NAME = 'authy2-test-pool'

interface Migrated extends AsyncDisposable {
  readonly url: string
  readonly client: SQL
  readonly schema: string
}

let template: ReturnType<typeof createTemplate> | undefined

/** Those that nobody uses at the moment, empty. */
const idle: Migrated[] = []

/** Lends a migrated database without rows, until it is disposed of: whatever a test left running fails afterwards. */
export async function lendPostgres() {
  const lent = idle.pop() ?? (await createMigrated())
  const lease = Proxy.revocable(lent.client, {})
  const client = lease.proxy
  const database = postgresOver(
    { client, unbounded: () => client, close: () => client.close({ timeout: 5 }) },
    systemRandom,
  )
  let running = 0
  let isClosed = false
  let isAddressKnown = false
  const isReusable = async () =>
    isPostgresThrownAway() && // emptying writes to a catalogue, which a server of somebody's own is spared
    !isClosed &&
    running === 0 &&
    (!isAddressKnown || (await isUntouched(lent)))
  return {
    database: {
      ...database,
      async transaction(...call: Parameters<Database['transaction']>) {
        running++
        return database.transaction(...call).finally(() => running--)
      },
      close() {
        isClosed = true
        return database.close()
      },
    } as Database,
    /** For a second process or a second connection. */
    get url() {
      isAddressKnown = true
      return lent.url
    },
    async [Symbol.asyncDispose]() {
      lease.revoke()
      if (!(await isReusable())) return lent[Symbol.asyncDispose]()
      await empty(lent.client)
      idle.push(lent)
    },
  }
}

/** One without any migration, for tests of the migrations themselves. */
export async function createEmptyPostgres(): Promise<{ url: string } & AsyncDisposable> {
  return create(`test_${hex(systemRandom.bytes(8))}`)
}

// The server that `scripts/test` starts for a run takes its databases with it; on another one none is kept.
if (!isPostgresThrownAway()) {
  atTheEnd(async () => {
    await (await template)?.[Symbol.asyncDispose]()
    template = undefined
  })
}

async function createMigrated(): Promise<Migrated> {
  template ??= createTemplate()
  const created = await create(`test_${hex(systemRandom.bytes(8))}`, (await template).name)
  const client = new SQL({
    url: created.url,
    max: 10,
    connection: { application_name: APPLICATION_NAME },
  })
  return {
    url: created.url,
    client,
    schema: await schemaOf(client),
    async [Symbol.asyncDispose]() {
      await client.close({ timeout: 5 })
      await created[Symbol.asyncDispose]()
    },
  }
}

/** Whether those who knew the address have left, and left the schema as it was. */
async function isUntouched({ client, schema }: Migrated): Promise<boolean> {
  const strangers = await client`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name <> ${APPLICATION_NAME}`
  return strangers.length === 0 && (await schemaOf(client)) === schema
}

async function schemaOf(client: SQL): Promise<string> {
  const [row] = await client`
    select (select string_agg(name || digest, ',' order by name) from migrations) as migrations,
      (select string_agg(concat(attrelid, attname, atttypid), ',' order by attrelid, attnum)
        from pg_attribute where attrelid >= 16384) as columns`
  return JSON.stringify(row)
}

async function createTemplate() {
  const created = await create(`template_${hex(systemRandom.bytes(8))}`)
  const database = openDatabase({ kind: 'postgres', url: created.url, poolSize: 1 }, systemRandom)
  await migrate(database, NOW)
  await database.close()
  return created
}

/**
 * As it was made. All rows go in one statement, at whose end the foreign keys are checked. Their pages go, too, so
 * that rows which are read without an order come in the one they were written in. And it counts as never vacuumed:
 * what is known to be empty is planned to be read as a whole, in plans that connections keep when it fills.
 */
async function empty(client: SQL): Promise<void> {
  const written: { name: string }[] = await client`
    select quote_ident(relname) as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r'
      and relname not in ('migrations', 'migration_lock') and pg_relation_size(oid) > 0`
  if (written.length === 0) return
  const names = written.map(({ name }) => name)
  await client.unsafe(
    `with ${names.map((name) => `deleted_${name} as (delete from ${name})`).join(', ')} select 1`,
  )
  await client.unsafe(`vacuum (index_cleanup on, truncate on) ${names.join(', ')}`)
  await client`
    update pg_class set reltuples = -1
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and reltuples <> -1`
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
