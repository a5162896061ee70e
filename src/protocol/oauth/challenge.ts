import type { OAuthError } from './error.ts'

export interface Challenge {
  readonly scheme: 'Bearer' | 'DPoP'
  /** Absent where the request had no credentials at all: then no error is named. RFC 6750 §3.1 */
  readonly error?: OAuthError
  /** What would have been enough. RFC 6750 §3 */
  readonly scope?: readonly string[]
  /** RFC 9728 §5.1 */
  readonly resourceMetadata?: string
  /** Of DPoP proofs. RFC 9449 §7.1 */
  readonly algorithms?: readonly string[]
}

/**
 * A value of `WWW-Authenticate`, which has a parameter in any case. What is quoted has no quotes: errors, scopes and
 * URLs cannot have them. RFC 6750 §3
 */
export function encodeChallenge({ scheme, error, scope, resourceMetadata, algorithms }: Challenge): string {
  const parameters = {
    error: error?.code,
    error_description: error?.message,
    scope: scope?.join(' '),
    resource_metadata: resourceMetadata,
    algs: algorithms?.join(' '),
  }
  const shown = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  )
  return `${scheme} ${shown.length === 0 ? REALM : shown.join(', ')}`
}

const REALM = 'realm="Authy2"'

/**
 * The value for a resource that takes tokens of both schemes: first the one that was tried, with its error, and where
 * another token could do, the other one, without. RFC 9449 §7.1
 */
export function encodeChallenges({
  scheme = 'Bearer',
  algorithms,
  ...tried
}: Partial<Omit<Challenge, 'algorithms'>> & { readonly algorithms: readonly string[] }): string {
  const { resourceMetadata } = tried
  const about = resourceMetadata === undefined ? {} : { resourceMetadata }
  const other = scheme === 'Bearer' ? 'DPoP' : 'Bearer'
  const algorithmsOf = (name: Challenge['scheme']) => (name === 'DPoP' ? { algorithms } : {})
  const first = encodeChallenge({ scheme, ...tried, ...algorithmsOf(scheme) })
  if (tried.error?.code === 'insufficient_scope') return first
  return `${first}, ${encodeChallenge({ scheme: other, ...about, ...algorithmsOf(other) })}`
}
