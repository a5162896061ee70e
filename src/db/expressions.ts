import { type AnyColumn, type Column, type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/**
 * A value that a prepared statement gets at each run. With the column that it is compared to, it is given
 * as in any other query; without, as stored, which differs between the dialects for instants and flags.
 */
export const placeholder = (name: string, column?: AnyColumn) =>
  column ? sql.param(sql.placeholder(name), column) : sql.placeholder(name)

/** The same as a value to be written, which may be null: Drizzle hands a placeholder's null to the column. */
export const placeholderValue = (name: string, column: Column): SQL => {
  const encoder = {
    mapToDriverValue: (value: unknown) => (value === null ? null : column.mapToDriverValue(value)),
  }
  return sql`${sql.param(sql.placeholder(name), encoder)}`
}

/** `column + amount`, for counters that are one statement. */
export const plus = (column: AnyColumn, amount: number): SQL<number> =>
  sql`${column} + ${amount}`.mapWith(Number)

/** True where the column begins with `text`, taken literally. Case counts (SQLite's `like` ignores it). */
export const startsWith = (column: AnyColumn, text: string): SQL =>
  sql`substr(${column}, 1, ${[...text].length}) = ${text}`

/**
 * True where the column contains `text`, taken literally and without regard to case. The database lowers
 * both sides, so that equal text always matches: SQLite knows the case of ASCII letters only.
 */
export const containsText = (column: AnyColumn, text: string): SQL =>
  sql`lower(${column}) like lower(${`%${escapeLike(text)}%`}) escape '\\'`

const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&')

/** A subquery of one column and at most one row, as a value in a select: on SQLite far cheaper than a join. */
export const scalar = <Value>(subquery: SQLWrapper): SQL<Value> => sql<Value>`(${subquery})`
