import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sql'
import { openDatabase, storageError } from '../../src/db/index.ts'
import { openPool } from '../../src/db/postgres-pool.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { type StallingProxy, stallingProxy } from '../support/stalling-proxy.ts'
import { factNames, insertFact, writeFact } from './facts.ts'

const PATIENCE = { silenceMilliseconds: 1_000, answerMilliseconds: 4_000 }
const UNAVAILABLE = { type: 'SERVICE_UNAVAILABLE' }

/** A PostgreSQL that can fall silent: it neither answers nor closes. */
async function openBehindProxy(dialect: TestDialect) {
  await using opening = new AsyncDisposableStack()
  const direct = opening.use(await dialect.open())
  const proxy: StallingProxy = opening.use(await stallingProxy(direct.url))
  const database = openDatabase(
    { kind: 'postgres', url: proxy.url, poolSize: 3, patience: PATIENCE },
    systemRandom,
  )
  opening.defer(() => database.close())
  const opened = opening.move()
  return { direct, proxy, database, url: proxy.url, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const postgres = testDialects.filter(({ name }) => name === 'postgres')

describe.each(postgres)('a database that neither answers nor closes, on $name', (dialect) => {
  test('fails reads, writes and pings as unavailable, also those that wait for a connection', async () => {
    await using t = await openBehindProxy(dialect)
    await writeFact(t.database, 'before')
    t.proxy.stall()
    const start = performance.now()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, number) => [
        writeFact(t.database, `meanwhile-${number}`),
        t.database.ping(),
        factNames(t.database.reader),
      ]).flat(),
    )
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(reasons).toHaveLength(outcomes.length)
    for (const reason of reasons) expect(storageError(reason)).toMatchObject(UNAVAILABLE)
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(await factNames(t.direct.database.reader)).toEqual(['before'])
  })

  test('that falls silent in the middle of a transaction leaves nothing of it', async () => {
    await using t = await openBehindProxy(dialect)
    const interrupted = t.database.transaction(async (tx) => {
      await insertFact(tx, 'interrupted')
      t.proxy.stall()
      await insertFact(tx, 'interrupted-too')
    })
    await expect(interrupted).rejects.toMatchObject(UNAVAILABLE)
    expect(await factNames(t.direct.database.reader)).toEqual([])
  })

  test('works again as soon as it can be reached, although the old connections never speak again', async () => {
    await using t = await openBehindProxy(dialect)
    await Promise.all(['one', 'two', 'three'].map((name) => writeFact(t.database, name)))
    t.proxy.stall()
    await expect(t.database.ping()).rejects.toMatchObject(UNAVAILABLE)
    t.proxy.resume()
    await writeFact(t.database, 'after')
    expect(await factNames(t.database.reader)).toEqual(['after', 'one', 'three', 'two'])
    await t.database.ping()
  })

  test('makes requests answer 503, with when to come back, until it speaks', async () => {
    await using opened = await openBehindProxy(dialect)
    await using t = await testServer({
      dialect: { name: 'postgres', open: async () => ({ ...opened, [Symbol.asyncDispose]: async () => {} }) },
    })
    const { token } = await t.signedIn()
    opened.proxy.stall()
    const answers = await Promise.all([
      t.call('GET', '/auth/me', { token }),
      t.call('POST', '/organizations', { token, body: { name: 'Nowhere' } }),
    ])
    for (const { status, body, headers } of answers) {
      expect(status).toBe(503)
      expect(body.error.type).toBe('SERVICE_UNAVAILABLE')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    opened.proxy.resume()
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)
  })

  test('is not one that is behind with its work: those in a queue before it wait their turn', async () => {
    await using t = await openBehindProxy(dialect)
    await using pool = boundedPool(t.url, 1)
    const naps = Array.from({ length: 8 }, () => pool.nap(0.2))
    expect(await Promise.all(naps)).toHaveLength(8)
  })

  test('on one connection alone fails what waits for it, while others are answered', async () => {
    await using t = await openBehindProxy(dialect)
    await using pool = boundedPool(t.url, 2)
    let isLost = false
    const lost = pool.nap(60).catch((error: unknown) => {
      isLost = true
      return storageError(error)
    })
    let answered = 0
    while (!isLost)
      answered += await pool.nap(0.1).then(
        () => 1,
        () => 0,
      )
    expect(await lost).toMatchObject(UNAVAILABLE)
    expect(answered).toBeGreaterThan(5)
  })
})

function boundedPool(url: string, poolSize: number) {
  const pool = openPool({ url, poolSize, patience: PATIENCE })
  const database = drizzle({ client: pool.client })
  return {
    nap: (seconds: number) => database.execute(sql`select pg_sleep(${seconds})`),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
