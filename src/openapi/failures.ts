import { Failure } from '../http/index.ts'
import { ERROR_STATUS, type ErrorType } from '../kernel/index.ts'
import type { SchemaBook } from './json-schema.ts'
import { RATE_LIMIT_HEADERS, referTo } from './overview.ts'
import { pathParameters, type Route } from './route.ts'

/** What each failure means to a caller, and what one looks like. */
const FAILURES: Readonly<
  Record<ErrorType, { when: string; message: string; details?: Readonly<Record<string, unknown>> }>
> = {
  VALIDATION_ERROR: {
    when: 'The input does not fit; `details.fields` maps paths to messages.',
    message: 'Some fields are not valid; see details.fields.',
    details: { fields: { email: ['must be an e-mail address'] } },
  },
  BAD_REQUEST: {
    when: 'Malformed JSON, or a cursor, link or state that does not fit.',
    message: 'The body is not valid JSON.',
  },
  AUTHENTICATION_ERROR: {
    when: 'The credential is missing, unknown, expired or revoked, or a password is wrong.',
    message: 'Sign in first, or send a valid bearer token.',
  },
  AUTHORIZATION_ERROR: {
    when: 'The caller is known but may not do this.',
    message: 'Your role member may not do this.',
    details: { required_permission: 'organization.update' },
  },
  COMPLIANCE_REQUIRED: {
    when: 'The session may only enrol a second factor until that is done.',
    message:
      'Until you have enrolled an authenticator app (POST /api/v1/auth/totp/enroll), or left who asks for it (DELETE /api/v1/organizations/:id/members/:userId), nothing else is open to you.',
  },
  STEP_UP_REQUIRED: {
    when: 'The session has to prove again that its user is there.',
    message: 'Confirm that it is you: sign in again, then repeat this.',
    details: { methods: ['password'], max_age_seconds: 600 },
  },
  NOT_FOUND: {
    when: 'There is no such thing, or not for this caller.',
    message: 'Organization not found.',
  },
  METHOD_NOT_ALLOWED: {
    when: 'The path has other methods; `Allow` names them.',
    message: 'This path answers to GET only.',
  },
  CONFLICT: {
    when: 'Something exists already, or has changed meanwhile.',
    message: 'An organization with this slug exists already.',
  },
  PAYLOAD_TOO_LARGE: {
    when: 'The body is larger than 1 MiB.',
    message: 'The body is larger than 1 MiB.',
    details: { max_bytes: 1_048_576 },
  },
  UNSUPPORTED_MEDIA_TYPE: {
    when: 'The body is not JSON.',
    message: 'Send the body as JSON with Content-Type: application/json.',
  },
  RATE_LIMIT_EXCEEDED: {
    when: 'Too many requests; `Retry-After` says when to go on.',
    message: 'Too many requests. Try again later.',
    details: { retry_after_seconds: 30 },
  },
  HEADERS_TOO_LARGE: {
    when: 'The headers are larger than 16 KiB.',
    message: 'The request headers are larger than 16 KiB.',
    details: { max_bytes: 16_384 },
  },
  INTERNAL_ERROR: {
    when: 'A fault of the server; its log has more under the request id.',
    message: 'Something went wrong here. Report the request id to the operator.',
  },
  UPSTREAM_ERROR: {
    when: 'A server that this one depends on failed; `details.upstream` names it.',
    message: 'The identity provider did not answer.',
    details: { upstream: 'google' },
  },
  SERVICE_UNAVAILABLE: {
    when: 'The database or the cache is away, or the server is stopping or overloaded.',
    message: 'The database is away.',
  },
}

/** Every failure that a route can answer with: by its guard, by what it takes, by its own word, and by accident. */
export function failuresOf({ path, hooks }: Route): ReadonlySet<ErrorType> {
  const { detail, params, query, body } = hooks
  const isGuarded = detail['x-guard'] !== 'public'
  const when = (condition: unknown, ...types: readonly ErrorType[]) => (condition ? types : [])
  return new Set([
    ...when(isGuarded, 'AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'COMPLIANCE_REQUIRED'),
    ...when(detail['x-step-up'], 'STEP_UP_REQUIRED'),
    ...when(isGuarded || detail['x-rate-limit'], 'RATE_LIMIT_EXCEEDED'),
    ...when(params ?? query ?? body, 'VALIDATION_ERROR', 'BAD_REQUEST'),
    ...when(pathParameters(path).length > 0, 'NOT_FOUND'),
    ...when(body, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
    ...(detail['x-errors'] ?? []),
    'HEADERS_TOO_LARGE' as const,
    'INTERNAL_ERROR' as const,
    'SERVICE_UNAVAILABLE' as const,
  ])
}

/** The responses of a route that are failures, by status: references to what `describeFailures` gives. */
export const failureResponses = (route: Route): Readonly<Record<string, object>> =>
  Object.fromEntries(
    byStatus(route).map(([status, types]) => [status, { $ref: `#/components/responses/${nameOf(types)}` }]),
  )

/** The components that the failures of these routes refer to. */
export function describeFailures(routes: readonly Route[], book: SchemaBook) {
  const groups = routes.flatMap(byStatus)
  return {
    schemas: { Failure: book.output(Failure) },
    responses: Object.fromEntries(
      groups.map(([status, types]) => [nameOf(types), describeResponse(status, types)]),
    ),
    examples: Object.fromEntries(groups.flatMap(([, types]) => types).map((type) => [type, exampleOf(type)])),
  }
}

type Group = readonly [status: number, types: readonly ErrorType[]]

/** In the order of the closed list, so that equal groups have one name. */
function byStatus(route: Route): readonly Group[] {
  const types = failuresOf(route)
  const ordered = (Object.keys(ERROR_STATUS) as ErrorType[]).filter((type) => types.has(type))
  return [...Map.groupBy(ordered, (type) => ERROR_STATUS[type])]
}

const nameOf = (types: readonly ErrorType[]): string => types.join('.')

const describeResponse = (status: number, types: readonly ErrorType[]): object => ({
  description: types.map((type) => `\`${type}\`: ${FAILURES[type].when}`).join('\n\n'),
  headers: referTo('headers', ['X-Request-ID', ...(HEADERS_OF[status] ?? [])]),
  content: {
    'application/json': {
      schema: { $ref: '#/components/schemas/Failure' },
      examples: referTo('examples', types),
    },
  },
})

const HEADERS_OF: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  429: ['Retry-After', ...RATE_LIMIT_HEADERS],
  503: ['Retry-After'],
}

function exampleOf(type: ErrorType): object {
  const { when, message, details = {} } = FAILURES[type]
  const value: Failure = {
    version: '1.0',
    success: false,
    code: ERROR_STATUS[type],
    message,
    request_id: '01970000-0000-7000-8000-000000000000',
    error: { type, details },
  }
  return { summary: when, value }
}
