import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { and, eq, gt } from 'drizzle-orm'
import { type Database, openDatabase, type Reader, type Tx } from '../../src/db/index.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { type TestDatabase, testDialects } from '../support/databases.ts'
import { factNames, insertFact, writeFact } from './facts.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

describe.each(testDialects)('a transaction on $name', (dialect) => {
  let opened: TestDatabase
  let database: Database
  beforeAll(async () => {
    opened = await dialect.open()
    database = opened.database
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  const exists = async (name: string) => (await factNames(database.reader)).includes(name)

  test('gives what its body returns, and its rows are there when it resolves', async () => {
    const value = await database.transaction(async (tx) => {
      await insertFact(tx, 'kept')
      return 42
    })
    expect(value).toBe(42)
    expect(await exists('kept')).toBe(true)
  })

  // Drizzle's own transaction on bun:sqlite commits before an async body has finished.
  test('whose async body throws leaves nothing', async () => {
    const failure = new Error('on purpose')
    let attempts = 0
    const result = database.transaction(async (tx) => {
      attempts++
      await insertFact(tx, 'thrown')
      await Bun.sleep(1)
      await insertFact(tx, 'thrown-later')
      throw failure
    })
    await expect(result).rejects.toBe(failure)
    expect(attempts).toBe(1)
    expect(await exists('thrown')).toBe(false)
    expect(await exists('thrown-later')).toBe(false)
  })

  test('whose statement fails leaves nothing', async () => {
    await writeFact(database, 'taken')
    const result = database.transaction(async (tx) => {
      await insertFact(tx, 'before-the-conflict')
      await insertFact(tx, 'taken')
    })
    await expect(result).rejects.toMatchObject({ name: 'StorageError' })
    expect(await exists('before-the-conflict')).toBe(false)
  })

  test('fails alone: those that wait with it commit', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, position) =>
        database.transaction(async (tx) => {
          await insertFact(tx, `group-${position}`)
          if (position % 3 === 0) throw new Error('on purpose')
        }),
      ),
    )
    const expected = Array.from({ length: 30 }, (_, position) => position % 3 !== 0)
    expect(results.map((result) => result.status === 'fulfilled')).toEqual(expected)
    const names = new Set(await factNames(database.reader))
    expect(expected.map((_, position) => names.has(`group-${position}`))).toEqual(expected)
  })

  test('sees its own changes; a reader sees them after the commit only', async () => {
    await database.transaction(async (tx) => {
      await insertFact(tx, 'unseen')
      expect(await factNames(tx)).toContain('unseen')
      expect(await exists('unseen')).toBe(false)
    })
    expect(await exists('unseen')).toBe(true)
  })

  // The handle is shared on SQLite: without a guard the stray row would be part of somebody else's transaction.
  test('is over when its body is: a write that was not awaited is refused', async () => {
    let stray: Promise<unknown> = Promise.resolve()
    await database.transaction(async (tx) => {
      stray = Bun.sleep(10).then(() => insertFact(tx, 'stray'))
      stray.catch(() => {})
    })
    const neighbour = database.transaction(async (tx) => {
      await Bun.sleep(20)
      await insertFact(tx, 'neighbour')
    })
    await expect(stray).rejects.toBeInstanceOf(Error)
    await neighbour
    expect(await exists('stray')).toBe(false)
    expect(await exists('neighbour')).toBe(true)
  })

  test('that deletes a single-use row has one winner among 20', async () => {
    const digest = new Uint8Array(32).fill(7)
    await insertProof(database, digest)
    const winners = await Promise.all(Array.from({ length: 20 }, () => consumeProof(database, digest)))
    expect(winners.filter(Boolean)).toHaveLength(1)
  })

  test('that inserts a unique row has one winner among 20', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction(async (tx) => {
          const { instanceFact } = tx.t
          const claimed = await tx
            .insert(instanceFact)
            .values({ name: 'first', value: 'me', createdAt: NOW })
            .onConflictDoNothing({ target: instanceFact.name })
            .returning()
          return claimed.length === 1
        }),
      ),
    )
    expect(claims.filter(Boolean)).toHaveLength(1)
  })

  test('of a serializable kind keeps a rule over several rows', async () => {
    await Promise.all(['doctor-1', 'doctor-2'].map((name) => writeFact(database, name)))
    await Promise.all(['doctor-1', 'doctor-2'].map((name) => leaveUnlessLast(database, name)))
    const onCall = (await factNames(database.reader)).filter((name) => name.startsWith('doctor-'))
    expect(onCall).toHaveLength(1)
  })
})

const postgres = testDialects.filter(({ name }) => name === 'postgres')

