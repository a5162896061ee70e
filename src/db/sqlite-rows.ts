import type { Statement } from 'bun:sqlite'
import { Column, fillPlaceholders, is, SQL } from 'drizzle-orm'
import type { PreparedRead } from './handle.ts'

/** What Drizzle's prepared selects are on SQLite, beside what both dialects share. */
export interface SqliteRead extends PreparedRead {
  readonly stmt: Statement
  readonly query: { readonly params: unknown[] }
  readonly fields: readonly { readonly path: readonly string[]; readonly field: unknown }[] | undefined
  all(values: Record<string, unknown>): unknown[]
}

interface Cell {
  readonly key: string
  decode(value: unknown): unknown
}

/**
 * Makes what runs a prepared select of one table: its rows as Drizzle gives them, by a plan made once.
 * Drizzle works out the decoder of every cell anew at every run, which takes longer than the look-up itself.
 */
export function rowReader(statement: SqliteRead): (values: Record<string, unknown>) => unknown[] {
  const { fields, stmt, query } = statement
  // A join nests its rows and turns empty sides to null: that stays Drizzle's.
  if (!fields?.every(({ path }) => path.length === 1)) return (values) => statement.all(values)
  const cells = fields.map(({ path: [key = ''], field }): Cell => {
    const decoder = decoderOf(field)
    return { key, decode: (value) => decoder.mapFromDriverValue(value) }
  })
  return (values) => {
    const rows = stmt.values(...(fillPlaceholders(query.params, values) as never[]))
    return rows.map((row) => decodeRow(cells, row))
  }
}

function decodeRow(cells: readonly Cell[], row: readonly unknown[]): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const [index, { key, decode }] of cells.entries()) {
    const value = row[index]
    decoded[key] = value === null ? null : decode(value)
  }
  return decoded
}

function decoderOf(field: unknown): { mapFromDriverValue(value: unknown): unknown } {
  if (is(field, Column)) return field
  if (is(field, SQL)) return (field as unknown as { decoder: Column }).decoder
  return (field as { sql: { decoder: Column } }).sql.decoder
}
