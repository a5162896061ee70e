import { Cluster, Redis } from 'ioredis'
import { type AppError, type Log, unavailable } from '../kernel/index.ts'

/** A command that has waited this long has failed, and so has the connection it waited on. */
const ANSWER_MILLISECONDS = 500
const CONNECT_MILLISECONDS = 1_000

export interface RedisConnection {
  readonly client: Redis | Cluster
  close(): Promise<void>
}

/**
 * Connects to one Redis, or by several URLs to a cluster. Resolves when it is ready or when the first attempt
 * has failed: the server starts without Redis too, and attempts go on with growing pauses until `close`.
 * Meanwhile, and as soon as a connection is lost or silent, commands fail at once instead of queueing up.
 */
export async function connectRedis(options: {
  urls: readonly string[]
  keyPrefix: string
  log: Log
}): Promise<RedisConnection> {
  const client = createClient(options.urls, options.keyPrefix)
  const hosts = options.urls.map((url) => new URL(url).host) // the rest of a URL holds the password
  let state: 'connecting' | 'connected' | 'away' | 'closed' = 'connecting'
  let reason: string | undefined

  // Without this listener an error would be printed on every attempt.
  client.on('error', (error: Error) => {
    reason = error.message || error.name
  })
  client.on('ready', () => {
    state = 'connected'
    reason = undefined
    options.log.info('kv.redis.connected', { hosts })
  })
  client.on('close', () => {
    if (state === 'away' || state === 'closed') return
    state = 'away'
    options.log.warn('kv.redis.disconnected', { hosts, reason })
  })
  await client.connect().catch(() => {}) // told by the events above

  return {
    client,
    async close() {
      state = 'closed'
      if (client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    },
  }
}

/** The cause keeps only the words of the error: ioredis hangs the command's arguments, so the values, on it. */
export function redisUnavailable(error: unknown): AppError {
  const cause = new Error(error instanceof Error ? error.message : String(error))
  return unavailable('The cache does not answer. Try again shortly.', 1, cause)
}

function createClient(urls: readonly string[], keyPrefix: string): Redis | Cluster {
  const connection = {
    commandTimeout: ANSWER_MILLISECONDS,
    socketTimeout: ANSWER_MILLISECONDS,
    connectTimeout: CONNECT_MILLISECONDS,
    // Nothing is sent a second time after a lost connection: it may have been done the first time.
    maxRetriesPerRequest: 0,
  }
  const [url] = urls
  if (url === undefined) throw new RangeError('a Redis URL is needed')
  if (urls.length === 1) {
    return new Redis(url, { ...connection, keyPrefix, enableOfflineQueue: false, lazyConnect: true })
  }

  const { protocol, username, password } = new URL(url)
  const tls = protocol === 'rediss:'
  return new Cluster([...urls], {
    keyPrefix,
    enableOfflineQueue: false,
    lazyConnect: true,
    slotsRefreshTimeout: CONNECT_MILLISECONDS,
    // A cluster does send again while a failover runs; what a repeated command can do is refuse once too often.
    maxRedirections: 4,
    // The nodes that the first ones name are reached with the first one's credentials.
    redisOptions: {
      ...connection,
      username: decodeURIComponent(username) || undefined,
      password: decodeURIComponent(password) || undefined,
      tls: tls ? {} : undefined,
    },
    // A certificate names the host, so the name must not become an address on the way.
    ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
  })
}
