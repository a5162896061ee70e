import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, success } from '../http/index.ts'
import { AppError } from '../kernel/index.ts'
import { createChecks, type HealthDeps, type Hindrance } from './checks.ts'
import { Health, Live, Ready } from './schema.ts'
import { createScrape, mayScrape } from './scrape.ts'

export const health = (deps: HealthDeps) => {
  const checks = createChecks(deps)
  const scrape = createScrape(deps)
  return (
    new Elysia({ name: 'health', tags: ['Health'] })
      .use(guard(deps))
      // A client that keeps its connection open learns that the next request needs another one.
      .onRequest(({ set }) => {
        if (deps.lifecycle.isDraining) set.headers.connection = 'close'
      })
      .get(
        '/api/health',
        async ({ origin }) => {
          const report = await checks.health()
          if (report.status === 'down') throw away('The database is away.', report)
          return success(origin, report)
        },
        {
          public: true,
          fails: ['SERVICE_UNAVAILABLE'],
          response: { 200: Envelope(Health) },
          detail: { summary: 'How the server and what it stands on are doing' },
        },
      )
      .get('/api/health/live', ({ origin }) => success(origin, { status: 'live' as const }), {
        public: true,
        response: { 200: Envelope(Live) },
        detail: { summary: 'Whether the process is up: restart it when this does not answer' },
      })
      .get(
        '/api/health/ready',
        async ({ origin }) => {
          const hindrance = await checks.hindrance()
          if (hindrance) throw away(HINDRANCES[hindrance], { reason: hindrance })
          return success(origin, { status: 'ready' as const })
        },
        {
          public: true,
          fails: ['SERVICE_UNAVAILABLE'],
          response: { 200: Envelope(Ready) },
          detail: { summary: 'Whether to send requests here: migrated, connected, not draining' },
        },
      )
      .get(
        '/metrics',
        async ({ request, server, set, status }) => {
          const peer = server?.requestIP(request)?.address
          if (!mayScrape(deps.config.metricsToken, request, peer)) {
            if (deps.config.metricsToken === undefined) return status(403, ONLY_HERE)
            set.headers['www-authenticate'] = 'Bearer realm="metrics"'
            return status(401, 'Send METRICS_TOKEN as a bearer token.\n')
          }
          set.headers['content-type'] = deps.metrics.registry.contentType
          return scrape()
        },
        {
          public: true,
          response: { 200: z.string(), 401: z.string(), 403: z.string() },
          detail: { summary: 'Metrics in the text format of Prometheus' },
        },
      )
  )
}

const ONLY_HERE = 'Metrics are for this machine only. Set METRICS_TOKEN to read them from elsewhere.\n'

const HINDRANCES: Readonly<Record<Hindrance, string>> = {
  draining: 'The server is stopping.',
  database: 'The database is away.',
  migrations: 'The database is not the one of this version: run `authy2 migrate`.',
}

const away = (message: string, details: Readonly<Record<string, unknown>>) =>
  new AppError('SERVICE_UNAVAILABLE', message, { details, headers: { 'Retry-After': '5' } })
