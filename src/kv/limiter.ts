import { AppError } from '../kernel/index.ts'
import { type Limiter, type LimitResult, requirePositiveInteger } from './kv.ts'
import type { Taken, Window } from './window.ts'

/**
 * A limiter over several windows. All are asked at once; when one refuses, the others get their points back.
 * Between the two, a concurrent request may find a window fuller than it is: it errs towards refusing.
 */
export function limiterOver(windows: readonly Window[]): Limiter {
  const [only, ...others] = windows
  if (!only) throw new RangeError('a limiter needs a window')
  if (others.length === 0) return limiterOf(only)
  return {
    async consume(key, points = 1) {
      requirePositiveInteger('points', points)
      const taken = await Promise.all(windows.map((window) => window.take(key, points)))
      if (taken.some((one) => !one.allowed)) {
        const counted = windows.filter((_, index) => taken[index]?.allowed)
        // A failure here leaves a point too many counted, and must not turn the refusal into an error.
        await Promise.allSettled(counted.map((window) => window.giveBack(key, points)))
      }
      return summarize(taken)
    },
    async reset(key) {
      await Promise.all(windows.map((window) => window.forget(key)))
    },
  }
}

/** The same for one window, which is what every request passes: there is nothing to give back or compare. */
const limiterOf = (window: Window): Limiter => ({
  async consume(key, points = 1) {
    requirePositiveInteger('points', points)
    return resultOf(await window.take(key, points))
  },
  reset: (key) => window.forget(key),
})

/**
 * Asks `shared`, and `local` while the shared store is away: each process then grants the whole limit by itself.
 * `onChange` hears of leaving and returning once each.
 */
export function withFallback(
  shared: Limiter,
  local: Limiter,
  onChange: (event: { available: boolean; cause?: unknown }) => void,
): Limiter {
  let available = true
  async function ask<T>(request: (limiter: Limiter) => Promise<T>): Promise<T> {
    try {
      const answer = await request(shared)
      if (!available) onChange({ available: true })
      available = true
      return answer
    } catch (error) {
      if (!(error instanceof AppError && error.type === 'SERVICE_UNAVAILABLE')) throw error
      if (available) onChange({ available: false, cause: error.cause })
      available = false
      return request(local)
    }
  }
  return {
    consume: (key, points) => ask((limiter) => limiter.consume(key, points)),
    async reset(key) {
      await local.reset(key)
      await ask((limiter) => limiter.reset(key))
    },
  }
}

function summarize(taken: readonly Taken[]): LimitResult {
  const refusals = taken.filter((one) => !one.allowed)
  const allowed = refusals.length === 0
  const binding = allowed
    ? taken.reduce((a, b) => (a.remaining <= b.remaining ? a : b))
    : refusals.reduce((a, b) => (a.resetMilliseconds >= b.resetMilliseconds ? a : b))
  return resultOf({ ...binding, allowed })
}

function resultOf({ allowed, limit, remaining, resetMilliseconds }: Taken): LimitResult {
  const resetSeconds = Math.max(1, Math.ceil(resetMilliseconds / 1000))
  return {
    allowed,
    limit,
    remaining: allowed ? remaining : 0,
    resetSeconds,
    retryAfterSeconds: allowed ? 0 : resetSeconds,
  }
}
