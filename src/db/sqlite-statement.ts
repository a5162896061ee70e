import { Column, DrizzleQueryError, is, Param, Placeholder, SQL } from 'drizzle-orm'
import type { PreparedRead } from './handle.ts'
import type { Runnable } from './sqlite-reads.ts'

type Values = Readonly<Record<string, unknown>>

/** What Drizzle prepares on SQLite, beside what both dialects share. */
interface DrizzleStatement {
  readonly stmt: Runnable
  readonly query: { readonly sql: string; readonly params: readonly unknown[] }
  /** Of what returns rows. */
  readonly fields: readonly { readonly path: readonly string[]; readonly field: unknown }[] | undefined
  all(values: Values): unknown[]
}

export interface SqliteStatement extends PreparedRead {
  /** Its rows, at once; none where it returns none. */
  run(values: Values): unknown[]
}

interface Cell {
  readonly key: string
  decode(value: unknown): unknown
}

/**
 * Runs what Drizzle has prepared as Drizzle would, by a plan made once: it works out the encoder of every value and
 * the decoder of every cell anew at every run, and passes three promises on the way, which takes longer than a look-up
 * by key itself.
 */
export function compileStatement(prepared: unknown): SqliteStatement {
  const statement = prepared as DrizzleStatement
  const { sql } = statement.query
  const runPlan = planOf(statement)
  const run = (values: Values): unknown[] => {
    try {
      return runPlan(values)
    } catch (error) {
      throw new DrizzleQueryError(sql, [], error instanceof Error ? error : undefined)
    }
  }
  return { run, execute: async (values = {}) => run(values) }
}

function planOf(statement: DrizzleStatement): (values: Values) => unknown[] {
  const { fields, stmt, query } = statement
  const slots = query.params.map(slotOf)
  const bind = (values: Values) => slots.map((slot) => slot(values)) as never[]
  if (!fields) {
    return (values) => {
      stmt.run(...bind(values))
      return []
    }
  }
  // A join nests its rows and turns empty sides to null: that stays Drizzle's.
  if (!fields.every(({ path }) => path.length === 1)) return (values) => statement.all(values)
  const cells = fields.map(({ path: [key = ''], field }): Cell => {
    const decoder = decoderOf(field)
    return { key, decode: (value) => decoder.mapFromDriverValue(value) }
  })
  return (values) => stmt.values(...bind(values)).map((row) => decodeRow(cells, row))
}

/** What gives a parameter its value: one that came with the statement, or one of each run, encoded for its column. */
function slotOf(param: unknown): (values: Values) => unknown {
  if (is(param, Placeholder)) {
    const { name } = param
    return (values) => given(values, name)
  }
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { encoder } = param
    const { name } = param.value
    return (values) => encoder.mapToDriverValue(given(values, name))
  }
  return () => param
}

function given(values: Values, name: string): unknown {
  if (!(name in values)) throw new Error(`No value was given for "${name}"`)
  return values[name]
}

function decodeRow(cells: readonly Cell[], row: readonly unknown[]): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  cells.forEach(({ key, decode }, index) => {
    const value = row[index]
    decoded[key] = value === null ? null : decode(value)
  })
  return decoded
}

function decoderOf(field: unknown): { mapFromDriverValue(value: unknown): unknown } {
  if (is(field, Column)) return field
  if (is(field, SQL)) return (field as unknown as { decoder: Column }).decoder
  return (field as { sql: { decoder: Column } }).sql.decoder
}
