import { type Column, type InferSelectModel, type SQL, sql, type Table } from 'drizzle-orm'
import type { Tx } from './handle.ts'

export interface Batch {
  /** What tells a row from every other: its primary key. */
  readonly key: readonly [Column, ...Column[]]
  readonly where: SQL | undefined
  /** Along an index that `where` narrows down, so that a batch costs as much as its rows. */
  readonly oldestBy: Column
  readonly limit: number
}

/** Deletes up to `limit` rows, the oldest first, and returns how many there were. */
export async function deleteBatch(tx: Tx, table: Table, batch: Batch): Promise<number> {
  return (await takeBatch(tx, table, batch)).length
}

/**
 * The same, and returns the rows. `where` is asked again of the row itself: somebody may have renewed it since it
 * was chosen, and then it stays.
 */
export async function takeBatch<T extends Table>(
  tx: Tx,
  table: T,
  { key, where, oldestBy, limit }: Batch,
): Promise<InferSelectModel<T>[]> {
  const chosen = tx
    .select(Object.fromEntries(key.map((column) => [column.name, column])) as never)
    .from(table as never)
    .where(where)
    .orderBy(oldestBy as never)
    .limit(limit)
  // `is true` keeps the planners from walking all that has expired, once more for every batch.
  const isChosenStill = sql`(${sql.join([...key], sql`, `)}) in ${chosen} and (${where}) is true`
  return (await tx
    .delete(table as never)
    .where(isChosenStill)
    .returning()) as InferSelectModel<T>[]
}
