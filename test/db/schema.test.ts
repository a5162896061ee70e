import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { type PgTable, getTableConfig as postgresTable } from 'drizzle-orm/pg-core'
import { type SQLiteTable, getTableConfig as sqliteTable } from 'drizzle-orm/sqlite-core'
import { postgresColumns } from '../../src/db/columns.postgres.ts'
import { sqliteColumns } from '../../src/db/columns.sqlite.ts'
import { defineTables } from '../../src/db/tables/index.ts'
import { testDialects } from '../support/databases.ts'

/** What a database must have of a table; lists are sorted, so that they compare. */
interface Shape {
  readonly columns: readonly string[]
  readonly primaryKey: readonly string[]
  readonly indexes: readonly string[]
  readonly foreignKeys: readonly string[]
}
type Schema = Readonly<Record<string, Shape>>

/** The tables of the migrations themselves. */
const BOOKKEEPING = ['migrations', 'migration_lock']

describe.each(testDialects)('a migrated database of $name', (dialect) => {
  test('has the tables, columns, keys and indexes of the code, and no others', async () => {
    await using opened = await dialect.open()
    const [code, stored] =
      dialect.name === 'sqlite'
        ? [schemaOfCode(sqliteShape, sqliteColumns), schemaOfSqlite(opened.url.slice('sqlite:'.length))]
        : [schemaOfCode(postgresShape, postgresColumns), await schemaOfPostgres(opened.url)]
    expect(stored).toEqual(code)
  })
})

test('both dialects have the same tables, columns, keys and indexes', () => {
  const withoutTypes = (schema: Schema) =>
    Object.entries(schema).map(([name, { columns, ...keys }]) => ({
      name,
      columns: columns.map((column) => column.replace(/ .*?( not null)?$/, '$1')),
      ...keys,
    }))
  expect(withoutTypes(schemaOfCode(sqliteShape, sqliteColumns))).toEqual(
    withoutTypes(schemaOfCode(postgresShape, postgresColumns)),
  )
})

// To delete one client, user or grant read every token that there was: nothing led from the one to the others.
test('every foreign key has an index that begins with it, so that deleting does not read whole tables', () => {
  const columnsOf = (key: string) => key.slice(key.indexOf('(') + 1, key.indexOf(')'))
  const unindexed = Object.entries(schemaOfCode(sqliteShape, sqliteColumns)).flatMap(([name, shape]) => {
    const leading = [String(shape.primaryKey), ...shape.indexes.map(columnsOf)].map(
      (columns) => `${columns},`,
    )
    const isIndexed = (key: string) => leading.some((columns) => columns.startsWith(`${columnsOf(key)},`))
    return shape.foreignKeys.filter((key) => !isIndexed(key)).map((key) => `${name} ${key}`)
  })
  expect(unindexed).toEqual([])
})

type ShapeOf = (table: unknown) => readonly [name: string, shape: Shape]

const schemaOfCode = (shapeOf: ShapeOf, columns: typeof postgresColumns): Schema =>
  Object.fromEntries(Object.values(defineTables(columns)).map(shapeOf))

const sqliteShape: ShapeOf = (table) => shapeOfConfig(sqliteTable(table as SQLiteTable))
const postgresShape: ShapeOf = (table) => shapeOfConfig(postgresTable(table as PgTable))

type Config = ReturnType<typeof sqliteTable> | ReturnType<typeof postgresTable>

function shapeOfConfig(config: Config): readonly [string, Shape] {
  const nameOf = (column: object) => ('name' in column ? String(column.name) : '?')
  const single = config.columns.filter((column) => column.primary).map(nameOf)
  const primaryKey = config.primaryKeys[0]?.columns.map(nameOf) ?? single
  const columns = config.columns.map((column) => {
    const type = column.getSQLType().replace('timestamp (3)', 'timestamp(3)')
    return `${column.name} ${type}${column.notNull ? ' not null' : ''}`
  })
  const indexes = config.indexes.map(({ config: index }) =>
    describeIndex(index.name ?? '?', index, index.columns.map(nameOf)),
  )
  const foreignKeys = config.foreignKeys.map((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference()
    const target = shapeName(foreignTable)
    return describeKey(columns.map(nameOf), target, foreignColumns.map(nameOf), key.onDelete ?? 'no action')
  })
  return [
    config.name,
    { columns: columns.sort(), primaryKey, indexes: indexes.sort(), foreignKeys: foreignKeys.sort() },
  ]
}

