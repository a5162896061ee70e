import type { Clock } from '../kernel/index.ts'
import { ExpiringMap } from './expiring-map.ts'
import { type Kv, requirePositiveInteger } from './kv.ts'
import { limiterOver } from './limiter.ts'
import { memoryWindow } from './window.ts'

/**
 * A store in this process. Values and limiter counts have room for `maxEntries` each, apart from one another,
 * so that a flood of rate-limited strangers cannot push out somebody's passkey challenge.
 */
export function memoryKv({ clock, maxEntries }: { clock: Clock; maxEntries: number }): Kv {
  const values = new ExpiringMap<string>({ clock, maxEntries })
  const counts = new ExpiringMap<number>({ clock, maxEntries })
  const store = (key: string, value: string, ttlSeconds: number) =>
    values.set(key, value, clock.now().getTime() + requirePositiveInteger('ttlSeconds', ttlSeconds) * 1000)

  // Each body runs without a pause, which is what makes it atomic.
  return {
    async get(key) {
      return values.get(key)?.value
    },
    async set(key, value, ttlSeconds) {
      store(key, value, ttlSeconds)
    },
    async setIfAbsent(key, value, ttlSeconds) {
      if (values.get(key)) return false
      store(key, value, ttlSeconds)
      return true
    },
    async consume(key) {
      const value = values.get(key)?.value
      values.delete(key)
      return value
    },
    async increment(key, ttlSeconds) {
      const entry = values.get(key)
      const sum = Number(entry?.value ?? 0) + 1
      if (!Number.isSafeInteger(sum)) throw new TypeError('the value to increment is not a whole number')
      if (entry) entry.value = String(sum)
      else store(key, String(sum), ttlSeconds)
      return sum
    },
    async delete(key) {
      values.delete(key)
    },
    async ping() {
      return true
    },
    limiter: ({ name, windows }) =>
      limiterOver(
        windows.map((window) =>
          memoryWindow(window, { id: `${name}:${window.durationSeconds}`, counts, clock }),
        ),
      ),
    async close() {},
  }
}
