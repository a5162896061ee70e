import {
  bigint,
  boolean,
  customType,
  foreignKey,
  index,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

/** JSON is kept as text in both dialects: `jsonb` through bun-sql is stored double-encoded. */
const json = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (stored) => JSON.parse(stored) as T,
  })(name)

/** The driver answers with a Buffer, whose `slice` shares memory: shown as the plain bytes that it holds. */
const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: ({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length),
})

/** The closed vocabulary that every table is written in. PostgreSQL's types are the canonical ones. */
export const postgresColumns = {
  table: pgTable,
  text: (name: string) => text(name),
  int: (name: string) => bigint(name, { mode: 'number' }),
  flag: (name: string) => boolean(name),
  instant: (name: string) => timestamp(name, { precision: 3, withTimezone: true }),
  json,
  bytes: (name: string) => bytes(name),
  index,
  uniqueIndex,
  primaryKey,
  foreignKey,
}

export type Columns = typeof postgresColumns
