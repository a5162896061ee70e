import { describe, expect, test } from 'bun:test'
import { createSlowDown } from '../../src/authentication/slow-down.ts'
import { AppError, type Log, ManualClock, silentLog, unavailable } from '../../src/kernel/index.ts'
import { type Kv, memoryKv } from '../../src/kv/index.ts'
import { createMetrics } from '../../src/telemetry/index.ts'

function slowed(options: { kv?: Kv; log?: Log } = {}) {
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const kv = options.kv ?? memoryKv({ clock, maxEntries: 1_000 })
  const metrics = createMetrics()
  const slowDown = createSlowDown({ kv, clock, log: options.log ?? silentLog, metrics })
  const fail = async (times: number, key = 'alice') => {
    for (let index = 0; index < times; index++) await slowDown.countFailure(key)
  }
  /** Seconds to wait, 0 when the attempt is let through. */
  const wait = (key = 'alice') =>
    slowDown.check(key).then(
      () => 0,
      (error: unknown) => (error instanceof AppError ? Number(error.headers['Retry-After']) : Number.NaN),
    )
  return { clock, fail, wait, metrics }
}

describe('after failures', () => {
  test('nine cost nothing, the tenth costs a second', async () => {
    const { fail, wait, clock } = slowed()
    await fail(9)
    expect(await wait()).toBe(0)
    await fail(1)
    expect(await wait()).toBe(1)
    clock.advance(1)
    expect(await wait()).toBe(0)
  })

  test('each further one doubles the delay, up to five minutes', async () => {
    const { fail, wait } = slowed()
    await fail(10)
    const delays = []
    for (let index = 0; index < 11; index++) {
      delays.push(await wait())
      await fail(1)
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  test('the delay counts from the last one', async () => {
    const { fail, wait, clock } = slowed()
    await fail(14)
    expect(await wait()).toBe(16)
    clock.advance(10)
    expect(await wait()).toBe(6)
    await fail(1)
    expect(await wait()).toBe(32)
  })

  test('ten within fifteen minutes count wherever the quarters of an hour begin', async () => {
    const { fail, wait, clock } = slowed()
    clock.advance(14 * 60)
    await fail(5)
    clock.advance(10 * 60)
    await fail(5)
    expect(await wait()).toBe(1)
  })

  test('after half an hour of peace all is forgotten', async () => {
    const { fail, wait, clock } = slowed()
    await fail(20)
    clock.advance(30 * 60)
    await fail(9)
    expect(await wait()).toBe(0)
  })

  test('of one address others do not wait', async () => {
    const { fail, wait } = slowed()
    await fail(20)
    expect(await wait('bob')).toBe(0)
  })

  test('twenty at once all count', async () => {
    const { fail, wait } = slowed()
    await Promise.all(Array.from({ length: 20 }, () => fail(1)))
    expect(await wait()).toBe(300)
  })

  test('who is told to wait is counted', async () => {
    const { fail, wait, metrics } = slowed()
    await fail(10)
    await wait()
    const { values } = await metrics.rateLimited.get()
    expect(values).toMatchObject([{ labels: { limit: 'slow_down' }, value: 1 }])
  })
})

describe('while the shared store is away', () => {
  const away = async () => {
    throw unavailable('The cache does not answer.')
  }
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const kv: Kv = { ...memoryKv({ clock, maxEntries: 1 }), get: away, set: away, increment: away }

  test('this process counts by itself, and the log says so', async () => {
    const warnings: string[] = []
    const { fail, wait } = slowed({ kv, log: { ...silentLog, warn: (event) => warnings.push(event) } })
    expect(await wait()).toBe(0)
    await fail(10)
    expect(await wait()).toBe(1)
    expect(warnings).toContain('sign_in.slow_down_local')
  })

  test('a bug is not taken for an outage', async () => {
    const broken: Kv = { ...kv, get: () => Promise.reject(new TypeError('bug')) }
    const { wait } = slowed({ kv: broken })
    expect(await wait()).toBeNaN()
  })
})
