import { AppError, type Clock, type Log, MINUTE, tooManyRequests } from '../kernel/index.ts'
import { type Kv, memoryKv } from '../kv/index.ts'
import type { Metrics } from '../telemetry/index.ts'

const WINDOW_SECONDS = 15 * MINUTE
const FREE_FAILURES = 10
const MAX_DELAY_SECONDS = 5 * MINUTE
const MAX_LOCAL_ENTRIES = 10_000

export interface SlowDown {
  /** Throws RATE_LIMIT_EXCEEDED with Retry-After while the delay after the last failure runs. */
  check(key: string): Promise<void>
  /** Counts a wrong password, from wherever it came. */
  countFailure(key: string): Promise<void>
}

/**
 * After ten wrong passwords for one address within fifteen minutes, from any mix of places, each further one
 * delays the next attempt: by a second, then two, up to five minutes. Not a lock: nobody can keep the owner
 * out, because devices that the owner has signed in from are not asked to wait. A right password clears nothing,
 * or each of the owner's sign-ins would give a guesser ten more.
 *
 * Failures are counted in steps of fifteen minutes, this one and the last: it slows down a little longer than it
 * says, never less. While the shared store is away every process counts by itself.
 */
export function createSlowDown(deps: { kv: Kv; clock: Clock; log: Log; metrics: Metrics }): SlowDown {
  const { clock, log, metrics } = deps
  const local = memoryKv({ clock, maxEntries: MAX_LOCAL_ENTRIES })

  async function withStore<T>(work: (kv: Kv) => Promise<T>): Promise<T> {
    try {
      return await work(deps.kv)
    } catch (error) {
      if (!(error instanceof AppError && error.type === 'SERVICE_UNAVAILABLE')) throw error
      log.warn('sign_in.slow_down_local', { reason: String(error.cause) })
      return work(local)
    }
  }

  return {
    async check(key) {
      const opensAt = await withStore((kv) => kv.get(delayKey(key)))
      const milliseconds = Number(opensAt ?? 0) - clock.now().getTime()
      if (milliseconds <= 0) return
      metrics.rateLimited.inc({ limit: 'slow_down' })
      throw tooManyRequests(Math.ceil(milliseconds / 1000), {
        message:
          'Too many wrong passwords. Wait, sign in from a device that you have used before, or reset it.',
      })
    },
    async countFailure(key) {
      const now = clock.now().getTime()
      const step = Math.floor(now / (WINDOW_SECONDS * 1000))
      await withStore(async (kv) => {
        const failures =
          (await kv.increment(failuresKey(key, step), 2 * WINDOW_SECONDS)) +
          Number((await kv.get(failuresKey(key, step - 1))) ?? 0)
        if (failures < FREE_FAILURES) return
        const delaySeconds = Math.min(MAX_DELAY_SECONDS, 2 ** (failures - FREE_FAILURES))
        await kv.set(delayKey(key), String(now + delaySeconds * 1000), delaySeconds)
      })
    },
  }
}

const failuresKey = (key: string, step: number) => `sign_in_failures:${step}:${key}`
const delayKey = (key: string) => `sign_in_delay:${key}`
