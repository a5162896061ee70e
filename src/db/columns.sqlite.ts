import {
  customType,
  foreignKey,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { Columns } from './columns.postgres.ts'

const json = (name: string) =>
  customType<{ data: unknown; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (stored) => JSON.parse(stored),
  })(name)

/** As the driver has it: Drizzle's own `blob` would copy each value into a Buffer. */
const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'blob' })

/**
 * The same vocabulary on SQLite: equal JavaScript types, other storage (instants are milliseconds,
 * flags 0 or 1). The one cast between the dialects is here: what remains of Drizzle's PostgreSQL type
 * (no `.get`, `.all`, `.run`) is what both builders can do.
 */
export const sqliteColumns = {
  table: sqliteTable,
  text: (name: string) => text(name),
  int: (name: string) => integer(name, { mode: 'number' }),
  flag: (name: string) => integer(name, { mode: 'boolean' }),
  instant: (name: string) => integer(name, { mode: 'timestamp_ms' }),
  json,
  bytes: (name: string) => bytes(name),
  index,
  uniqueIndex,
  primaryKey,
  foreignKey,
} as unknown as Columns
