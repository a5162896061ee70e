import type { Reader, Tx } from './handle.ts'
import type { Migration } from './migrate.ts'

export interface TransactionOptions {
  /** For a rule over several rows that one statement cannot hold. SQLite is always serializable. */
  readonly isSerializable?: boolean
}

/** One open database, of either dialect. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  readonly reader: Reader
  /**
   * Runs `body` and commits; whatever it throws rolls all of it back. Resolves only when the commit is
   * durable. The body may run several times. Nothing in it may wait on the world.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Milliseconds that the cheapest query takes; rejects when the database is away. */
  ping(): Promise<number>
  readonly migrations: MigrationStore
  close(): Promise<void>
}

/** What `migrate` needs of a dialect: run statements one by one under a lock that excludes other processes. */
export interface MigrationStore {
  readonly known: readonly Migration[]
  applied(): Promise<readonly AppliedMigration[]>
  /** `work` runs in one transaction that holds the migration lock. */
  exclusively(work: (session: MigrationSession) => Promise<void>): Promise<void>
}

export interface MigrationSession {
  applied(): Promise<readonly AppliedMigration[]>
  apply(migration: Migration, digest: string, at: Date): Promise<void>
}

export interface AppliedMigration {
  readonly name: string
  readonly digest: string
}
