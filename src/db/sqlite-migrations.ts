import type { Database as SqliteFile } from 'bun:sqlite'
import type { AppliedMigration, MigrationStore } from './database.ts'
import { storageError } from './errors.ts'
import { beginImmediate, rollback } from './group-commit.ts'
import { migrationStatements } from './migrate.ts'
import { sqliteMigrations } from './migrations.generated.ts'
import { openWriter } from './sqlite-connection.ts'

/** How long one process waits for another that migrates the same file. */
const LOCK_LIMIT_MILLISECONDS = 60_000

/** Migrations have a connection of their own, because theirs is the one transaction without foreign keys. */
export function createSqliteMigrations(path: string, reader: SqliteFile): MigrationStore {
  return {
    known: sqliteMigrations,
    async applied() {
      try {
        return appliedIn(reader)
      } catch (error) {
        throw storageError(error)
      }
    },
    async exclusively(work) {
      const file = openWriter(path)
      try {
        // A table is rebuilt by dropping it, and with foreign keys on that deletes what refers to it.
        file.run('PRAGMA foreign_keys = OFF')
        await beginImmediate(file, LOCK_LIMIT_MILLISECONDS)
        file.run(CREATE_BOOKKEEPING)
        await work({
          applied: async () => appliedIn(file),
          async apply(migration, digest, at) {
            for (const statement of migrationStatements(migration)) file.run(statement)
            file.run('insert into migrations values (?, ?, ?)', [migration.name, digest, at.getTime()])
          },
        })
        if (file.query('PRAGMA foreign_key_check').get()) throw new Error('A migration broke a foreign key')
        file.run('COMMIT')
      } catch (error) {
        rollback(file)
        throw storageError(error)
      } finally {
        file.close()
      }
    },
  }
}

const CREATE_BOOKKEEPING = `create table if not exists migrations (
  name text primary key not null, digest text not null, applied_at integer not null)`

function appliedIn(file: SqliteFile): readonly AppliedMigration[] {
  const table = file
    .query(`select name from sqlite_master where type = 'table' and name = 'migrations'`)
    .get()
  if (!table) return []
  return file.query<AppliedMigration, []>('select name, digest from migrations order by name').all()
}
