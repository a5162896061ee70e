import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ManualClock, unavailable } from '../../src/kernel/index.ts'
import { ExpiringMap } from '../../src/kv/expiring-map.ts'
import { limiterOver } from '../../src/kv/limiter.ts'
import { prepaidWindow } from '../../src/kv/prepaid.ts'
import { memoryWindow, type Window } from '../../src/kv/window.ts'

/** A window that stands for the shared one, answers late as over a network, and counts its questions. */
function sharedWindow(points: number, durationSeconds = 60) {
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const counts = new ExpiringMap<number>({ clock, maxEntries: 1_000 })
  const inner = memoryWindow({ points, durationSeconds }, { id: 'shared', counts, clock })
  const shared = {
    ...inner,
    questions: 0,
    away: false,
    async take(key: string, wanted: number) {
      shared.questions++
      await Promise.resolve()
      if (shared.away) throw unavailable('away')
      return inner.take(key, wanted)
    },
  }
  const processes = (count: number, chunk: number, maxEntries = 1_000) =>
    Array.from({ length: count }, () => limiterOver([prepaidWindow(shared, { chunk, clock, maxEntries })]))
  return { clock, shared, processes }
}

const one = <T>(list: T[]): T => {
  const [first] = list
  if (first === undefined) throw new Error('the list is empty')
  return first
}

test('one question in a chunk of requests, and the remaining points are told exactly', async () => {
  const { shared, processes } = sharedWindow(100)
  const limiter = one(processes(1, 10))
  for (let spent = 1; spent <= 100; spent++) {
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, limit: 100, remaining: 100 - spent })
  }
  expect(shared.questions).toBe(10)
})

test('concurrent requests share one purchase', async () => {
  const { shared, processes } = sharedWindow(100)
  const limiter = one(processes(1, 50))
  const results = await Promise.all(Array.from({ length: 50 }, () => limiter.consume('a')))
  expect(results.every((result) => result.allowed)).toBe(true)
  expect(shared.questions).toBe(1)
})

test('a sold-out window is refused without asking until it ends', async () => {
  const { clock, shared, processes } = sharedWindow(5)
  const limiter = one(processes(1, 5))
  await limiter.consume('a', 5)
  await limiter.consume('a')
  const asked = shared.questions
  clock.advance(20)
  for (let i = 0; i < 100; i++) {
    expect(await limiter.consume('a')).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 40 })
  }
  expect(shared.questions).toBe(asked)
  clock.advance(40)
  expect(await limiter.consume('a')).toMatchObject({ allowed: true, remaining: 4 })
})

test('when no whole chunk is left, the rest is sold one by one', async () => {
  const { processes } = sharedWindow(12)
  const limiter = one(processes(1, 10))
  const results = await Promise.all(Array.from({ length: 20 }, () => limiter.consume('a')))
  expect(results.filter((result) => result.allowed)).toHaveLength(12)
})

test('a refusal of several points does not shut the door on one', async () => {
  const { processes } = sharedWindow(3)
  const limiter = one(processes(1, 2))
  expect((await limiter.consume('a', 4)).allowed).toBe(false)
  expect((await limiter.consume('a')).allowed).toBe(true)
})

test('points bought in one window are not spent in the next', async () => {
  const { clock, processes } = sharedWindow(10)
  const limiter = one(processes(1, 10))
  await limiter.consume('a')
  clock.advance(60)
  const results = await Promise.all(Array.from({ length: 20 }, () => limiter.consume('a')))
  expect(results.filter((result) => result.allowed)).toHaveLength(10)
})

test('a reset forgets the balance and the shared count', async () => {
  const { processes } = sharedWindow(5)
  const limiter = one(processes(1, 5))
  await limiter.consume('a', 5)
  expect((await limiter.consume('a')).allowed).toBe(false)
  await limiter.reset('a')
  expect(await limiter.consume('a')).toMatchObject({ allowed: true, remaining: 4 })
})

test('what is bought is spent while the shared store is away, then every waiter hears of it', async () => {
  const { shared, processes } = sharedWindow(100)
  const limiter = one(processes(1, 3))
  await limiter.consume('a')
  shared.away = true
  expect((await limiter.consume('a', 2)).allowed).toBe(true)
  const results = await Promise.allSettled([limiter.consume('a'), limiter.consume('a')])
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
  shared.away = false
  expect((await limiter.consume('a')).allowed).toBe(true)
})

test('a refusal by another window gives the point back to the balance', async () => {
  const { clock, shared } = sharedWindow(100)
  const prepaid = prepaidWindow(shared, { chunk: 10, clock, maxEntries: 10 })
  const refusing: Window = {
    take: async () => ({ allowed: false, limit: 1, remaining: 0, resetMilliseconds: 1 }),
    giveBack: async () => {},
    forget: async () => {},
  }
  const limiter = limiterOver([prepaid, refusing])
  for (let i = 0; i < 50; i++) expect((await limiter.consume('a')).allowed).toBe(false)
  expect(shared.questions).toBe(1)
  expect((await prepaid.take('a', 1)).remaining).toBe(99)
})

test('of a limit, at most chunk - 1 points per other process are withheld, and never one too many granted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 150 }),
      async (limit, count, chunk, requests) => {
        const { processes } = sharedWindow(limit)
        const limiters = processes(count, chunk)
        let allowed = 0
        for (const [index, process] of requests.entries()) {
          const limiter = one(limiters.slice(process % count))
          if ((await limiter.consume('a')).allowed) allowed++
          else expect(allowed).toBeGreaterThanOrEqual(Math.min(index, limit - (count - 1) * (chunk - 1)))
        }
        expect(allowed).toBeLessThanOrEqual(limit)
      },
    ),
  )
})
