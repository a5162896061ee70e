import type { SQL } from 'bun'
import { drizzle } from 'drizzle-orm/bun-sql'
import { monotonicMilliseconds, type RandomSource } from '../kernel/index.ts'
import { postgresColumns } from './columns.postgres.ts'
import type { AppliedMigration, Database, MigrationStore } from './database.ts'
import { isRetryable, storageError } from './errors.ts'
import { createHandle } from './handle.ts'
import { migrationStatements } from './migrate.ts'
import { postgresMigrations } from './migrations.generated.ts'
import { openPool, type PoolOptions, type PostgresPool } from './postgres-pool.ts'
import { defineTables } from './tables/index.ts'

const MAX_ATTEMPTS = 8

/** Opens a pool on PostgreSQL 14+ (or what speaks its protocol): no session state, no advisory locks. */
export const openPostgres = (options: PoolOptions & { readonly random: RandomSource }): Database =>
  postgresOver(openPool(options), options.random)

/** The database behind a pool that is open already; whoever closes the one has closed the other. */
export function postgresOver(pool: PostgresPool, random: RandomSource): Database {
  const database = drizzle({ client: pool.client })
  const tables = defineTables(postgresColumns)

  return {
    dialect: 'postgres',
    reader: createHandle(database, tables),
    async transaction(body, { isSerializable = false } = {}) {
      const isolation = isSerializable ? ({ isolationLevel: 'serializable' } as const) : undefined
      for (let attempt = 1; ; attempt++) {
        try {
          return await database.transaction(
            (tx) => body(createHandle(tx as unknown as typeof database, tables)),
            isolation,
          )
        } catch (error) {
          if (!isRetryable(error, isSerializable) || attempt === MAX_ATTEMPTS) throw storageError(error)
          await Bun.sleep(jitter(random, attempt))
        }
      }
    },
    async ping() {
      const start = monotonicMilliseconds()
      try {
        await pool.client.unsafe('select 1')
      } catch (error) {
        throw storageError(error)
      }
      return monotonicMilliseconds() - start
    },
    migrations: migrationStore(pool),
    close: () => pool.close(),
  }
}

/** Full jitter: up to 10, 20, 40 … 640 ms. */
function jitter(random: RandomSource, attempt: number): number {
  const [byte = 0] = random.bytes(1)
  return (byte / 255) * 5 * 2 ** Math.min(attempt, 7)
}

/** A migration may take its time, and wait for that of another process. */
function migrationStore(pool: PostgresPool): MigrationStore {
  const appliedBy = async (session: SQL): Promise<readonly AppliedMigration[]> => {
    const [table] = await session`
      select 1 from information_schema.tables where table_schema = current_schema() and table_name = 'migrations'`
    if (!table) return []
    const rows: { name: string; digest: string }[] =
      await session`select name, digest from migrations order by name`
    return rows.map(({ name, digest }) => ({ name, digest }))
  }
  const wrapped = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw storageError(error)
    }
  }
  return {
    known: postgresMigrations,
    applied: () => wrapped(() => appliedBy(pool.unbounded())),
    exclusively: (work) =>
      wrapped(async () => {
        const client = pool.unbounded()
        await createBookkeeping(client)
        await client.begin(async (session) => {
          await session`select id from migration_lock where id = 1 for update` // held until the commit
          await work({
            applied: () => appliedBy(session),
            async apply(migration, digest, at) {
              for (const statement of migrationStatements(migration)) await session.unsafe(statement)
              await session`insert into migrations values (${migration.name}, ${digest}, ${at.toISOString()})`
            },
          })
        })
      }),
  }
}

/** `create table if not exists` of two processes at once may still collide inside PostgreSQL: tried again. */
async function createBookkeeping(client: SQL): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client`create table if not exists migration_lock (id integer primary key)`
      await client`create table if not exists migrations (
        name text primary key, digest text not null, applied_at timestamptz(3) not null)`
      await client`insert into migration_lock values (1) on conflict do nothing`
      return
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error
      await Bun.sleep(50 * attempt)
    }
  }
}
