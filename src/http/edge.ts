import { cors } from '@elysiajs/cors'
import { Elysia, ElysiaCustomStatusResponse, type HTTPHeaders, NotFoundError, ValidationError } from 'elysia'
import type { Config } from '../config/index.ts'
import {
  AppError,
  type Clock,
  endOfTurn,
  type Log,
  monotonicMilliseconds,
  type RandomSource,
} from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import { clientAddress } from './address.ts'
import { anyOrigin } from './any-origin.ts'
import { isJson, readJson, readText } from './body.ts'
import { failure } from './envelope.ts'
import { encodeByPath, type FailureFormat } from './failure-format.ts'
import { toAppError } from './failures.ts'
import { pathOf, refuseByHead } from './request-limits.ts'
import { beginRequest, findRequestState, type RequestState } from './request-state.ts'
import { securityHeaders } from './security-headers.ts'

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/
const EXPOSED_HEADERS = [
  'X-Request-ID',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'WWW-Authenticate',
  'DPoP-Nonce',
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
  /** Whether pages of every origin may call a path, without cookies. */
  isOpenToPages(path: string): boolean
  /** Of the paths where no envelope is the answer. */
  readonly failureFormats: readonly FailureFormat[]
}

/**
 * The outermost layer, around every route and also around what is no route: request id, size limits,
 * security headers, CORS, reading bodies, the one place where errors become answers, the request log
 * and metrics. Must be mounted before any capability: an error handler that comes later is skipped.
 *
 * A body that is JSON is parsed; any other is bounded text, for the endpoints of other standards to parse.
 */
export function edge(deps: EdgeDeps) {
  const { config, clock, log, metrics } = deps
  const addressOf = clientAddress(config.trustedProxies)
  const hasProxies = config.trustedProxies.length > 0
  const everywhere = anyOrigin(deps)
  const headersOfAll = securityHeaders(config)
  return (
    new Elysia({ name: 'edge' })
      .headers(headersOfAll)
      .onRequest(({ request, set }) => {
        const { headers } = request
        const presented = headers.get('x-request-id')
        const id =
          presented !== null && REQUEST_ID.test(presented) ? presented : deps.random.uuid(clock.now())
        const forwardedFor = hasProxies ? headers.get('x-forwarded-for') : null
        const address = addressOf(deps.peerAddress(request), forwardedFor)
        const info = {
          id,
          address,
          get userAgent() {
            return headers.get('user-agent') ?? undefined // few ask
          },
        }
        beginRequest(request, info, monotonicMilliseconds(), log)
        set.headers['X-Request-ID'] = id
        return everywhere.answerPreflight(request, set.headers)
      })
      .use(crossOrigin(config.corsOrigins)) // before anything is refused, or a foreign page could not read why
      .onRequest(({ request, set }) => {
        everywhere.letIn(request, set.headers)
        refuseByHead(request)
      })
      .onParse({ as: 'global' }, async ({ request, contentType }) =>
        isJson(contentType) ? readJson(request) : (await readText(request)) || undefined,
      )
      .onError({ as: 'global' }, async ({ error, request, route, set, body }) => {
        const state = findRequestState(request)
        const thrown = await recordMalformed(error, state, body)
        const known = toAppError(thrown, state?.origin.log ?? log)
        const path = pathOf(request.url)
        const answer =
          error instanceof NotFoundError ? orMethodNotAllowed(known, deps.allowedMethods(path)) : known
        set.status = answer.status
        note(request, route, answer.status)
        dropAnswer(set.headers)
        const id = state?.info.id ?? ''
        const told = await encodeByPath(deps.failureFormats, answer, { id, path, headers: request.headers })
        Object.assign(set.headers, headersOfAll, answer.headers, told?.headers)
        return told?.body ?? failure(id, answer)
      })
      // Not after the response: Elysia begins a turn of the event loop for that, a tenth of the time of a short request.
      .mapResponse({ as: 'global' }, async ({ request, route, responseValue, set }) => {
        await endOfTurn()
        note(request, route, statusOf(responseValue, set.status))
        return responseValue as Response // as it is: of a failure Elysia answers with what is returned here
      })
  )

  function note(request: Request, route: string | undefined, status: number): void {
    const state = findRequestState(request)
    if (!state || state.isNoted) return
    state.isNoted = true
    const milliseconds = monotonicMilliseconds() - state.startedAt
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
  }
}

/**
 * Nothing at all unless other origins are allowed: its headers would cost on every answer. Pages of everywhere
 * (`*`) may call without cookies only: else any of them could read what its visitor may read.
 */
function crossOrigin(origins: readonly string[]) {
  if (origins.length === 0) return new Elysia({ name: 'cors' })
  const isAny = origins.includes('*')
  return cors({
    origin: isAny ? '*' : [...origins],
    credentials: !isAny,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'DPoP', 'X-Request-ID'],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  })
}

/** Returns what to answer with: the error itself, or why it could not be recorded. */
async function recordMalformed(
  error: unknown,
  state: RequestState | undefined,
  body: unknown,
): Promise<unknown> {
  if (!(error instanceof ValidationError) || error.type !== 'body' || !state?.onMalformed) return error
  try {
    const { origin, caller } = state
    await state.onMalformed({ origin, caller, body })
    return error
  } catch (unrecorded) {
    return unrecorded
  }
}

const EDGE_HEADER = /^(?:x-request-id|x-ratelimit-.*|access-control-.*|vary|connection)$/i

/** A cookie or a content type that a handler had set before it failed is no part of the failure. */
function dropAnswer(headers: HTTPHeaders): void {
  for (const name of Object.keys(headers)) if (!EDGE_HEADER.test(name)) delete headers[name]
}

function statusOf(answer: unknown, status: unknown): number {
  if (answer instanceof Response) return answer.status
  if (answer instanceof ElysiaCustomStatusResponse) return answer.code
  return typeof status === 'number' ? status : 200
}

function orMethodNotAllowed(error: AppError, methods: readonly string[]): AppError {
  if (methods.length === 0) return error
  const Allow = methods.join(', ')
  return new AppError('METHOD_NOT_ALLOWED', `This path answers to ${Allow} only.`, { headers: { Allow } })
}
