import { describe, expect, test } from 'bun:test'
import { DrizzleQueryError } from 'drizzle-orm'
import { StorageError, storageError } from '../../src/db/index.ts'
import { AppError, notFound } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'

const SECRET = 'correct-horse-battery-staple'
const NOW = new Date('2030-01-01T00:00:00Z')

/** Everything that a log could print of an error. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)))
  return [...own, Bun.inspect(error), error.cause === undefined ? '' : everythingIn(error.cause)].join('\n')
}

describe.each(testDialects)('a failed query on $name', (dialect) => {
  test('does not tell the values of a row that is already there', async () => {
    await using opened = await dialect.open()
    const insert = () =>
      opened.database.transaction(async (tx) => {
        const { instanceFact } = tx.t
        await tx.insert(instanceFact).values({ name: SECRET, value: SECRET, createdAt: NOW }).returning()
      })
    await insert()
    const error: unknown = await insert().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(everythingIn(error)).not.toContain(SECRET)
    expect(everythingIn(error)).toMatch(/unique/i)
  })

  test('does not tell a value that the database cannot take', async () => {
    await using opened = await dialect.open()
    const insert = opened.database.transaction(async (tx) => {
      const { outboxMessage } = tx.t
      const attempts: unknown = { value: SECRET } // neither binds nor parses as a number
      await tx
        .insert(outboxMessage)
        .values({
          id: SECRET,
          kind: SECRET,
          payload: new Uint8Array(1),
          status: 'pending',
          attempts: attempts as number,
          nextAttemptAt: NOW,
          createdAt: NOW,
        })
        .returning()
    })
    const error: unknown = await insert.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(everythingIn(error)).not.toContain(SECRET)
  })
})

const driverError = (name: string, properties: object) =>
  Object.assign(new Error(`it failed`), { name, ...properties })

describe('a storage error', () => {
  test.each([
    ['PostgresError', { errno: '08006' }],
    ['PostgresError', { errno: '53300' }],
    ['PostgresError', { errno: '57P01' }],
    ['PostgresError', { errno: '25006' }],
    ['PostgresError', { code: 'ERR_POSTGRES_CONNECTION_REFUSED' }],
    ['PostgresError', { code: 'ERR_POSTGRES_CONNECTION_CLOSED' }],
    ['PostgresError', { code: 'ERR_POSTGRES_CONNECTION_TIMEOUT' }],
    ['SQLiteError', { code: 'SQLITE_FULL', errno: 13 }],
    ['SQLiteError', { code: 'SQLITE_READONLY_DBMOVED', errno: 1032 }],
    ['SQLiteError', { code: 'SQLITE_IOERR_WRITE', errno: 778 }],
    ['SQLiteError', { code: 'SQLITE_CANTOPEN', errno: 14 }],
    ['SQLiteError', { code: 'SQLITE_BUSY', errno: 5 }],
  ])('of %s %j means that the database is away', (name, properties) => {
    const error = storageError(new DrizzleQueryError('select 1', [], driverError(name, properties)))
    expect(error).toMatchObject({ type: 'SERVICE_UNAVAILABLE', cause: { name: 'StorageError' } })
    expect((error as AppError).headers).toEqual({ 'Retry-After': '5' })
    expect((error as AppError).message).not.toContain('select')
  })

  test.each([
    ['PostgresError', { errno: '23505' }, '23505'],
    ['PostgresError', { errno: '42P01' }, '42P01'],
    ['SQLiteError', { code: 'SQLITE_CONSTRAINT_UNIQUE', errno: 2067 }, 'SQLITE_CONSTRAINT_UNIQUE'],
  ])('of %s %j keeps its code and its statement', (name, properties, code) => {
    const error = storageError(new DrizzleQueryError('select 1', [SECRET], driverError(name, properties)))
    expect(error).toMatchObject({ name: 'StorageError', code, message: 'it failed in: select 1' })
  })

  test('of a data exception does not repeat the message, which quotes the value', () => {
    const driver = Object.assign(new Error(`invalid input syntax: "${SECRET}"`), {
      name: 'PostgresError',
      errno: '22P02',
    })
    expect(storageError(driver)).toMatchObject({ message: 'data exception', code: '22P02' })
  })

  test('of a query that never left does not list its parameters', () => {
    const error = storageError(new DrizzleQueryError('select ?', [SECRET], new TypeError(`bad ${SECRET}`)))
    expect(error).toBeInstanceOf(StorageError)
    expect(everythingIn(error)).not.toContain(SECRET)
  })

  test('is found however deep it was wrapped', () => {
    const driver = driverError('SQLiteError', { code: 'SQLITE_FULL' })
    const wrapped = new Error('outer', { cause: new Error('inner', { cause: driver }) })
    expect(storageError(wrapped)).toBeInstanceOf(AppError)
  })

  test('is made of storage failures only', () => {
    for (const error of [notFound('User'), new TypeError('a bug'), 'text', undefined]) {
      expect(storageError(error)).toBe(error)
    }
    const once = storageError(driverError('PostgresError', { errno: '23505' }))
    expect(storageError(once)).toBe(once)
  })
})
