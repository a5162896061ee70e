import type { Statement } from 'bun:sqlite'

/** Of a statement, what Drizzle and we call. */
export type Runnable = Pick<Statement, 'run' | 'all' | 'get' | 'values'>
export type Prepare = (sql: string) => Runnable

/**
 * Prepares what reads: it runs on the writer's connection while no transaction is open there, and on the reader's
 * otherwise. Whatever anybody commits empties the page cache of every other connection, so that a reader beside busy
 * writers would copy its pages from the log again and again; the writer still has them. What does not read is always
 * the reader's, where SQLite refuses it.
 */
export function readOnEither(reader: Prepare, writer: Prepare, isWriterFree: () => boolean): Prepare {
  return (sql) => {
    if (!READS.test(sql)) return reader(sql)
    // Looked up at every run: both keep what they have compiled, by its text.
    const chosen = () => (isWriterFree() ? writer(sql) : reader(sql))
    return {
      run: (...values) => chosen().run(...values),
      all: (...values) => chosen().all(...values),
      get: (...values) => chosen().get(...values),
      values: (...values) => chosen().values(...values),
    }
  }
}

/** `with` is not among them: one may write. The others hold the reads of one snapshot together. */
const READS = /^(select\b|BEGIN$|COMMIT$)/
