import type { Database as SqliteFile } from 'bun:sqlite'
import { monotonicMilliseconds, unavailable } from '../kernel/index.ts'
import { sqliteColumns } from './columns.sqlite.ts'
import type { Database } from './database.ts'
import { storageError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { createHandle, lend } from './handle.ts'
import { createLogFlush, type LogFlush } from './log-flush.ts'
import { watchCommits } from './sqlite-commits.ts'
import { drizzleOver, keepStatements, openReader, openWriter } from './sqlite-connection.ts'
import { createSqliteMigrations } from './sqlite-migrations.ts'
import { readOnEither } from './sqlite-reads.ts'
import { inOneSnapshot, runEach } from './sqlite-snapshot.ts'
import { compileStatement as compile } from './sqlite-statement.ts'
import { defineTables } from './tables/index.ts'

/**
 * Opens the embedded database: one writer connection behind a queue, and one read-only connection for what is read
 * while a transaction is open there. A second writable connection in the process would block the event loop and then
 * fail as busy.
 */
export function openSqlite(path: string, log: LogFlush = createLogFlush(path)): Database {
  const { writerFile, readerFile } = openBoth(path)
  const tables = defineTables(sqliteColumns)
  const writing = keepStatements(writerFile)
  const reading = keepStatements(readerFile)
  const tx = createHandle(drizzleOver(writing.prepare), tables, {
    together: async (statements, values) => runEach(statements, values),
    compile,
  })
  const isLogged = flushesOutside(writerFile)
  const queue = createGroupCommit(writerFile, undefined, isLogged ? log.flush : undefined)
  const read = readOnEither(reading.prepare, writing.prepare, () => !queue.isOpen())
  const commits = watchCommits(path)

  return {
    dialect: 'sqlite',
    reader: createHandle(drizzleOver(read), tables, {
      together: inOneSnapshot(commits, read),
      compile,
    }),
    transaction: (body) => queue.run(() => lend(tx, body)),
    async ping() {
      queue.requireIntact()
      const start = monotonicMilliseconds()
      try {
        readerFile.query('select 1 from sqlite_master').get() // unlike `select 1`, this reads the file
      } catch (error) {
        throw storageError(error)
      }
      return monotonicMilliseconds() - start
    },
    migrations: createSqliteMigrations(path, readerFile),
    async close() {
      await queue.drain()
      reading.close()
      writing.close()
      log.close()
      commits.close()
    },
  }
}

/**
 * Has COMMIT leave the flush to whoever commits, and says whether it does: a file system without shared memory has no
 * log beside the file, and SQLite does all by itself.
 */
function flushesOutside(file: SqliteFile): boolean {
  const mode = file.query<{ journal_mode: string }, []>('PRAGMA journal_mode').get()?.journal_mode
  if (mode !== 'wal') return false
  file.run('PRAGMA synchronous = NORMAL')
  return true
}

/** The folder may be missing or closed, the disk read-only or full, the file not a database. */
function openBoth(path: string) {
  try {
    const writerFile = openWriter(path)
    try {
      return { writerFile, readerFile: openReader(path) }
    } catch (error) {
      writerFile.close()
      throw error
    }
  } catch (error) {
    throw unavailable(`The database file cannot be opened or written: ${path}`, 5, error)
  }
}
