import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hex, ManualClock, silentLog, systemClock, systemRandom } from '../../src/kernel/index.ts'
import { type Kv, memoryKv } from '../../src/kv/index.ts'
import { redisKv } from '../../src/kv/redis.ts'
import { findRedis, startRedis } from '../support/redis.ts'
import { redisUrl } from '../support/servers.ts'

interface Subject extends AsyncDisposable {
  readonly kv: Kv
  elapse(seconds: number): Promise<void>
}

const hasRedis = redisUrl() !== undefined || findRedis() !== undefined

async function memorySubject(): Promise<Subject> {
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const kv = memoryKv({ clock, maxEntries: 10_000 })
  return {
    kv,
    elapse: async (seconds) => clock.advance(seconds),
    [Symbol.asyncDispose]: () => kv.close(),
  }
}

async function redisSubject(): Promise<Subject> {
  const server = redisUrl() === undefined ? await startRedis() : undefined
  const kv = await redisKv({
    urls: [server?.url ?? redisUrl() ?? ''],
    clock: systemClock,
    log: silentLog,
    maxEntries: 1_000,
    prefix: `test-${hex(systemRandom.bytes(8))}:`,
  })
  return {
    kv,
    elapse: (seconds) => Bun.sleep(seconds * 1000 + 20),
    async [Symbol.asyncDispose]() {
      await kv.close()
      await server?.[Symbol.asyncDispose]()
    },
  }
}

