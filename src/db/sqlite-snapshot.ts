import type { PreparedRead, RunTogether } from './handle.ts'
import type { CommitWatch } from './sqlite-commits.ts'
import type { Prepare } from './sqlite-reads.ts'
import type { SqliteStatement } from './sqlite-statement.ts'

/** Each is some rows of one person. */
const MAX_REMEMBERED = 100

/**
 * Runs several reads in one transaction, at once: SQLite locks the file for each statement outside of one, which
 * costs more than a look-up by key, and Drizzle's promise for each costs as much again.
 *
 * What was read for a `memoKey` is given again while nothing was committed, by our writer or by another process: a
 * revoked session is refused at the next request all the same. A commit between the look at the log and the read
 * makes the rows newer than the version that they are kept under, never older.
 */
export function inOneSnapshot(commits: CommitWatch, prepare: Prepare): RunTogether {
  const begin = prepare('BEGIN')
  const commit = prepare('COMMIT')
  // Replaced and never cleared: a map that has lived long keeps what it once held until the next full collection.
  let remembered = new Map<string, unknown[]>()

  const read = (statements: readonly PreparedRead[], values: Record<string, unknown>): unknown[] => {
    begin.run()
    try {
      return runEach(statements, values)
    } finally {
      commit.run()
    }
  }
  return async (statements, values, memoKey) => {
    if (memoKey === undefined) return read(statements, values)
    if (!commits.isUnchanged()) remembered = new Map()
    const known = remembered.get(memoKey)
    if (known) return known
    const rows = read(statements, values)
    if (remembered.size >= MAX_REMEMBERED) remembered = new Map()
    remembered.set(memoKey, rows)
    return rows
  }
}

/** One after the other, at once: inside a transaction, which is a snapshot already. */
export const runEach = (statements: readonly PreparedRead[], values: Record<string, unknown>): unknown[] =>
  statements.map((statement) => (statement as SqliteStatement).run(values))
