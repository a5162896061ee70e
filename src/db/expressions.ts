import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/** A value that a prepared statement gets at each run. Instants and digests are given as stored. */
export const placeholder = (name: string) => sql.placeholder(name)

/** `column + amount`, for counters that are one statement. */
export const plus = (column: AnyColumn, amount: number): SQL<number> => sql`${column} + ${amount}`

/** True where the column begins with `text`, taken literally. Case is compared as stored. */
export const startsWith = (column: AnyColumn, text: string): SQL =>
  sql`${column} like ${`${escapeLike(text)}%`} escape '\\'`

/** True where the lower-cased column contains `text` (lower-cased here), taken literally. */
export const containsText = (column: AnyColumn, text: string): SQL =>
  sql`lower(${column}) like ${`%${escapeLike(text.toLowerCase())}%`} escape '\\'`

const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&')
