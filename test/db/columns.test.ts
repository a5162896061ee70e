import { Database as SqliteFile } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sql'
import fc from 'fast-check'
import { type Columns, postgresColumns } from '../../src/db/columns.postgres.ts'
import { sqliteColumns } from '../../src/db/columns.sqlite.ts'
import type { Drizzle } from '../../src/db/handle.ts'
import { drizzleOver, keepStatements } from '../../src/db/sqlite-connection.ts'
import { createEmptyPostgres } from '../support/postgres-databases.ts'
import { postgresUrl } from '../support/servers.ts'

const define = (c: Columns) =>
  c.table('samples', {
    id: c.int('id').primaryKey(),
    text: c.text('text'),
    int: c.int('int'),
    flag: c.flag('flag'),
    instant: c.instant('instant'),
    json: c.json<unknown>('json'),
    bytes: c.bytes('bytes'),
  })
type Samples = ReturnType<typeof define>
type Sample = Omit<Samples['$inferSelect'], 'id'>

interface Opened {
  readonly database: Drizzle
  readonly samples: Samples
  close(): Promise<void>
}

async function openSqlite(): Promise<Opened> {
  const file = new SqliteFile(':memory:')
  file.run(`create table samples (id integer primary key, text text, int integer, flag integer,
    instant integer, json text, bytes blob)`)
  const { prepare, close } = keepStatements(file)
  const database = drizzleOver(prepare)
  return { database, samples: define(sqliteColumns), close: async () => close() }
}

async function openPostgres(): Promise<Opened> {
  const server = await createEmptyPostgres()
  const name = new URL(server.url).pathname.slice(1)
  const client = new SQL({ url: server.url, max: 1 })
  // Instants must not depend on where the server stands.
  await client.unsafe(`alter database ${name} set timezone to 'Asia/Kathmandu'`)
  await client.unsafe(`alter database ${name} set datestyle to 'SQL, DMY'`)
  await client.close()
  const session = new SQL({ url: server.url, max: 1 })
  await session`create table samples (id bigint primary key, text text, int bigint, flag boolean,
    instant timestamptz(3), json text, bytes bytea)`
  return {
    database: drizzle({ client: session }),
    samples: define(postgresColumns),
    async close() {
      await session.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 10 })
/** U+0000 is the one character that PostgreSQL's text cannot hold; the wire schemas refuse it. */
const text = fc.string({ unit: 'binary', maxLength: 50 }).filter((value) => !value.includes('\0'))
const anySample: fc.Arbitrary<Sample> = fc.record({
  text: nullable(text),
  int: nullable(fc.maxSafeInteger()),
  flag: nullable(fc.boolean()),
  instant: nullable(
    fc.date({
      min: new Date('0001-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    }),
  ),
  json: nullable(fc.jsonValue()),
  bytes: nullable(fc.uint8Array({ maxLength: 100 })),
})

const NULLS: Sample = { text: null, int: null, flag: null, instant: null, json: null, bytes: null }
const EDGES: [string, Partial<Sample>][] = [
  ['null', {}],
  ['emptiness', { text: '', int: 0, flag: false, instant: new Date(0), json: '', bytes: new Uint8Array(0) }],
  ['the largest integer', { int: Number.MAX_SAFE_INTEGER }],
  ['the smallest integer', { int: Number.MIN_SAFE_INTEGER }],
  ['an integer of more than 32 bits', { int: 2 ** 31 }],
  ['an instant with milliseconds', { instant: new Date('2030-01-01T00:00:00.123Z') }],
  ['an instant before 1970', { instant: new Date('1969-12-31T23:59:59.999Z') }],
  ['text outside ASCII', { text: `né 日本 𝒜 "quoted" \\ ' \u202e` }],
  ['bytes that are no text', { bytes: Uint8Array.of(0, 0, 0xff) }],
  ['JSON that text cannot hold unescaped', { json: { key: ['\u0000', '\ud800', { deep: null }] } }],
  ['a JSON array', { json: [] }],
  ['a JSON false', { json: false }],
]

const DIALECTS = [
  { name: 'sqlite', open: openSqlite },
  ...(postgresUrl() === undefined ? [] : [{ name: 'postgres', open: openPostgres }]),
]

describe.each(DIALECTS)('the column vocabulary on $name', ({ open }) => {
  let opened: Opened
  let lastId = 0
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  async function expectRoundTrip(values: Partial<Sample>): Promise<void> {
    const { database, samples } = opened
    const id = ++lastId
    const row = { ...NULLS, ...values, id }
    const [returned] = await database
      .insert(samples)
      .values({ ...values, id })
      .returning()
    const [selected] = await database.select().from(samples).where(eq(samples.id, id))
    for (const stored of [returned, selected]) {
      expect(stored).toEqual({ ...row, json: JSON.parse(JSON.stringify(row.json)) })
      if (stored?.bytes) expect(stored.bytes.constructor).toBe(Uint8Array)
    }
  }

  test.each(EDGES)('%s comes back as it went in', (_, values) => expectRoundTrip(values))

  test('any value comes back as it went in', async () => {
    await fc.assert(fc.asyncProperty(anySample, expectRoundTrip), { numRuns: 200 })
  })

  test('bytes and instants are found by value', async () => {
    const { database, samples } = opened
    const id = ++lastId
    const bytes = Uint8Array.from({ length: 32 }, (_, position) => position * 7)
    const instant = new Date('2031-02-03T04:05:06.789Z')
    await database.insert(samples).values({ id, bytes, instant })
    for (const condition of [eq(samples.bytes, bytes), eq(samples.instant, instant)]) {
      expect(await database.select({ id: samples.id }).from(samples).where(condition)).toEqual([{ id }])
    }
  })
})