describe.each([
  ['memory', memorySubject, true],
  ['Redis', redisSubject, hasRedis],
] as const)('the contract of the %s store', (_, open, present) => {
  describe.skipIf(!present)('holds:', () => {
    let subject: Subject
    let kv: Kv
    let serial = 0
    /** A key that no other test uses. */
    const fresh = () => `key-${++serial}`

    beforeAll(async () => {
      subject = await open()
      kv = subject.kv
    })
    afterAll(() => subject[Symbol.asyncDispose]())

    test('a value is there until it is deleted, and an unknown key is undefined', async () => {
      const key = fresh()
      expect(await kv.get(key)).toBeUndefined()
      await kv.set(key, 'one', 60)
      await kv.set(key, 'two', 60)
      expect(await kv.get(key)).toBe('two')
      await kv.delete(key)
      expect(await kv.get(key)).toBeUndefined()
      await kv.delete(key)
    })

    test('entries end with their time to live, and a new set starts it anew', async () => {
      const [ends, renewed, mark, counter] = [fresh(), fresh(), fresh(), fresh()]
      await kv.set(ends, 'x', 1)
      await kv.set(renewed, 'x', 1)
      await kv.set(renewed, 'y', 60)
      await kv.setIfAbsent(mark, 'first', 1)
      await kv.increment(counter, 1)
      await subject.elapse(1)
      expect(await kv.get(ends)).toBeUndefined()
      expect(await kv.consume(ends)).toBeUndefined()
      expect(await kv.get(renewed)).toBe('y')
      expect(await kv.setIfAbsent(mark, 'second', 60)).toBe(true)
      expect(await kv.increment(counter, 60)).toBe(1)
    })

    test('the time to live of a counter starts with its first increment', async () => {
      const key = fresh()
      expect(await kv.increment(key, 2)).toBe(1)
      await subject.elapse(1)
      expect(await kv.increment(key, 2)).toBe(2)
      await subject.elapse(1)
      expect(await kv.increment(key, 2)).toBe(1)
    })

    test('50 concurrent increments count to 50, each sum handed out once', async () => {
      const key = fresh()
      const sums = await Promise.all(Array.from({ length: 50 }, () => kv.increment(key, 60)))
      expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
      expect(await kv.get(key)).toBe('50')
    })

    test('a value that is not a number cannot be incremented', async () => {
      const key = fresh()
      await kv.set(key, 'abc', 60)
      await expect(kv.increment(key, 60)).rejects.toThrow()
      expect(await kv.get(key)).toBe('abc')
    })

    test('of 50 concurrent consumers exactly one gets the value', async () => {
      const key = fresh()
      await kv.set(key, 'challenge', 60)
      const answers = await Promise.all(Array.from({ length: 50 }, () => kv.consume(key)))
      expect(answers.filter((answer) => answer === 'challenge')).toHaveLength(1)
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(49)
    })

    test('of 50 concurrent setIfAbsent exactly one stores, and the value is its own', async () => {
      const key = fresh()
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => kv.setIfAbsent(key, `${i}`, 60)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await kv.get(key)).toBe(`${answers.indexOf(true)}`)
    })

    test.each([
      ['empty', ''],
      ['NUL and line ends', 'a\0b\r\n*1\r\n$4\r\nPING\r\n'],
      ['beyond the basic plane', 'schlüssel-鍵-🗝️'],
      ['spaces, quotes and globs', ' "k" * ? [x] {slot} \' \\ '],
      ['a property of every object', '__proto__'],
      ['long', 'x'.repeat(100_000)],
    ])('keys and values may be any text: %s', async (_name, text) => {
      await kv.set(`text:${text}`, text, 60)
      await kv.set(`text:${text} `, 'a neighbour', 60)
      expect(await kv.get(`text:${text}`)).toBe(text)
      expect(await kv.consume(`text:${text}`)).toBe(text)
      expect(await kv.get(`text:${text}`)).toBeUndefined()
    })

    test('a composed and a decomposed letter are two keys', async () => {
      await kv.set('\u00e9', 'composed', 60)
      expect(await kv.get('e\u0301')).toBeUndefined()
    })

    test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
      'a time to live of %p is a mistake',
      async (ttl) => {
        await expect(kv.set(fresh(), 'x', ttl)).rejects.toThrow(RangeError)
        await expect(kv.setIfAbsent(fresh(), 'x', ttl)).rejects.toThrow(RangeError)
        await expect(kv.increment(fresh(), ttl)).rejects.toThrow(RangeError)
      },
    )

    test('it answers a ping', async () => {
      expect(await kv.ping()).toBe(true)
    })

    test('a limiter allows its points, then refuses until the window ends', async () => {
      const limiter = kv.limiter({ name: fresh(), windows: [{ points: 3, durationSeconds: 1 }] })
      const allowed = { allowed: true, limit: 3, resetSeconds: 1, retryAfterSeconds: 0 }
      expect(await limiter.consume('a')).toEqual({ ...allowed, remaining: 2 })
      expect(await limiter.consume('a', 2)).toEqual({ ...allowed, remaining: 0 })
      expect(await limiter.consume('a')).toEqual({
        allowed: false,
        limit: 3,
        remaining: 0,
        resetSeconds: 1,
        retryAfterSeconds: 1,
      })
      expect((await limiter.consume('b')).remaining).toBe(2)
      await subject.elapse(1)
      expect(await limiter.consume('a')).toEqual({ ...allowed, remaining: 2 })
    })

    test('a request of several points is taken whole or not at all', async () => {
      const limiter = kv.limiter({ name: fresh(), windows: [{ points: 5, durationSeconds: 60 }] })
      expect((await limiter.consume('a', 3)).allowed).toBe(true)
      expect((await limiter.consume('a', 3)).allowed).toBe(false)
      expect((await limiter.consume('a', 6)).allowed).toBe(false)
      expect((await limiter.consume('a', 2)).allowed).toBe(true)
      await expect(limiter.consume('a', 0)).rejects.toThrow(RangeError)
      await expect(limiter.consume('a', -1)).rejects.toThrow(RangeError)
    })

    test('the window reported is the one that binds most', async () => {
      const windows = [
        { points: 2, durationSeconds: 60 },
        { points: 3, durationSeconds: 3600 },
      ]
      const limiter = kv.limiter({ name: fresh(), windows })
      expect(await limiter.consume('a')).toMatchObject({ limit: 2, remaining: 1, resetSeconds: 60 })
      expect(await limiter.consume('a')).toMatchObject({ limit: 2, remaining: 0 })
      expect(await limiter.consume('a')).toMatchObject({ allowed: false, limit: 2, retryAfterSeconds: 60 })
    })

    test('a request that one window refuses counts in none', async () => {
      const windows = [
        { points: 2, durationSeconds: 1 },
        { points: 3, durationSeconds: 3600 },
      ]
      const limiter = kv.limiter({ name: fresh(), windows })
      for (const allowed of [true, true, false, false, false]) {
        expect((await limiter.consume('a')).allowed).toBe(allowed)
      }
      await subject.elapse(1)
      expect(await limiter.consume('a')).toMatchObject({ allowed: true, limit: 3, remaining: 0 })
      const refused = await limiter.consume('a')
      expect(refused).toMatchObject({ allowed: false, limit: 3 })
      expect(refused.retryAfterSeconds).toBeGreaterThan(3590)
    })

    test.each([undefined, 7])(
      '100 concurrent requests get what the limit allows (chunk %p)',
      async (chunk) => {
        const limiter = kv.limiter({
          name: fresh(),
          windows: [{ points: 40, durationSeconds: 60 }],
          ...(chunk && { chunk }),
        })
        const results = await Promise.all(Array.from({ length: 100 }, () => limiter.consume('a')))
        expect(results.filter((result) => result.allowed)).toHaveLength(40)
      },
    )

    test('a reset forgets every window of that key only', async () => {
      const windows = [
        { points: 1, durationSeconds: 60 },
        { points: 1, durationSeconds: 3600 },
      ]
      const limiter = kv.limiter({ name: fresh(), windows })
      await Promise.all([limiter.consume('a'), limiter.consume('b')])
      await limiter.reset('a')
      expect((await limiter.consume('a')).allowed).toBe(true)
      expect((await limiter.consume('b')).allowed).toBe(false)
    })

    test('limiters of one name share their counts; names, values and counts stay apart', async () => {
      const name = fresh()
      const windows = [{ points: 1, durationSeconds: 60 }]
      await kv.set('a', 'a value', 60)
      expect((await kv.limiter({ name, windows }).consume('a')).allowed).toBe(true)
      expect((await kv.limiter({ name, windows }).consume('a')).allowed).toBe(false)
      expect((await kv.limiter({ name: fresh(), windows }).consume('a')).allowed).toBe(true)
      expect(await kv.get('a')).toBe('a value')
    })

    test('a limiter without a window is a mistake', () => {
      expect(() => kv.limiter({ name: 'none', windows: [] })).toThrow(RangeError)
    })
  })
})
