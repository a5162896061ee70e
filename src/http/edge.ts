import { cors } from '@elysiajs/cors'
import { Elysia } from 'elysia'
import type { Config } from '../config/index.ts'
import { AppError, type Clock, type Log, monotonicMilliseconds, type RandomSource } from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import { clientAddress } from './address.ts'
import { isJson, readJson } from './body.ts'
import { failure } from './envelope.ts'
import { toAppError } from './failures.ts'
import { refuseOversize } from './request-limits.ts'
import { beginRequest, findRequestState } from './request-state.ts'
import { securityHeaders } from './security-headers.ts'

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/
const EXPOSED_HEADERS = [
  'X-Request-ID',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
]

export interface EdgeDeps {
  readonly config: Config
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Log
  readonly metrics: Metrics
  /** The address at the other end of the connection; undefined where there is none (a test). */
  peerAddress(request: Request): string | undefined
  /** The methods that the finished app knows at a path: tells 405 from 404. */
  allowedMethods(path: string): readonly string[]
}

/**
 * The outermost layer, around every route and also around what is no route: request id, size limits,
 * security headers, CORS, the JSON parser, the one place where errors become answers, the request log
 * and metrics. Must be mounted before any capability: an error handler that comes later is skipped.
 */
export function edge(deps: EdgeDeps) {
  const { config, clock, log, metrics } = deps
  const addressOf = clientAddress(config.trustedProxies)
  return new Elysia({ name: 'edge' })
    .headers(securityHeaders(config))
    .onRequest(({ request, set }) => {
      const presented = request.headers.get('x-request-id')
      const id = presented !== null && REQUEST_ID.test(presented) ? presented : deps.random.uuid(clock.now())
      const address = addressOf(deps.peerAddress(request), request.headers.get('x-forwarded-for'))
      const userAgent = request.headers.get('user-agent') ?? undefined
      beginRequest(request, { id, address, userAgent }, monotonicMilliseconds(), log)
      set.headers['X-Request-ID'] = id
      refuseOversize(request, pathOf(request))
    })
    .onParse({ as: 'global' }, ({ request, contentType }) =>
      isJson(contentType) ? readJson(request) : undefined,
    )
    .onError({ as: 'global' }, ({ code, error, request, set }) => {
      const state = findRequestState(request)
      const known = toAppError(code, error, state?.origin.log ?? log)
      const answer =
        code === 'NOT_FOUND' ? orMethodNotAllowed(known, deps.allowedMethods(pathOf(request))) : known
      set.status = answer.status
      Object.assign(set.headers, answer.headers)
      return failure(state?.info.id ?? '', answer)
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set }) => {
      const state = findRequestState(request)
      if (!state) return
      const milliseconds = monotonicMilliseconds() - state.startedAt
      const status = typeof set.status === 'number' ? set.status : 200
      const template = route || '(none)'
      metrics.observeRequest(request.method, template, status, milliseconds / 1000)
      log.info('request', {
        request_id: state.info.id,
        method: request.method,
        route: template,
        status,
        ms: Math.round(milliseconds * 100) / 100,
        user_id: state.caller?.user.id,
        address: state.info.address,
      })
    })
    .use(crossOrigin(config.corsOrigins))
}

/** Nothing at all unless other origins are allowed: its headers would cost on every answer. */
function crossOrigin(origins: readonly string[]) {
  if (origins.length === 0) return new Elysia({ name: 'cors' })
  return cors({
    origin: origins.includes('*') ? true : [...origins],
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Request-ID'],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  })
}

/** The path alone, without building a URL object: this runs for every request. */
function pathOf(request: Request): string {
  const start = request.url.indexOf('/', request.url.indexOf('//') + 2)
  const end = request.url.search(/[?#]/)
  return start < 0 ? '/' : request.url.slice(start, end < 0 ? undefined : end)
}

function orMethodNotAllowed(error: AppError, methods: readonly string[]): AppError {
  if (methods.length === 0) return error
  const Allow = methods.join(', ')
  return new AppError('METHOD_NOT_ALLOWED', `This path answers to ${Allow} only.`, { headers: { Allow } })
}
