import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq, placeholder } from 'drizzle-orm'
import { type Database, migrate, openDatabase, type Reader, type Tx } from '../../src/db/index.ts'
import { type Prepare, readOnEither } from '../../src/db/sqlite-reads.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { factNames, insertFact, writeFact } from './facts.ts'

let folder: string
let database: Database
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-reads-'))
  database = openDatabase({ kind: 'sqlite', path: join(folder, 'authy2.db') }, systemRandom)
  await migrate(database, new Date('2030-01-01T00:00:00Z'))
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const findFact = ({ prepared }: Reader) =>
  prepared('test.fact', ({ select, t: { instanceFact } }) =>
    select({ name: instanceFact.name })
      .from(instanceFact)
      .where(eq(instanceFact.name, placeholder('name'))),
  )

/** In every way that a reader has. */
async function sightings(name: string): Promise<readonly boolean[]> {
  const { reader } = database
  const [together] = await reader.together([findFact(reader)], { name })
  return [
    (await factNames(reader)).includes(name),
    (await findFact(reader).execute({ name })).length > 0,
    together.length > 0,
  ]
}
const NEVER = [false, false, false]
const ALWAYS = [true, true, true]

test('what a transaction has written is read by others once it is committed, however they read', async () => {
  const goOn = Promise.withResolvers<void>()
  const written = Promise.withResolvers<void>()
  expect(await sightings('one')).toEqual(NEVER) // compiled on the writer, too, before there is anything to see
  const done = database.transaction(async (tx) => {
    await insertFact(tx, 'one')
    written.resolve()
    await goOn.promise
  })
  await written.promise
  expect(await sightings('one')).toEqual(NEVER)
  goOn.resolve()
  await done
  expect(await sightings('one')).toEqual(ALWAYS)
})

test('what a transaction has undone is never read by others', async () => {
  const neighbour = writeFact(database, 'neighbour')
  const failed = database.transaction(async (tx) => {
    await insertFact(tx, 'undone')
    throw new Error('on purpose')
  })
  await expect(failed).rejects.toThrow('on purpose')
  await neighbour
  expect(await sightings('undone')).toEqual(NEVER)
  expect(await sightings('neighbour')).toEqual(ALWAYS)
})

// No type allows it; this is what stands behind the types.
test('who may read cannot write, whether or not the writer is free', async () => {
  const write = () => insertFact(database.reader as Tx, 'smuggled')
  await expect(write()).rejects.toThrow()
  await database.transaction(async () => {
    await expect(write()).rejects.toThrow()
  })
  expect(await sightings('smuggled')).toEqual(NEVER)
})

test('reads go to the writer while it is free, anything else never does', () => {
  const calls: string[] = []
  const named =
    (name: string): Prepare =>
    (sql) => {
      const note = () => {
        calls.push(`${name}: ${sql}`)
        return [] as never
      }
      return { run: note, all: note, get: note, values: note }
    }
  let isFree = true
  const prepare = readOnEither(named('reader'), named('writer'), () => isFree)
  const statements = [
    'select 1',
    'BEGIN',
    'COMMIT',
    'insert into a values (1)',
    'with a as (select 1) select 2',
  ]
  const runAll = () => statements.map((sql) => prepare(sql)).forEach((statement) => void statement.values())
  const kept = prepare('select 2')
  runAll()
  kept.get()
  isFree = false
  runAll()
  kept.get()
  expect(calls).toEqual([
    'writer: select 1',
    'writer: BEGIN',
    'writer: COMMIT',
    'reader: insert into a values (1)',
    'reader: with a as (select 1) select 2',
    'writer: select 2',
    'reader: select 1',
    'reader: BEGIN',
    'reader: COMMIT',
    'reader: insert into a values (1)',
    'reader: with a as (select 1) select 2',
    'reader: select 2',
  ])
})
