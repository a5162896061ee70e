import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { RedisClient } from 'bun'
import { AppError, type Log, silentLog, systemClock } from '../../src/kernel/index.ts'
import { openKv } from '../../src/kv/index.ts'
import { redisKv } from '../../src/kv/redis.ts'
import { findRedis, startRedis } from '../support/redis.ts'
import { freePort } from '../support/servers.ts'
import { startCluster } from './redis-cluster.ts'

/** Keeps what is logged, to be read as one text. */
function recordingLog() {
  const events: { event: string; fields: Record<string, unknown> }[] = []
  const record = (event: string, fields: Record<string, unknown> = {}) => void events.push({ event, fields })
  const log: Log = { debug: record, info: record, warn: record, error: record }
  const count = (event: string) => events.filter((one) => one.event === event).length
  return { log, count, text: () => JSON.stringify(events) }
}

const open = (url: string, log: Log = silentLog, prefix = 'authy2:') =>
  redisKv({ urls: [url], clock: systemClock, log, maxEntries: 1_000, prefix })

/** What a promise rejects with, as type and milliseconds waited. */
async function failure(work: Promise<unknown>): Promise<{ error: unknown; milliseconds: number }> {
  const start = performance.now()
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, milliseconds: performance.now() - start }
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await condition()) return
    await Bun.sleep(25)
  }
  throw new Error('did not happen within 10 s')
}

const minute = { name: 'm', windows: [{ points: 3, durationSeconds: 60 }] }

