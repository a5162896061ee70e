import type { Clock, Log } from '../kernel/index.ts'
import { ExpiringMap } from './expiring-map.ts'
import { type Kv, requirePositiveInteger } from './kv.ts'
import { limiterOver, withFallback } from './limiter.ts'
import { prepaidWindow } from './prepaid.ts'
import { connectRedis, redisUnavailable } from './redis-connection.ts'
import { redisWindow } from './redis-window.ts'
import { memoryWindow } from './window.ts'

/**
 * A store in Redis 6.2 or later, shared by every process that uses the same `prefix`. While Redis is away its
 * limiters count in this process (`maxEntries` keys at most) and everything else rejects at once.
 */
export async function redisKv(options: {
  urls: readonly string[]
  clock: Clock
  log: Log
  maxEntries: number
  prefix?: string
}): Promise<Kv> {
  const { clock, log, maxEntries } = options
  const { client, close } = await connectRedis({
    urls: options.urls,
    keyPrefix: options.prefix ?? 'authy2:',
    log,
  })
  const localCounts = new ExpiringMap<number>({ clock, maxEntries })

  return {
    async get(key) {
      return (await answer(client.get(valueKey(key)))) ?? undefined
    },
    async set(key, value, ttlSeconds) {
      await answer(client.set(valueKey(key), value, 'EX', requirePositiveInteger('ttlSeconds', ttlSeconds)))
    },
    async setIfAbsent(key, value, ttlSeconds) {
      requirePositiveInteger('ttlSeconds', ttlSeconds)
      return (await answer(client.set(valueKey(key), value, 'EX', ttlSeconds, 'NX'))) === 'OK'
    },
    async consume(key) {
      return (await answer(client.getdel(valueKey(key)))) ?? undefined
    },
    async increment(key, ttlSeconds) {
      requirePositiveInteger('ttlSeconds', ttlSeconds)
      const name = valueKey(key)
      const replies = await answer(client.multi().set(name, 0, 'EX', ttlSeconds, 'NX').incr(name).exec())
      const [error, sum] = replies?.[1] ?? []
      if (typeof sum !== 'number') throw redisUnavailable(error)
      return sum
    },
    async delete(key) {
      await answer(client.del(valueKey(key)))
    },
    async ping() {
      return client.ping().then(
        () => true,
        () => false,
      )
    },
    limiter({ name, windows, chunk }) {
      const id = (durationSeconds: number) => `${name}:${durationSeconds}`
      const shared = windows.map((window) => {
        const counted = redisWindow(window, { id: id(window.durationSeconds), client })
        if (chunk === undefined) return counted
        requirePositiveInteger('chunk', chunk)
        const bearable = Math.max(1, Math.min(chunk, Math.floor(window.points / MIN_CHUNKS)))
        return prepaidWindow(counted, { chunk: bearable, clock, maxEntries })
      })
      const local = windows.map((window) =>
        memoryWindow(window, { id: id(window.durationSeconds), counts: localCounts, clock }),
      )
      return withFallback(limiterOver(shared), limiterOver(local), ({ available, cause }) =>
        available
          ? log.info('kv.limiter.shared', { limiter: name })
          : log.warn('kv.limiter.local', { limiter: name, reason: String(cause) }),
      )
    },
    close,
  }
}

/** No process buys more than a twentieth of a window at a time, whatever limit an operator has set. */
const MIN_CHUNKS = 20

/** Keeps values and the limiters' counts (`limit:`) apart. */
const valueKey = (key: string) => `value:${key}`

async function answer<T>(command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (error) {
    throw redisUnavailable(error)
  }
}
