import { type Column, getTableColumns, getTableName, type SQL, type Table } from 'drizzle-orm'
import { placeholderValue } from './expressions.ts'
import type { Tx } from './handle.ts'

/**
 * Inserts one whole row by a statement that is built and prepared once for each table: for the hot paths, where
 * building the SQL costs more than running it.
 */
export async function insertRow<Target extends Table>(
  tx: Tx,
  table: Target,
  row: Target['$inferSelect'],
): Promise<void> {
  const statement = tx.prepared(`insert into ${getTableName(table)}`, ({ insert }) =>
    insert(table as never).values(placeholders(table) as never),
  )
  await statement.execute(row as Record<string, unknown>)
}

function placeholders(table: Table): Record<string, SQL> {
  const columns = Object.entries<Column>(getTableColumns(table))
  return Object.fromEntries(columns.map(([name, column]) => [name, placeholderValue(name, column)]))
}
