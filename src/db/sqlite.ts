import { monotonicMilliseconds, unavailable } from '../kernel/index.ts'
import { sqliteColumns } from './columns.sqlite.ts'
import type { Database } from './database.ts'
import { storageError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { createHandle, lend } from './handle.ts'
import { watchCommits } from './sqlite-commits.ts'
import { drizzleOver, openReader, openWriter } from './sqlite-connection.ts'
import { createSqliteMigrations } from './sqlite-migrations.ts'
import { inOneSnapshot, runEach } from './sqlite-snapshot.ts'
import { compileStatement as compile } from './sqlite-statement.ts'
import { defineTables } from './tables/index.ts'

/**
 * Opens the embedded database: one writer connection behind a queue, and one read-only connection.
 * A second writable connection in the process would block the event loop and then fail as busy.
 */
export function openSqlite(path: string): Database {
  const { writerFile, readerFile } = openBoth(path)
  const tables = defineTables(sqliteColumns)
  const writing = drizzleOver(writerFile)
  const reading = drizzleOver(readerFile)
  const tx = createHandle(writing.drizzle, tables, {
    together: async (statements, values) => runEach(statements, values),
    compile,
  })
  const queue = createGroupCommit(writerFile)
  const commits = watchCommits(path)

  return {
    dialect: 'sqlite',
    reader: createHandle(reading.drizzle, tables, {
      together: inOneSnapshot(commits, reading.prepare),
      compile,
    }),
    transaction: (body) => queue.run(() => lend(tx, body)),
    async ping() {
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
      commits.close()
    },
  }
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
