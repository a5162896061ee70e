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

/** A value of `WWW-Authenticate`. What is quoted has no quotes: errors, scopes and URLs cannot have them. RFC 6750 §3 */
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
  return shown.length === 0 ? scheme : `${scheme} ${shown.join(', ')}`
}
