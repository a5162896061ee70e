import type { Config } from '../config/index.ts'
import type { Clock, RandomSource } from '../kernel/index.ts'
import type { Database } from './database.ts'
import { MigrationError, migrate, migrationStatus } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import type { PoolOptions } from './postgres-pool.ts'
import { openSqlite } from './sqlite.ts'

export type DatabaseLocation =
  | { readonly kind: 'sqlite'; readonly path: string }
  | ({ readonly kind: 'postgres' } & PoolOptions)

/** Opens the database; does not migrate it. Throws `SERVICE_UNAVAILABLE` when a file cannot be opened. */
export function openDatabase(location: DatabaseLocation, random: RandomSource): Database {
  return location.kind === 'sqlite' ? openSqlite(location.path) : openPostgres({ ...location, random })
}

/**
 * Opens the configured database and brings it to this binary's schema or, with AUTO_MIGRATE off, makes sure
 * that it is there; `applied` names the migrations that were applied just now. Throws a MigrationError where
 * that cannot be, and `SERVICE_UNAVAILABLE` without a database.
 */
export async function openMigrated(
  config: Pick<Config, 'database' | 'autoMigrate'>,
  { clock, random }: { clock: Clock; random: RandomSource },
): Promise<{ database: Database; applied: readonly string[] }> {
  const database = openDatabase(config.database, random)
  try {
    if (config.autoMigrate) return { database, applied: await migrate(database, clock.now()) }
    const { pending } = await migrationStatus(database)
    if (pending.length === 0) return { database, applied: [] }
    throw new MigrationError(
      `The database lacks migrations (${pending.join(', ')}), and AUTO_MIGRATE is off. Run: authy2 migrate up`,
    )
  } catch (error) {
    await database.close()
    throw error
  }
}
