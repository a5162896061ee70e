import type { HTTPHeaders } from 'elysia'
import { pathOf } from './request-limits.ts'

/** Beside what a request may always bring: a token or client, a form or JSON, a proof. RFC 9449 §4.1 */
const TAKEN_HEADERS = 'Authorization, Content-Type, DPoP'
/** What to bring next time, which is in no body. RFC 6750 §3, RFC 9449 §8 */
const EXPOSED_HEADERS = 'DPoP-Nonce, WWW-Authenticate, Retry-After'
const PREFLIGHT_SECONDS = '600'
/** What allows CORS_ORIGINS more, and says that the answer depends on the origin. */
const OF_SOME_ORIGINS = [
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-max-age',
  'vary',
]

export interface OpenPaths {
  readonly isOpenToPages: (path: string) => boolean
  readonly allowedMethods: (path: string) => readonly string[]
}

/**
 * Lets pages of every origin call the paths that are open to them, and only without cookies, which must count for
 * nothing there: whoever asks has a token, or gets what everybody gets. Fetch §3.2.
 *
 * Stands around what CORS_ORIGINS allows, before it for a preflight, which ends there, and after it for the rest:
 * no origin is allowed credentials here.
 */
export const anyOrigin = ({ isOpenToPages, allowedMethods }: OpenPaths) => ({
  answerPreflight(request: Request, headers: HTTPHeaders): Response | undefined {
    if (request.method !== 'OPTIONS' || !request.headers.has('access-control-request-method'))
      return undefined
    const path = pathOf(request.url)
    if (!isOpenToPages(path)) return undefined
    open(headers)
    headers['access-control-allow-methods'] = allowedMethods(path).join(', ')
    headers['access-control-allow-headers'] = TAKEN_HEADERS
    headers['access-control-max-age'] = PREFLIGHT_SECONDS
    return new Response(null, { status: 204 })
  },

  /** Also to who names no origin: a shared cache would give that answer to a page. */
  letIn(request: Request, headers: HTTPHeaders): void {
    if (isOpenToPages(pathOf(request.url))) open(headers)
  },
})

function open(headers: HTTPHeaders): void {
  for (const name of OF_SOME_ORIGINS) if (name in headers) delete headers[name]
  headers['access-control-allow-origin'] = '*'
  headers['access-control-expose-headers'] = EXPOSED_HEADERS
}
