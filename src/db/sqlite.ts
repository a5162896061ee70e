import { Database as SqliteFile, type Statement } from 'bun:sqlite'
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { monotonicMilliseconds } from '../kernel/index.ts'
import { sqliteColumns } from './columns.sqlite.ts'
import type { AppliedMigration, Database, MigrationStore } from './database.ts'
import { storageError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { createHandle, type Drizzle } from './handle.ts'
import { migrationStatements } from './migrate.ts'
import { sqliteMigrations } from './migrations.generated.ts'
import { defineTables } from './tables/index.ts'

/**
 * Opens the embedded database: one writer connection behind a queue, and one read-only connection.
 * A second writable connection in the process would block the event loop and then fail as busy.
 */
export function openSqlite(path: string): Database {
  const writer = openWriter(path)
  const migrations = migrationStore(writer)
  const tables = defineTables(sqliteColumns)
  const readerFile = new SqliteFile(path, { readonly: true, strict: true })
  readerFile.run('PRAGMA busy_timeout = 250')
  const reader = createHandle(drizzleOver(readerFile), tables)
  const tx = createHandle(drizzleOver(writer), tables)
  const commits = createGroupCommit(writer)

  return {
    dialect: 'sqlite',
    reader,
    transaction: (body) => commits.run(() => body(tx)),
    async ping() {
      const start = monotonicMilliseconds()
      readerFile.query('select 1').get()
      return monotonicMilliseconds() - start
    },
    migrations,
    async close() {
      await commits.drain()
      readerFile.close()
      writer.run('PRAGMA optimize')
      writer.close()
    },
  }
}

function openWriter(path: string): SqliteFile {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const file = new SqliteFile(path, { create: true, readwrite: true, strict: true })
    chmodSync(path, 0o600)
    file.run('PRAGMA busy_timeout = 0') // the queue waits instead, without blocking the event loop
    file.run('PRAGMA journal_mode = WAL')
    file.run('PRAGMA synchronous = FULL')
    file.run('PRAGMA foreign_keys = ON')
    return file
  } catch (error) {
    throw storageError(error)
  }
}

/** Drizzle over a connection that keeps its compiled statements: Drizzle itself compiles at every call. */
function drizzleOver(file: SqliteFile): Drizzle {
  const statements = new Map<string, Statement>()
  const client = {
    prepare(sql: string): Statement {
      const known = statements.get(sql)
      if (known) return known
      if (statements.size >= MAX_STATEMENTS) forgetOldest(statements)
      const statement = file.prepare(sql)
      statements.set(sql, statement)
      return statement
    },
  }
  return drizzle(client as unknown as SqliteFile) as unknown as Drizzle
}

const MAX_STATEMENTS = 1_000

/** Left to the garbage collector to finalize: a prepared statement of Drizzle's may still hold it. */
function forgetOldest(statements: Map<string, Statement>): void {
  for (const sql of statements.keys()) {
    statements.delete(sql)
    return
  }
}

function migrationStore(writer: SqliteFile): MigrationStore {
  const applied = async (): Promise<readonly AppliedMigration[]> => {
    const table = writer
      .query(`select name from sqlite_master where type = 'table' and name = 'migrations'`)
      .get()
    if (!table) return []
    return writer.query<AppliedMigration, []>('select name, digest from migrations order by name').all()
  }
  return {
    known: sqliteMigrations,
    applied,
    async exclusively(work) {
      writer.run('PRAGMA busy_timeout = 30000') // at start nothing else waits on this thread
      writer.run('BEGIN IMMEDIATE')
      try {
        writer.run(
          'create table if not exists migrations (name text primary key not null, digest text not null, applied_at integer not null)',
        )
        await work({
          applied,
          async apply(migration, digest, at) {
            for (const statement of migrationStatements(migration)) writer.run(statement)
            writer.run('insert into migrations values (?, ?, ?)', [migration.name, digest, at.getTime()])
          },
        })
        writer.run('COMMIT')
      } catch (error) {
        writer.run('ROLLBACK')
        throw storageError(error)
      } finally {
        writer.run('PRAGMA busy_timeout = 0')
      }
    },
  }
}
