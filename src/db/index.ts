/**
 * Storage: one schema in two dialects (SQLite, PostgreSQL), Reader and Tx handles, the transaction
 * runner, units of work, embedded migrations. The only folder that writes SQL or knows the dialect.
 * Invariants: every write is inside `transaction()`; nothing is answered before its commit is durable.
 */
import type { RandomSource } from '../kernel/index.ts'
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

export type { Database, TransactionOptions } from './database.ts'
export { StorageError, storageError } from './errors.ts'
export { containsText, placeholder, plus, startsWith } from './expressions.ts'
export type { Reader, Tx } from './handle.ts'
export { MigrationError, type MigrationStatus, migrate, migrationStatus } from './migrate.ts'
export type { Row, Tables } from './tables/index.ts'
export {
  createUnitsOfWork,
  type Origin,
  type ReadCtx,
  type UnitsOfWork,
  type WriteCtx,
} from './unit-of-work.ts'

export type DatabaseLocation =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly poolSize: number }

/** Opens the database; does not migrate it. Throws `SERVICE_UNAVAILABLE` when a file cannot be opened. */
export function openDatabase(location: DatabaseLocation, random: RandomSource): Database {
  return location.kind === 'sqlite' ? openSqlite(location.path) : openPostgres({ ...location, random })
}
