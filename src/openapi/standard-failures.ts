import { z } from 'zod'
import type { StandardFailure } from '../http/index.ts'
import type { SchemaBook } from './json-schema.ts'
import { RATE_LIMIT_HEADERS, referTo } from './overview.ts'
import type { Route } from './route.ts'

/** RFC 6749 §5.2 */
const OAuthError = z
  .object({ error: z.string(), error_description: z.string().optional() })
  .meta({ id: 'OAuthError' })

type Failures = Readonly<Record<string, StandardFailure>>

/** What can befall any of these endpoints, whatever was sent. */
const ALWAYS: Failures = {
  431: { codes: { invalid_request: 'The headers are larger than 16 KiB.' } },
  500: { codes: { server_error: 'A fault of the server; its log has more under the request id.' } },
  503: {
    codes: {
      temporarily_unavailable: 'The database or the cache is away, or the server is stopping or overloaded.',
    },
    headers: ['Retry-After'],
  },
}
const OF_BODIES: Failures = { 413: { codes: { invalid_request: 'The body is larger than 1 MiB.' } } }
const OF_LIMITS: Failures = {
  429: {
    codes: { temporarily_unavailable: 'Too many requests; Retry-After says when to go on.' },
    headers: ['Retry-After', ...RATE_LIMIT_HEADERS],
  },
}

/** The responses of a route that are failures, by status: references to what `describeStandardFailures` gives. */
export const standardFailureResponses = (route: Route): object =>
  Object.fromEntries(
    failuresOf(route).map(([status, failure]) => [
      status,
      { $ref: `#/components/responses/${nameOf(status, failure)}` },
    ]),
  )

/** The components that these routes refer to. */
export function describeStandardFailures(routes: readonly Route[], book: SchemaBook): object {
  const told = routes.flatMap(failuresOf)
  return Object.fromEntries(
    told.map(([status, failure]) => [nameOf(status, failure), describeResponse(failure, book)]),
  )
}

function failuresOf({ standard, hooks }: Route): readonly (readonly [status: string, StandardFailure])[] {
  if (!standard) return []
  const { failures, body } = standard
  const isLimited = hooks.detail['x-rate-limit'] !== undefined
  const isPage = Object.values(failures).some((failure) => failure.isPage)
  const common: Failures = { ...(body && OF_BODIES), ...(isLimited && OF_LIMITS), ...ALWAYS }
  const ofBrowsers = Object.entries(common).map(([status, told]) => [status, { ...told, isPage }] as const)
  return [...Object.entries(failures), ...(isPage ? ofBrowsers : Object.entries(common))]
}

const nameOf = (status: string, { codes, isPage, mayBeEmpty, headers = [] }: StandardFailure): string =>
  [
    'oauth',
    status,
    ...Object.keys(codes),
    ...(isPage ? ['page'] : []),
    ...(mayBeEmpty ? ['empty'] : []),
    ...(headers.includes('DPoP-Nonce') ? ['nonce'] : []),
  ].join('.')

function describeResponse(
  { codes, isPage, mayBeEmpty, headers = [] }: StandardFailure,
  book: SchemaBook,
): object {
  const schema = mayBeEmpty ? z.union([OAuthError, z.strictObject({})]) : OAuthError
  return {
    description: Object.entries(codes)
      .map(([code, meaning]) => `\`${code}\`: ${meaning}`)
      .join('\n\n'),
    headers: referTo('headers', ['X-Request-ID', ...headers]),
    content: {
      'application/json': {
        schema: book.output(schema),
        examples: Object.fromEntries(Object.entries(codes).map(exampleOf)),
      },
      ...(isPage && { 'text/html': { schema: { type: 'string' } } }),
    },
  }
}

const exampleOf = ([code, meaning]: readonly [string, string]) => [
  code,
  { value: { error: code, error_description: meaning } },
]
