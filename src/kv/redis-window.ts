import type { Cluster, Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { LimitWindow } from './kv.ts'
import { redisUnavailable } from './redis-connection.ts'
import type { Taken, Window } from './window.ts'

/**
 * Replaces the library's script, which also counts what it refuses: this one adds the points only when they all
 * fit, and answers a refusal with the sum that would have been. The library calls it with the points, the window
 * in seconds and the limit. Points below zero give back, never below nothing and never into a new window.
 */
const TAKE = `
local points, seconds, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local consumed = tonumber(redis.call('get', KEYS[1]) or '0')
local ttl = redis.call('pttl', KEYS[1])
if points < 0 then
  if ttl < 0 then return { 0, 0 } end
  return { redis.call('incrby', KEYS[1], math.max(points, -consumed)), ttl }
end
if consumed + points > limit then
  if ttl < 0 then ttl = seconds * 1000 end
  return { consumed + points, ttl }
end
redis.call('set', KEYS[1], 0, 'EX', seconds, 'NX')
return { redis.call('incrby', KEYS[1], points), redis.call('pttl', KEYS[1]) }
`

/** A window counted in Redis, one key each. `id` keeps it apart from the others. */
export function redisWindow(
  { points: limit, durationSeconds }: LimitWindow,
  { id, client }: { id: string; client: Redis | Cluster },
): Window {
  const store = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: `limit:${id}`,
    points: limit,
    duration: durationSeconds,
    customIncrTtlLuaScript: TAKE,
  })
  const taken = (allowed: boolean, answer: RateLimiterRes): Taken => ({
    allowed,
    limit,
    remaining: answer.remainingPoints,
    resetMilliseconds: answer.msBeforeNext,
  })
  return {
    async take(key, points) {
      try {
        return taken(true, await store.consume(key, points))
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return taken(false, refusal)
        throw redisUnavailable(refusal)
      }
    },
    async giveBack(key, points) {
      await store.reward(key, points).catch((error) => Promise.reject(redisUnavailable(error)))
    },
    async forget(key) {
      await store.delete(key).catch((error) => Promise.reject(redisUnavailable(error)))
    },
  }
}
