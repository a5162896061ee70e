import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ManualClock } from '../../src/kernel/index.ts'
import { type Kv, memoryKv } from '../../src/kv/index.ts'

const START = '2030-01-01T00:00:00Z'

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
const ttl = fc.integer({ min: 1, max: 5 })
const operation = fc.oneof(
  fc.record({ name: fc.constant('set' as const), key, value: fc.string(), ttl }),
  fc.record({ name: fc.constant('setIfAbsent' as const), key, value: fc.string(), ttl }),
  // A key of its own: text cannot be incremented.
  fc.record({ name: fc.constant('increment' as const), key: fc.constantFrom('n', 'm'), ttl }),
  fc.record({ name: fc.constantFrom('get' as const, 'consume' as const, 'delete' as const), key }),
  fc.record({ name: fc.constant('wait' as const), seconds: fc.double({ min: 0, max: 3, noNaN: true }) }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

test('the store behaves as a map whose entries end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const clock = new ManualClock(START)
      const kv = memoryKv({ clock, maxEntries: 1_000 })
      const model = new Map<string, { value: string; expiresAt: number }>()
      for (const step of operations) {
        if (step.name === 'wait') clock.advance(step.seconds)
        else expect(await run(kv, step)).toBe(expected(model, clock.now().getTime(), step))
      }
    }),
  )
})

async function run(kv: Kv, step: Exclude<Operation, { name: 'wait' }>) {
  switch (step.name) {
    case 'set':
      return kv.set(step.key, step.value, step.ttl)
    case 'setIfAbsent':
      return kv.setIfAbsent(step.key, step.value, step.ttl)
    case 'increment':
      return kv.increment(step.key, step.ttl)
    default:
      return kv[step.name](step.key)
  }
}

function expected(
  model: Map<string, { value: string; expiresAt: number }>,
  now: number,
  step: Exclude<Operation, { name: 'wait' }>,
) {
  const held = model.get(step.key)
  const value = held && held.expiresAt > now ? held.value : undefined
  const store = (text: string, seconds: number) =>
    void model.set(step.key, { value: text, expiresAt: now + seconds * 1000 })
  switch (step.name) {
    case 'get':
      return value
    case 'set':
      return store(step.value, step.ttl)
    case 'setIfAbsent':
      if (value === undefined) store(step.value, step.ttl)
      return value === undefined
    case 'increment': {
      const sum = Number(value ?? 0) + 1
      if (value !== undefined && held) held.value = String(sum)
      else store(String(sum), step.ttl)
      return sum
    }
    case 'consume':
      model.delete(step.key)
      return value
    case 'delete':
      model.delete(step.key)
      return undefined
  }
}

test('a limiter grants what its fixed windows have room for, and counts a refusal nowhere', async () => {
  const windows = [
    { points: 4, durationSeconds: 5 },
    { points: 7, durationSeconds: 20 },
  ]
  const step = fc.record({
    points: fc.integer({ min: 1, max: 5 }),
    waitBefore: fc.integer({ min: 0, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock(START)
      const limiter = memoryKv({ clock, maxEntries: 1_000 }).limiter({ name: 'model', windows })
      const model = windows.map((window) => ({ ...window, consumed: 0, endsAt: 0 }))
      for (const { points, waitBefore } of steps) {
        clock.advance(waitBefore)
        const now = clock.now().getTime()
        for (const window of model)
          if (window.endsAt <= now) Object.assign(window, { consumed: 0, endsAt: 0 })
        const allowed = model.every((window) => window.consumed + points <= window.points)
        const answer = await limiter.consume('k', points)
        expect(answer.allowed).toBe(allowed)
        for (const window of model) {
          // A window opens with the first request that it has room for, granted in the end or not.
          if (window.consumed + points <= window.points) window.endsAt ||= now + window.durationSeconds * 1000
          if (allowed) window.consumed += points
        }
        const room = Math.min(...model.map((window) => window.points - window.consumed))
        expect(answer.remaining).toBe(allowed ? room : 0)
      }
    }),
  )
})

test('a flood of rate-limited keys does not push out values', async () => {
  const kv = memoryKv({ clock: new ManualClock(START), maxEntries: 100 })
  await kv.set('challenge', 'x', 60)
  const limiter = kv.limiter({ name: 'flood', windows: [{ points: 1, durationSeconds: 60 }] })
  for (let i = 0; i < 1_000; i++) await limiter.consume(`stranger-${i}`)
  expect(await kv.get('challenge')).toBe('x')
  expect((await limiter.consume('stranger-999')).allowed).toBe(false)
})
