import { hex, sha256 } from '../kernel/index.ts'
import type { AppliedMigration, Database } from './database.ts'

export type Migration = { readonly name: string; readonly sql: string }

const BREAKPOINT = '--> statement-breakpoint'

/** A database that this binary must not touch. The message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

export const migrationStatements = (migration: Migration): readonly string[] =>
  migration.sql
    .split(BREAKPOINT)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

/** What is applied and what is not. Throws MigrationError for a database newer than, or foreign to, this binary. */
export async function migrationStatus(database: Database): Promise<MigrationStatus> {
  const applied = await database.migrations.applied()
  return compare(database.migrations.known, applied)
}

/**
 * Brings the database to this binary's schema and returns the names of what was applied. Safe to call from
 * several processes at once: all but one wait and then find nothing to do.
 */
export async function migrate(database: Database, now: Date): Promise<readonly string[]> {
  const before = await migrationStatus(database)
  if (before.pending.length === 0) return []
  let done: readonly string[] = []
  await database.migrations.exclusively(async (session) => {
    const { pending } = compare(database.migrations.known, await session.applied())
    for (const migration of database.migrations.known) {
      if (pending.includes(migration.name)) await session.apply(migration, digest(migration), now)
    }
    done = pending
  })
  return done
}

const digest = (migration: Migration) => hex(sha256(migration.sql))

function compare(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationStatus {
  for (const { name, digest: appliedDigest } of applied) {
    const ours = known.find((migration) => migration.name === name)
    if (!ours) {
      throw new MigrationError(
        `The database has migration ${name}, which this version of authy2 does not know: it was written by a newer one. Install that version or restore a backup.`,
      )
    }
    if (digest(ours) !== appliedDigest) {
      throw new MigrationError(
        `Migration ${name} in the database is not the one of this version of authy2. Was the database made by a development build? Restore a backup or start with an empty database.`,
      )
    }
  }
  const names = new Set(applied.map((migration) => migration.name))
  const pending = known.map((migration) => migration.name).filter((name) => !names.has(name))
  return { applied: [...names].sort(), pending }
}