const shapeName = (table: object) => String(Reflect.get(table, Symbol.for('drizzle:Name')))

const describeIndex = (name: string, is: { unique: boolean; where?: unknown }, columns: readonly string[]) =>
  `${is.unique ? 'unique ' : ''}${name}(${columns})${is.where ? ' where …' : ''}`

const describeKey = (from: readonly string[], table: string, to: readonly string[], onDelete: string) =>
  `(${from}) -> ${table}(${to}) on delete ${onDelete.toLowerCase()}`

function schemaOfSqlite(path: string): Schema {
  const file = new SqliteFile(path, { readonly: true })
  const all = (sql: string) => file.query<Record<string, string | number>, []>(sql).all()
  const tables = all(`select name from sqlite_master where type = 'table' order by name`)
  const shapes = tables
    .map(({ name }) => String(name))
    .filter((name) => !BOOKKEEPING.includes(name))
    .map((table): [string, Shape] => {
      const info = all(`PRAGMA table_info(${table})`)
      const keys = Object.values(
        Object.groupBy(all(`PRAGMA foreign_key_list(${table})`), ({ id }) => String(id)),
      )
      return [
        table,
        {
          columns: info
            .map(({ name, type, notnull }) => `${name} ${type}${notnull ? ' not null' : ''}`.toLowerCase())
            .sort(),
          primaryKey: info
            .filter(({ pk }) => Number(pk) > 0)
            .sort((a, b) => Number(a.pk) - Number(b.pk))
            .map(({ name }) => String(name)),
          indexes: all(`PRAGMA index_list(${table})`)
            .filter(({ origin }) => origin === 'c')
            .map(({ name, unique, partial }) => {
              const columns = all(`PRAGMA index_info(${name})`).map((column) => String(column.name))
              return describeIndex(String(name), { unique: unique === 1, where: partial }, columns)
            })
            .sort(),
          foreignKeys: keys
            .map((parts = []) => {
              const [{ table: target, on_delete } = {}] = parts
              const side = (end: 'from' | 'to') => parts.map((part) => String(part[end]))
              return describeKey(side('from'), String(target), side('to'), String(on_delete))
            })
            .sort(),
        },
      ]
    })
  file.close()
  return Object.fromEntries(shapes)
}

async function schemaOfPostgres(url: string): Promise<Schema> {
  const client = new SQL({ url, max: 1 })
  const rows: {
    name: string
    columns: string[]
    primary_key: string[]
    indexes: string[]
    keys: string[]
  }[] = await client`
      select c.relname as name,
        array(
          select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
          from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
        array(
          select attname::text from pg_index i, unnest(i.indkey) with ordinality as k(number, position), pg_attribute a
          where i.indrelid = c.oid and indisprimary and attrelid = c.oid and attnum = k.number
          order by position) as primary_key,
        array(
          select case when indisunique then 'unique ' else '' end || x.relname || '(' || (
            select string_agg(attname, ',' order by position)
            from unnest(i.indkey) with ordinality as k(number, position), pg_attribute
            where attrelid = c.oid and attnum = k.number) || ')' || case when indpred is null then '' else ' where …' end
          from pg_index i join pg_class x on x.oid = i.indexrelid
          where i.indrelid = c.oid and not indisprimary) as indexes,
        array(select pg_get_constraintdef(oid) from pg_constraint where conrelid = c.oid and contype = 'f') as keys
      from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname`
  await client.close()
  return Object.fromEntries(
    rows
      .filter(({ name }) => !BOOKKEEPING.includes(name))
      .map(({ name, columns, primary_key, indexes, keys }) => [
        name,
        {
          columns: [...columns].sort(),
          primaryKey: [...primary_key],
          indexes: [...indexes].sort(),
          foreignKeys: keys.map(foreignKeyOf).sort(),
        },
      ]),
  )
}

/** From `FOREIGN KEY (a, b) REFERENCES t(c, d) ON DELETE CASCADE`. */
function foreignKeyOf(definition: string): string {
  const [, from = '', table = '', to = '', onDelete = 'no action'] =
    /^FOREIGN KEY \((.*?)\) REFERENCES (\w+)\((.*?)\)(?: ON DELETE ([A-Z ]+))?$/.exec(definition) ?? []
  return describeKey(from.split(', '), table, to.split(', '), onDelete)
}
