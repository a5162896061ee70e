import type { BunSQLDatabase } from 'drizzle-orm/bun-sql'
import type { Tables } from './tables/index.ts'

/** Drizzle's PostgreSQL type stands for both dialects; see columns.sqlite.ts for the cast. */
export type Drizzle = BunSQLDatabase

/** Select only. On SQLite a read-only connection, on PostgreSQL the pool. */
export interface Reader {
  readonly t: Tables
  readonly select: Drizzle['select']
  readonly selectDistinct: Drizzle['selectDistinct']
  readonly $count: Drizzle['$count']
  /**
   * The statement of a hot path, built and prepared once for each handle: building SQL costs more than
   * running it. `name` is unique in the program; values arrive by `placeholder(name)`.
   */
  prepared<Statement>(
    name: string,
    build: (reader: Reader) => { prepare(name: string): Statement },
  ): Statement
  /**
   * Runs prepared reads that take the same values in one round trip; on SQLite also on one snapshot. With a
   * `memoKey`, which stands for statements and values, SQLite may give what it gave before, as long as nothing at
   * all was committed since by anyone: never a stale row, but the very same objects, so they are not to be changed.
   */
  together<Statements extends readonly PreparedRead[]>(
    statements: readonly [...Statements],
    values: Record<string, unknown>,
    memoKey?: string,
  ): Promise<RowsOf<Statements>>
}

export interface PreparedRead {
  execute(values?: Record<string, unknown>): PromiseLike<unknown>
}
type RowsOf<Statements extends readonly PreparedRead[]> = {
  -readonly [Position in keyof Statements]: Awaited<ReturnType<Statements[Position]['execute']>>
}
/** How a dialect runs several reads: concurrently over the pool unless it knows better. */
export type RunTogether = (
  statements: readonly PreparedRead[],
  values: Record<string, unknown>,
  memoKey?: string,
) => Promise<unknown[]>
/** What a dialect does in its own way. */
export interface HandleOptions {
  readonly together: RunTogether
  /** Makes what runs a statement that Drizzle has prepared. */
  readonly compile: (prepared: unknown) => unknown
}
const AS_DRIZZLE_DOES: HandleOptions = {
  together: (statements, values) => Promise.all(statements.map((statement) => statement.execute(values))),
  compile: (prepared) => prepared,
}

/** What a transaction adds. Exists only inside `transaction()`, so a write outside of one does not type-check. */
export interface Tx extends Reader {
  readonly insert: Drizzle['insert']
  readonly update: Drizzle['update']
  readonly delete: Drizzle['delete']
  /** As a reader's, also for what writes. On PostgreSQL it lasts for this transaction. */
  prepared<Statement>(name: string, build: (tx: Tx) => { prepare(name: string): Statement }): Statement
}

/** Makes the handle over one Drizzle database (a pool, a connection or one PostgreSQL transaction). */
export function createHandle(
  drizzle: Drizzle,
  t: Tables,
  { together, compile }: HandleOptions = AS_DRIZZLE_DOES,
): Tx {
  const statements = new Map<string, unknown>()
  const handle: Tx = {
    t,
    select: drizzle.select.bind(drizzle) as Drizzle['select'],
    selectDistinct: drizzle.selectDistinct.bind(drizzle) as Drizzle['selectDistinct'],
    $count: drizzle.$count.bind(drizzle),
    insert: drizzle.insert.bind(drizzle),
    update: drizzle.update.bind(drizzle),
    delete: drizzle.delete.bind(drizzle),
    prepared<Statement>(name: string, build: (tx: Tx) => { prepare(name: string): Statement }): Statement {
      const known = statements.get(name)
      if (known !== undefined) return known as Statement
      const statement = compile(build(handle).prepare(name)) as Statement
      statements.set(name, statement)
      return statement
    },
    together: (reads, values, memoKey) => together(reads, values, memoKey) as Promise<never>,
  }
  return handle
}

/**
 * Runs `body` with a handle that ends with it: a write that the body forgot to await must not land in
 * somebody else's transaction. (PostgreSQL's driver refuses such a write by itself.)
 */
export async function lend<T>(tx: Tx, body: (tx: Tx) => Promise<T>): Promise<T> {
  let isOver = false
  const whileOpen =
    <Input extends unknown[], Output>(method: (...input: Input) => Output) =>
    (...input: Input): Output => {
      if (isOver) throw new Error('This transaction has ended; a write in it was not awaited.')
      return method(...input)
    }
  try {
    return await body({
      ...tx,
      insert: whileOpen(tx.insert),
      update: whileOpen(tx.update),
      delete: whileOpen(tx.delete),
      prepared: whileOpen(tx.prepared) as Tx['prepared'],
    })
  } finally {
    isOver = true
  }
}