describe.skipIf(findRedis() === undefined)('the Redis store', () => {
  test('under load it survives Redis going away and coming back', async () => {
    await using server = await startRedis()
    const { log, count } = recordingLog()
    const kv = await open(server.url, log)
    const limiter = kv.limiter({ name: 'load', windows: [{ points: 1_000_000, durationSeconds: 60 }] })
    const surprises: unknown[] = []
    const onRejection = (reason: unknown) => surprises.push(reason)
    process.on('unhandledRejection', onRejection)

    let running = true
    let stored = 0
    let refused = 0
    const client = async (id: number) => {
      while (running) {
        await Promise.all([
          kv.set(`load-${id}`, 'x', 60),
          kv.increment('load', 60),
          kv.consume(`load-${id}`),
        ]).then(
          () => stored++,
          (error) => {
            if (error instanceof AppError && error.type === 'SERVICE_UNAVAILABLE') refused++
            else surprises.push(error)
          },
        )
        const { allowed } = await limiter.consume(`client-${id}`)
        if (!allowed) surprises.push('refused below the limit')
        await Bun.sleep(2)
      }
    }
    const clients = Array.from({ length: 20 }, (_, id) => client(id))
    for (let outage = 1; outage <= 2; outage++) {
      const [storedBefore, refusedBefore] = [stored, refused]
      await eventually(async () => stored > storedBefore + 20)
      await server.stop()
      await eventually(async () => refused > refusedBefore + 100)
      await server.start()
      await eventually(kv.ping)
    }
    const storedAfter = stored
    await eventually(async () => stored > storedAfter + 20)
    running = false
    await Promise.all(clients)
    await kv.close()
    process.off('unhandledRejection', onRejection)

    expect(surprises).toEqual([])
    // A stall of the machine may cost a connection too; what counts is one line a change, not one an attempt.
    expect(count('kv.redis.disconnected')).toBeWithin(2, 6)
    expect(count('kv.redis.connected')).toBe(count('kv.redis.disconnected') + 1)
    expect(count('kv.limiter.local')).toBeWithin(2, 10)
    expect(count('kv.limiter.shared')).toBe(count('kv.limiter.local'))
  }, 60_000)

  test('while Redis is away limits hold in the process, and return to Redis with it', async () => {
    await using server = await startRedis()
    const kv = await open(server.url)
    const limiter = kv.limiter(minute)
    await limiter.consume('a', 3)
    expect((await limiter.consume('a')).allowed).toBe(false)

    await server.stop()
    expect(await kv.ping()).toBe(false)
    const local = [await limiter.consume('a', 3), await limiter.consume('a')]
    expect(local.map((result) => result.allowed)).toEqual([true, false])
    await limiter.reset('a')
    expect((await limiter.consume('a')).allowed).toBe(true)

    await server.start()
    await eventually(kv.ping)
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, remaining: 2 })
    await kv.close()
  }, 30_000)

  test('an operation without Redis fails at once as SERVICE_UNAVAILABLE', async () => {
    await using server = await startRedis()
    const kv = await open(server.url)
    await server.stop()
    const operations = [
      () => kv.get('k'),
      () => kv.set('k', 'v', 60),
      () => kv.setIfAbsent('k', 'v', 60),
      () => kv.consume('k'),
      () => kv.increment('k', 60),
      () => kv.delete('k'),
    ]
    for (const operation of operations) {
      const { error, milliseconds } = await failure(operation())
      expect(error).toMatchObject({ type: 'SERVICE_UNAVAILABLE', status: 503 })
      expect(milliseconds).toBeLessThan(400)
    }
    await kv.close()
  }, 30_000)

  test('a Redis that has stopped answering is given up after half a second, then fails at once', async () => {
    await using server = await startRedis()
    const kv = await open(server.url)
    const limiter = kv.limiter(minute)
    const other = new RedisClient(server.url)
    await other.send('CLIENT', ['PAUSE', '4000', 'ALL'])

    const first = await failure(kv.get('k'))
    expect(first.error).toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
    expect(first.milliseconds).toBeWithin(400, 1_500)
    await Bun.sleep(100)
    const second = await failure(kv.get('k'))
    expect(second.error).toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
    expect(second.milliseconds).toBeLessThan(400)
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, remaining: 2 })

    await eventually(kv.ping)
    await kv.set('k', 'back', 60)
    expect(await kv.get('k')).toBe('back')
    other.close()
    await kv.close()
  }, 30_000)

  test('it opens while Redis is away and works as soon as Redis is there', async () => {
    await using server = await startRedis()
    await server.stop()
    const { log, count } = recordingLog()
    const kv = await openKv({ redisUrls: [server.url], clock: systemClock, log })
    expect(await kv.ping()).toBe(false)
    expect(await kv.limiter(minute).consume('a')).toMatchObject({ allowed: true, remaining: 2 })
    await Bun.sleep(500) // several attempts, one line
    expect(count('kv.redis.disconnected')).toBe(1)
    await server.start()
    await eventually(kv.ping)
    expect(count('kv.redis.connected')).toBe(1)
    await kv.close()
  }, 30_000)

  test('nothing that it throws or logs holds the password or a value', async () => {
    await using server = await startRedis()
    const { log, text } = recordingLog()
    const { password } = new URL(server.url)
    const kv = await open(server.url, log)
    await kv.set('text', 'a-secret-value', 60)
    const { error } = await failure(kv.increment('text', 60))
    await server.stop()
    const away = await failure(kv.set('text', 'a-secret-value', 60))
    await kv.close()
    const wrong = await open(server.url.replace(password, 'wrong-password'), log)
    await server.start()
    await Bun.sleep(500)
    expect(await wrong.ping()).toBe(false)
    await wrong.close()

    const seen = text() + Bun.inspect([error, away.error], { depth: 10 })
    expect(seen).toContain('kv.redis.disconnected')
    for (const secret of [password, 'wrong-password', 'a-secret-value']) expect(seen).not.toContain(secret)
  }, 30_000)

  test('stores of different prefixes on one Redis do not see each other', async () => {
    await using server = await startRedis()
    const [a, b] = await Promise.all([open(server.url, silentLog, 'a:'), open(server.url, silentLog, 'b:')])
    await a.set('k', 'of a', 60)
    await a.limiter(minute).consume('k', 3)
    expect(await b.get('k')).toBeUndefined()
    expect(await b.limiter(minute).consume('k')).toMatchObject({ allowed: true, remaining: 2 })
    expect(await b.setIfAbsent('k', 'of b', 60)).toBe(true)
    expect(await a.get('k')).toBe('of a')

    const other = new RedisClient(server.url)
    const keys: string[] = await other.send('KEYS', ['*'])
    expect(keys.toSorted()).toEqual(['a:limit:m:60:k', 'a:value:k', 'b:limit:m:60:k', 'b:value:k'])
    for (const key of keys) expect(await other.send('TTL', [key])).toBeWithin(1, 61)
    other.close()
    await Promise.all([a.close(), b.close()])
  }, 30_000)

  test('processes that buy points in chunks never grant more than the limit together', async () => {
    await using server = await startRedis()
    const stores = await Promise.all([open(server.url), open(server.url), open(server.url)])
    const options = { name: 'hot', windows: [{ points: 100, durationSeconds: 60 }], chunk: 10 }
    const limiters = stores.map((kv) => kv.limiter(options))
    let allowed = 0
    for (let round = 0; round < 60; round++) {
      const results = await Promise.all(limiters.map((limiter) => limiter.consume('a')))
      allowed += results.filter((result) => result.allowed).length
    }
    // All three spend to the end here, so nothing is left unspent.
    expect(allowed).toBe(100)

    const small = { name: 'small', windows: [{ points: 10, durationSeconds: 60 }], chunk: 50 }
    const [one, two] = stores.map((kv) => kv.limiter(small))
    expect((await one?.consume('a'))?.remaining).toBe(9)
    for (let i = 0; i < 9; i++) expect((await two?.consume('a'))?.allowed).toBe(true)
    await Promise.all(stores.map((kv) => kv.close()))
  }, 30_000)

  test('a closed store lets the process end', async () => {
    await using server = await startRedis()
    const program = `
      import { silentLog, systemClock } from ${JSON.stringify(join(import.meta.dir, '../../src/kernel/index.ts'))}
      import { openKv } from ${JSON.stringify(join(import.meta.dir, '../../src/kv/index.ts'))}
      const away = await openKv({ redisUrls: ['redis://127.0.0.1:${freePort()}'], clock: systemClock, log: silentLog })
      const kv = await openKv({ redisUrls: [process.argv.at(-1)], clock: systemClock, log: silentLog })
      const limiter = kv.limiter({ name: 'x', windows: [{ points: 3, durationSeconds: 60 }] })
      await limiter.consume('a')
      await Promise.all([kv.close(), away.close()])
    `
    const child = Bun.spawn([process.execPath, '-e', program, server.url], { stderr: 'pipe' })
    expect(await Promise.race([child.exited, Bun.sleep(5_000).then(() => 'still running')])).toBe(0)
    expect(await child.stderr.text()).toBe('')
    child.kill()
  }, 30_000)

  test('several URLs are a cluster, whatever node a key lives on', async () => {
    await using cluster = await startCluster()
    const { log, count } = recordingLog()
    const kv = await openKv({ redisUrls: cluster.urls, clock: systemClock, log })
    const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`)
    await Promise.all(keys.map((key) => kv.set(key, key, 60)))
    expect(await Promise.all(keys.map((key) => kv.consume(key)))).toEqual(keys)
    expect(await Promise.all(keys.map((key) => kv.increment(key, 60)))).toEqual(keys.map(() => 1))
    const windows = [60, 3600].map((durationSeconds) => ({ points: 2, durationSeconds }))
    const limiter = kv.limiter({ name: 'cluster', windows })
    for (const key of keys) {
      const results = [await limiter.consume(key, 2), await limiter.consume(key)]
      expect(results.map((result) => result.allowed)).toEqual([true, false])
    }
    expect(count('kv.limiter.local')).toBe(0)

    await cluster.stop()
    const { error, milliseconds } = await failure(kv.get('key-1'))
    expect(error).toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
    expect(milliseconds).toBeLessThan(1_500)
    expect((await limiter.consume('key-1', 2)).allowed).toBe(true)
    expect((await limiter.consume('key-1')).allowed).toBe(false)
    await cluster.start()
    await eventually(async () => (await limiter.consume('fresh-key')).allowed && kv.ping())
    await kv.set('key-1', 'back', 60)
    expect(await kv.get('key-1')).toBe('back')
    await kv.close()
  }, 60_000)
})