describe.each(postgres)('several servers on one $name', (dialect) => {
  test('let one of 20 consumers win', async () => {
    await using opened = await dialect.open()
    const other = openDatabase({ kind: 'postgres', url: opened.url, poolSize: 10 }, systemRandom)
    try {
      const digest = new Uint8Array(32).fill(9)
      await insertProof(opened.database, digest)
      const winners = await Promise.all(
        Array.from({ length: 20 }, (_, position) =>
          consumeProof(position % 2 === 0 ? opened.database : other, digest),
        ),
      )
      expect(winners.filter(Boolean)).toHaveLength(1)
    } finally {
      await other.close()
    }
  })

  test('run a serializable transaction again that another one overtook (40001)', async () => {
    await using opened = await dialect.open()
    await Promise.all(['doctor-1', 'doctor-2'].map((name) => writeFact(opened.database, name)))
    const bothHaveRead = barrier(2)
    let attempts = 0
    await Promise.all(
      ['doctor-1', 'doctor-2'].map((name) =>
        leaveUnlessLast(opened.database, name, () => {
          attempts++
          return bothHaveRead()
        }),
      ),
    )
    expect(attempts).toBeGreaterThan(2)
    expect(await factNames(opened.database.reader)).toHaveLength(1)
  })

  test('run a transaction again that ended in a deadlock (40P01)', async () => {
    await using opened = await dialect.open()
    await Promise.all(['a', 'b'].map((name) => writeFact(opened.database, name)))
    const bothHaveLocked = barrier(2)
    let attempts = 0
    const update = (first: string, second: string) =>
      opened.database.transaction(async (tx) => {
        attempts++
        await setValue(tx, first, 'changed')
        await bothHaveLocked()
        await setValue(tx, second, 'changed')
      })
    await Promise.all([update('a', 'b'), update('b', 'a')])
    expect(attempts).toBe(3)
  })

  test('give up after eight attempts, with the reason', async () => {
    await using opened = await dialect.open()
    const impatient = { ...systemRandom, bytes: (length: number) => new Uint8Array(length) }
    const database = openDatabase({ kind: 'postgres', url: opened.url, poolSize: 1 }, impatient)
    try {
      let attempts = 0
      const result = database.transaction(async () => {
        attempts++
        throw Object.assign(new Error('could not serialize access'), {
          name: 'PostgresError',
          errno: '40001',
        })
      })
      await expect(result).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE', cause: { code: '40001' } })
      expect(attempts).toBe(8)
    } finally {
      await database.close()
    }
  })

  // COMMIT of an aborted transaction is answered without an error, and nothing is written.
  test('do not answer with success when a swallowed error has undone the transaction', async () => {
    await using opened = await dialect.open()
    await writeFact(opened.database, 'taken')
    const result = opened.database.transaction(async (tx) => {
      await insertFact(tx, 'lost')
      await insertFact(tx, 'taken').catch(() => {})
    })
    await expect(result).rejects.toMatchObject({ name: 'StorageError' })
    expect(await factNames(opened.database.reader)).toEqual(['taken'])
  })
})

describe('a Reader', () => {
  test('has no way to write that type-checks', () => {
    // @ts-expect-error
    const insert = (reader: Reader) => reader.insert(reader.t.instanceFact)
    // @ts-expect-error
    const update = (reader: Reader) => reader.update(reader.t.instanceFact)
    // @ts-expect-error
    const remove = (reader: Reader) => reader.delete(reader.t.instanceFact)
    expect([insert, update, remove]).toHaveLength(3)
  })

  test.each(testDialects.filter(({ name }) => name === 'sqlite'))(
    'of $name is a connection that cannot write',
    async (dialect) => {
      await using opened = await dialect.open()
      const asWriter = opened.database.reader as Tx
      await expect(insertFact(asWriter, 'smuggled')).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
      expect(await factNames(opened.database.reader)).toEqual([])
    },
  )
})

/** A write-skew: each of two on call leaves if the other stays. Serially, the second must stay. */
async function leaveUnlessLast(
  database: Database,
  name: string,
  afterReading?: () => Promise<void>,
): Promise<void> {
  await database.transaction(
    async (tx) => {
      const { instanceFact } = tx.t
      const onCall = (await factNames(tx)).filter((fact) => fact.startsWith('doctor-'))
      await afterReading?.()
      if (onCall.length > 1) await tx.delete(instanceFact).where(eq(instanceFact.name, name))
    },
    { isSerializable: true },
  )
}

async function setValue(tx: Tx, name: string, value: string): Promise<void> {
  const { instanceFact } = tx.t
  await tx.update(instanceFact).set({ value }).where(eq(instanceFact.name, name))
}

async function insertProof(database: Database, digest: Uint8Array): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.insert(tx.t.user).values({
      id: 'user',
      email: 'a@example.com',
      emailNormalized: 'a@example.com',
      status: 'active',
      isInstanceAdmin: false,
      createdAt: NOW,
      updatedAt: NOW,
    })
    await tx.insert(tx.t.mailProof).values({
      digest,
      purpose: 'reset_password',
      userId: 'user',
      email: 'a@example.com',
      createdAt: NOW,
      expiresAt: new Date(NOW.getTime() + 1),
    })
  })
}

const consumeProof = (database: Database, digest: Uint8Array): Promise<boolean> =>
  database.transaction(async (tx) => {
    const { mailProof } = tx.t
    const spent = await tx
      .delete(mailProof)
      .where(and(eq(mailProof.digest, digest), gt(mailProof.expiresAt, NOW)))
      .returning()
    return spent.length === 1
  })

/** Resolves for everyone once `count` have arrived; whoever comes later passes. */
function barrier(count: number): () => Promise<void> {
  const open = Promise.withResolvers<void>()
  let arrived = 0
  return () => {
    if (++arrived === count) open.resolve()
    return open.promise
  }
}
