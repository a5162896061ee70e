import type { Clock } from '../kernel/index.ts'
import type { ExpiringMap } from './expiring-map.ts'
import type { LimitWindow } from './kv.ts'

/** One fixed window of a limiter, wherever it is counted. */
export interface Window {
  /** Takes `points` when all of them still fit, otherwise none. */
  take(key: string, points: number): Promise<Taken>
  /** Undoes a `take` that was allowed. */
  giveBack(key: string, points: number): Promise<void>
  forget(key: string): Promise<void>
}

export interface Taken {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetMilliseconds: number
}

/** A window counted in this process. `id` keeps it apart from the others in `counts`. */
export function memoryWindow(
  { points: limit, durationSeconds }: LimitWindow,
  { id, counts, clock }: { id: string; counts: ExpiringMap<number>; clock: Clock },
): Window {
  return {
    async take(key, points) {
      const now = clock.now().getTime()
      const entry = counts.get(`${id}:${key}`)
      const consumed = (entry?.value ?? 0) + points
      const expiresAt = entry?.expiresAt ?? now + durationSeconds * 1000
      const resetMilliseconds = expiresAt - now
      if (consumed > limit) return { allowed: false, limit, remaining: 0, resetMilliseconds }
      if (entry) entry.value = consumed
      else counts.set(`${id}:${key}`, consumed, expiresAt)
      return { allowed: true, limit, remaining: limit - consumed, resetMilliseconds }
    },
    async giveBack(key, points) {
      const entry = counts.get(`${id}:${key}`)
      if (entry) entry.value = Math.max(0, entry.value - points)
    },
    async forget(key) {
      counts.delete(`${id}:${key}`)
    },
  }
}
