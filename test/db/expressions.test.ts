import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Database } from '../../src/db/index.ts'
import { containsText, plus, scalar, startsWith } from '../../src/db/index.ts'
import { type TestDatabase, testDialects } from '../support/databases.ts'

const AT = new Date('2030-01-01T00:00:00.123Z')
const NAMES = ['auth.login', 'Auth.Logout', 'a%b', 'a_b', 'a\\b', 'axb', 'École', '𝒜b']

describe.each(testDialects)('on $name', (dialect) => {
  let opened: TestDatabase
  let database: Database
  beforeAll(async () => {
    opened = await dialect.open()
    database = opened.database
    await database.transaction(async (tx) => {
      await tx.insert(tx.t.instanceFact).values(NAMES.map((name) => ({ name, value: name, createdAt: AT })))
      await tx.insert(tx.t.outboxMessage).values({
        id: 'message',
        kind: 'test',
        payload: Uint8Array.of(1, 2),
        status: 'pending',
        attempts: 1,
        nextAttemptAt: AT,
        createdAt: AT,
      })
    })
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  const namesWhere = async (condition: ReturnType<typeof startsWith>) => {
    const { instanceFact } = database.reader.t
    const rows = await database.reader.select({ name: instanceFact.name }).from(instanceFact).where(condition)
    return NAMES.filter((name) => rows.some((row) => row.name === name))
  }

  test.each([
    ['auth.', ['auth.login']],
    ['Auth.', ['Auth.Logout']],
    ['a%', ['a%b']],
    ['a_', ['a_b']],
    ['a\\', ['a\\b']],
    ['𝒜', ['𝒜b']],
    ['', NAMES],
    ['nobody', []],
  ])('startsWith %j takes the text literally and minds case', async (text, expected) => {
    expect(await namesWhere(startsWith(database.reader.t.instanceFact.name, text))).toEqual(expected)
  })

  test.each([
    ['LOG', ['auth.login', 'Auth.Logout']],
    ['%', ['a%b']],
    ['_', ['a_b']],
    ['\\', ['a\\b']],
    ['École', ['École']],
    ['nobody', []],
  ])('containsText %j takes the text literally and ignores case', async (text, expected) => {
    expect(await namesWhere(containsText(database.reader.t.instanceFact.name, text))).toEqual(expected)
  })

  test('plus counts in the statement, and is a number when selected', async () => {
    const { outboxMessage } = database.reader.t
    await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction(async (tx) => {
          await tx.update(tx.t.outboxMessage).set({ attempts: plus(tx.t.outboxMessage.attempts, 1) })
        }),
      ),
    )
    const rows = await database.reader
      .select({ attempts: outboxMessage.attempts, next: plus(outboxMessage.attempts, 1) })
      .from(outboxMessage)
    expect(rows).toEqual([{ attempts: 21, next: 22 }])
  })

  test('scalar is the value of a subquery', async () => {
    const { instanceFact, outboxMessage } = database.reader.t
    const name = database.reader
      .select({ name: instanceFact.name })
      .from(instanceFact)
      .where(eq(instanceFact.name, 'axb'))
    const rows = await database.reader.select({ name: scalar<string>(name) }).from(outboxMessage)
    expect(rows).toEqual([{ name: 'axb' }])
  })
})
