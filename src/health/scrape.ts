import { gt } from 'drizzle-orm'
import ipaddr from 'ipaddr.js'
import { constantTimeEqual, sha256 } from '../kernel/index.ts'
import { remember, within } from './bounded.ts'
import type { HealthDeps } from './checks.ts'

const COUNT_EVERY_MILLISECONDS = 15_000
const PING_EVERY_MILLISECONDS = 1_000
const PATIENCE_MILLISECONDS = 2_000

/** Headers by which a proxy says that it is one: behind it everybody comes from this machine. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/** Whether this request may read the metrics: by the configured token or, without one, from this machine. */
export function mayScrape(metricsToken: string | undefined, request: Request, peer: string | undefined) {
  if (metricsToken === undefined) {
    return isLoopback(peer) && !PROXY_HEADERS.some((name) => request.headers.has(name))
  }
  const [, presented = ''] = /^bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  // Of digests, because the comparison must not tell the token's length either.
  return constantTimeEqual(sha256(presented), sha256(metricsToken))
}

const isLoopback = (peer: string | undefined): boolean =>
  peer !== undefined && ipaddr.isValid(peer) && ipaddr.process(peer).range() === 'loopback'

/** Makes the function that renders all metrics, with what only the database knows counted now and then. */
export function createScrape(deps: HealthDeps): () => Promise<string> {
  const { metrics } = deps
  const count = remember(COUNT_EVERY_MILLISECONDS, () => countSessions(deps))
  const ping = remember(PING_EVERY_MILLISECONDS, async () =>
    metrics.databasePing.set((await deps.database.ping()) / 1000),
  )
  return async () => {
    metrics.collectProcess()
    // Without the database the rest is worth more than ever: those gauges keep what they last showed.
    await within(PATIENCE_MILLISECONDS, Promise.all([count(), ping()]), undefined)
    return metrics.registry.metrics()
  }
}

async function countSessions({ database, metrics, clock }: HealthDeps): Promise<void> {
  const { reader } = database
  const { session } = reader.t
  metrics.activeSessions.set(await reader.$count(session, gt(session.expiresAt, clock.now())))
}
