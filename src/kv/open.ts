import type { Clock, Log } from '../kernel/index.ts'
import type { Kv } from './kv.ts'
import { memoryKv } from './memory.ts'

/** At some 200 bytes each, 20 MB per map at the worst. */
const MAX_ENTRIES = 100_000

/** Redis when there are URLs (several: a cluster), else memory: enough for one process, gone when it ends. */
export async function openKv(options: { redisUrls: readonly string[]; clock: Clock; log: Log }): Promise<Kv> {
  const { redisUrls: urls, clock, log } = options
  if (urls.length === 0) return memoryKv({ clock, maxEntries: MAX_ENTRIES })
  const { redisKv } = await import('./redis.ts') // the client is a tenth of the start of a server without it
  return redisKv({ urls, clock, log, maxEntries: MAX_ENTRIES })
}
