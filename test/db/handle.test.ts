import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { and, eq, gte } from 'drizzle-orm'
import {
  type Database,
  insertRow,
  placeholder,
  placeholderValue,
  type Reader,
  StorageError,
  type Tx,
} from '../../src/db/index.ts'
import { type TestDatabase, testDialects } from '../support/databases.ts'

const AT = new Date('2030-01-01T00:00:00.123Z')

describe.each(testDialects)('a prepared write on $name', (dialect) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await dialect.open()
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  const rename = (tx: Tx) =>
    tx.prepared('test.rename', ({ update, t: { instanceFact: fact } }) =>
      update(fact)
        .set({ value: placeholderValue('value', fact.value) })
        .where(eq(fact.name, placeholder('name')))
        .returning({ value: fact.value, createdAt: fact.createdAt }),
    )

  test('answers with what it wrote, each value as its column has it', async () => {
    const written = await opened.database.transaction(async (tx) => {
      await insertRow(tx, tx.t.instanceFact, { name: 'a', value: 'old', createdAt: AT })
      return [
        await rename(tx).execute({ name: 'a', value: 'new' }),
        await rename(tx).execute({ name: 'nobody', value: 'new' }),
      ]
    })
    expect(written).toEqual([[{ value: 'new', createdAt: AT }], []])
  })

  test('that fails says which statement it was, and none of its values', async () => {
    const row = { name: 'twice', value: 'a secret', createdAt: AT }
    const failed = opened.database.transaction(async (tx) => {
      await insertRow(tx, tx.t.instanceFact, row)
      await insertRow(tx, tx.t.instanceFact, row)
    })
    const error: unknown = await failed.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StorageError)
    expect(String(error)).toContain('insert into "instance_facts"')
    expect(String(error)).not.toContain('a secret')
  })
})

describe.each(testDialects)('a prepared read on $name', (dialect) => {
  let opened: TestDatabase
  let database: Database
  let builds = 0
  beforeAll(async () => {
    opened = await dialect.open()
    database = opened.database
    await database.transaction(async (tx) => {
      await tx
        .insert(tx.t.instanceFact)
        .values(['a', 'b'].map((name) => ({ name, value: `${name}'s`, createdAt: AT })))
    })
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  /** With an instant: SQLite stores it in another way, which must not show. */
  const findValue = (reader: Reader) =>
    reader.prepared('test.value', () => {
      builds++
      const { instanceFact } = reader.t
      return reader
        .select({ value: instanceFact.value })
        .from(instanceFact)
        .where(
          and(
            eq(instanceFact.name, placeholder('name')),
            gte(instanceFact.createdAt, placeholder('since', instanceFact.createdAt)),
          ),
        )
    })
  const findInstant = (reader: Reader) =>
    reader.prepared('test.instant', () => {
      const { instanceFact } = reader.t
      return reader
        .select({ createdAt: instanceFact.createdAt })
        .from(instanceFact)
        .where(eq(instanceFact.name, placeholder('name')))
    })

  test('takes values as any query does, and is built once', async () => {
    const { reader } = database
    expect(await findValue(reader).execute({ name: 'a', since: AT })).toEqual([{ value: "a's" }])
    expect(await findValue(reader).execute({ name: 'b', since: AT })).toEqual([{ value: "b's" }])
    const later = new Date(AT.getTime() + 1)
    expect(await findValue(reader).execute({ name: 'a', since: later })).toEqual([])
    expect(builds).toBe(1)
  })

  test('inside a transaction sees what the transaction wrote', async () => {
    await database.transaction(async (tx) => {
      await tx.insert(tx.t.instanceFact).values({ name: 'c', value: "c's", createdAt: AT })
      expect(await findValue(tx).execute({ name: 'c', since: AT })).toEqual([{ value: "c's" }])
    })
  })

  test('runs together with others, and each gives its own rows', async () => {
    const { reader } = database
    const read = (name: string) =>
      reader.together([findValue(reader), findInstant(reader)], { name, since: AT })
    expect(await read('a')).toEqual([[{ value: "a's" }], [{ createdAt: AT }]])
    expect(await read('nobody')).toEqual([[], []])
  })

  test('that fails among others does not stop the next ones', async () => {
    const { reader } = database
    const values = { since: AT }
    await expect(reader.together([findValue(reader), findInstant(reader)], values)).rejects.toThrow(/name/)
    expect(await findInstant(reader).execute({ name: 'a' })).toEqual([{ createdAt: AT }])
    await database.transaction(async (tx) => {
      await tx.insert(tx.t.instanceFact).values({ name: 'd', value: "d's", createdAt: AT })
    })
    expect(await findInstant(reader).execute({ name: 'd' })).toEqual([{ createdAt: AT }])
  })
})
