import { Database as SqliteFile, type Statement } from 'bun:sqlite'
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import type { Drizzle } from './handle.ts'
import type { Prepare } from './sqlite-reads.ts'

const OPEN_BUSY_MILLISECONDS = 5_000
const READ_BUSY_MILLISECONDS = 250
const MAX_STATEMENTS = 1_000
/**
 * Small: a commit that has split a page looks at all that are cached, and what is not here the system has in memory.
 * What a transaction changes may take more, and is written twice where it does not fit.
 */
const CACHE_KIBIBYTES = 2_000
const CHANGED_PAGES = 4_000
/** 64 MB of log: a page that changes often goes into the file once for all its changes in there. */
const CHECKPOINT_PAGES = 16_000

/** A connection that may write. Creates the file, and its folder, readable by their owner only. */
export function openWriter(path: string): SqliteFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = new SqliteFile(path, { create: true, readwrite: true, strict: true })
  try {
    chmodSync(path, 0o600)
    // Another process that opens or closes the file at this moment holds it for an instant.
    file.run(`PRAGMA busy_timeout = ${OPEN_BUSY_MILLISECONDS}`)
    file.run('PRAGMA journal_mode = WAL')
    file.run('PRAGMA synchronous = FULL')
    file.run('PRAGMA foreign_keys = ON')
    // A savepoint keeps each page that it changes as it was: in memory, or two system calls for every one of them.
    file.run('PRAGMA temp_store = MEMORY')
    file.run(`PRAGMA cache_size = -${CACHE_KIBIBYTES}`)
    file.run(`PRAGMA cache_spill = ${CHANGED_PAGES}`)
    file.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    file.run('PRAGMA busy_timeout = 0') // from here whoever writes waits without blocking the event loop
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

/** A connection that cannot write: SQLite itself refuses. */
export function openReader(path: string): SqliteFile {
  const file = new SqliteFile(path, { readonly: true, strict: true })
  file.run(`PRAGMA busy_timeout = ${READ_BUSY_MILLISECONDS}`)
  return file
}

/**
 * Prepares statements on a connection and keeps them (Drizzle itself compiles at every call); `close` closes the
 * connection with them: one statement left would keep the file and its log open.
 */
export function keepStatements(file: SqliteFile) {
  const statements = new Map<string, Statement>()
  return {
    prepare(sql: string): Statement {
      const known = statements.get(sql)
      if (known) return known
      if (statements.size >= MAX_STATEMENTS) forgetOldest(statements)
      const statement = file.prepare(sql)
      statements.set(sql, statement)
      return statement
    },
    close() {
      for (const statement of statements.values()) statement.finalize()
      file.close()
    },
  }
}

/** Drizzle over whatever prepares statements. */
export const drizzleOver = (prepare: Prepare): Drizzle =>
  drizzle({ prepare } as unknown as SqliteFile) as unknown as Drizzle

/** Left to the garbage collector to finalize: a prepared statement of Drizzle's may still hold it. */
function forgetOldest(statements: Map<string, Statement>): void {
  for (const sql of statements.keys()) {
    statements.delete(sql)
    return
  }
}
