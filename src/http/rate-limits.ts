import type { Config, RateLimitName } from '../config/index.ts'
import { tooManyRequests } from '../kernel/index.ts'
import type { Kv, Limiter, LimitResult } from '../kv/index.ts'
import type { Metrics } from '../telemetry/index.ts'

/** Points of the general limit that a process takes from the shared store at a time. */
const API_CHUNK = 50

export type RateLimitHeaders = Record<
  'X-RateLimit-Limit' | 'X-RateLimit-Remaining' | 'X-RateLimit-Reset',
  string
>

export interface RateLimits {
  /**
   * Counts one request for `key` (`address:…`, `account:…`, `user:…`) and returns the headers that tell
   * how much is left; undefined where limits are off. Throws RATE_LIMIT_EXCEEDED with Retry-After.
   */
  spend(name: RateLimitName, key: string): Promise<RateLimitHeaders | undefined>
}

export function createRateLimits(config: Config['rateLimits'], kv: Kv, metrics: Metrics): RateLimits {
  const limiters = new Map<RateLimitName, Limiter>()
  for (const [name, windows] of Object.entries(config.limits) as [
    RateLimitName,
    Config['rateLimits']['limits'][RateLimitName],
  ][]) {
    const chunk = name === 'api' ? { chunk: API_CHUNK } : {}
    limiters.set(name, kv.limiter({ name, windows, ...chunk }))
  }
  return {
    async spend(name, key) {
      const limiter = limiters.get(name)
      if (!config.enabled || !limiter) return undefined
      const result = await limiter.consume(key)
      if (!result.allowed) {
        metrics.rateLimited.inc({ limit: name })
        throw tooManyRequests(result.retryAfterSeconds, { headers: headersOf(result) })
      }
      return headersOf(result)
    },
  }
}

const headersOf = (result: LimitResult): RateLimitHeaders => ({
  'X-RateLimit-Limit': String(result.limit),
  'X-RateLimit-Remaining': String(result.remaining),
  'X-RateLimit-Reset': String(result.resetSeconds),
})
