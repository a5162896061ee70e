/**
 * Storage: one schema in two dialects (SQLite, PostgreSQL), Reader and Tx handles, the transaction
 * runner, units of work, embedded migrations. The only folder that writes SQL or knows the dialect.
 * Invariants: every write is inside `transaction()`; nothing is answered before its commit is durable.
 */
export type { Database, TransactionOptions } from './database.ts'
export { deleteBatch, takeBatch } from './delete-batch.ts'
export { StorageError, storageError } from './errors.ts'
export { containsText, placeholder, placeholderValue, plus, scalar, startsWith } from './expressions.ts'
export type { Reader, Tx } from './handle.ts'
export { insertRow } from './insert-row.ts'
export { type DatabaseInspection, inspectDatabase } from './inspect.ts'
export { MigrationError, type MigrationStatus, migrate, migrationStatus } from './migrate.ts'
export { type DatabaseLocation, openDatabase, openMigrated } from './open.ts'
export type { Row, Tables } from './tables/index.ts'
export {
  createUnitsOfWork,
  type Origin,
  type ReadCtx,
  type UnitsOfWork,
  type WriteCtx,
} from './unit-of-work.ts'
