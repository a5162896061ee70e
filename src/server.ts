import http from 'node:http'
import type { Server } from 'bun'
import { createApp } from './app.ts'
import { type Config, localUrl } from './config/index.ts'
import { openMigrated } from './db/index.ts'
import { createDeps, type Deps } from './deps.ts'
import { lastResort } from './http/index.ts'
import { type Log, monotonicMilliseconds, systemClock, systemRandom, VERSION } from './kernel/index.ts'
import { openKv } from './kv/index.ts'

/** How long requests that are being answered get to finish once the server is told to stop. */
const DRAIN_MILLISECONDS = 30_000
/** How often it is looked whether they have; also what an answer has to leave in. */
const LOOK_MILLISECONDS = 250
/** Longer than the 60 s for which proxies commonly keep idle connections, so that it is they who hang up. */
const IDLE_SECONDS = 65
/** The edge refuses bodies past 1 MiB by itself, in an envelope; past this Bun does, without one. */
const MAX_BODY_BYTES = 64 * 1_048_576
/** The same for headers, which the edge refuses past 16 KiB. */
const MAX_HEADER_BYTES = 65_536

export interface RunningServer {
  /** Where it listens, as seen from this machine. People reach it at `config.publicUrl`. */
  readonly url: string
  readonly port: number
  readonly deps: Deps
  /**
   * Readiness goes 503 and nothing new is accepted; what is in flight finishes, within 30 seconds; jobs and
   * the outbox hand over; connections to the database and the cache are closed.
   */
  stop(): Promise<void>
}

/**
 * Config → deps → app → listening. Throws what keeps it from starting, with everything that was opened closed
 * again. Requests that are no HTTP at all (a broken request line, a control character in a header) are
 * answered by Bun with a bare 400: they never become a request that could be answered in an envelope.
 */
export async function startServer(
  config: Config,
  { log, drainMilliseconds = DRAIN_MILLISECONDS }: { log: Log; drainMilliseconds?: number },
): Promise<RunningServer> {
  await using opening = new AsyncDisposableStack()
  const surroundings = { config, log, clock: systemClock, random: systemRandom }

  const { database, applied } = await openMigrated(config, surroundings)
  opening.defer(() => database.close())
  if (applied.length > 0) log.info('database.migrated', { applied })
  const kv = await openKv({ redisUrls: config.redisUrls, clock: systemClock, log })
  opening.defer(() => kv.close())

  const deps = createDeps({ ...surroundings, database, kv })
  opening.defer(() => deps.mailer.close())
  deps.outbox.start()
  opening.defer(() => deps.outbox.stop())
  const server = listen(createApp(deps), deps)
  opening.defer(async () => {
    deps.lifecycle.beginDraining()
    await Promise.all([deps.jobs.stop(), drain(server, { log, drainMilliseconds })])
  })
  deps.jobs.start()

  const opened = opening.move()
  const port = server.port ?? config.port
  const url = localUrl(config, port)
  log.info('server.listening', { version: VERSION, url, public_url: config.publicUrl, pid: process.pid })
  return { url, port, deps, stop: () => opened.disposeAsync() }
}

function listen(app: ReturnType<typeof createApp>, deps: Deps): Server<unknown> {
  const { host, port, tls } = deps.config
  Object.assign(http, { maxHeaderSize: MAX_HEADER_BYTES }) // where Bun.serve reads it; it has no option of its own
  app.listen({
    hostname: host,
    port,
    // Two processes on one port would share out the requests between them without a word.
    reusePort: false,
    development: false,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: MAX_BODY_BYTES,
    error: lastResort(deps),
    ...(tls && { tls: { cert: Bun.file(tls.certFile), key: Bun.file(tls.keyFile) } }),
  })
  if (!app.server) throw new Error('The server did not listen')
  return app.server
}

/**
 * Bun closes idle connections at once and the others after their answer, but keeps one whose request had a body
 * that nobody read: it counts as busy for ever, so what is left when no request is pending is closed by force.
 */
async function drain(
  server: Server<unknown>,
  { log, drainMilliseconds }: { log: Log; drainMilliseconds: number },
): Promise<void> {
  log.info('server.draining', { in_flight: server.pendingRequests })
  const deadline = monotonicMilliseconds() + drainMilliseconds
  const closed = server.stop().then(() => true)
  do {
    if (await Promise.race([closed, Bun.sleep(LOOK_MILLISECONDS).then(() => false)])) return
  } while (server.pendingRequests > 0 && monotonicMilliseconds() < deadline)
  if (server.pendingRequests > 0) log.warn('server.drain_timeout', { in_flight: server.pendingRequests })
  await server.stop(true)
}
