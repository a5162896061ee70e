import type { Config } from '../config/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  encodeChallenges,
  insufficientScope,
  invalidToken,
} from '../protocol/oauth/index.ts'

/** Where what the REST API takes is described, for a resource with a path. RFC 9728 §3.1 */
export const API_METADATA_PATH = '/.well-known/oauth-protected-resource/api'

/** As a request presented something, or undefined where it presented nothing. */
export type PresentedScheme = 'Bearer' | 'DPoP' | undefined

/**
 * What the REST API tells whom it refuses: how to come again, and where to get a token. Only who brought one is told
 * of an error: a browser whose session has ended did not. RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1
 */
export function apiChallenges({ oidc }: { readonly oidc: Pick<Config['oidc'], 'issuer'> }) {
  const both = { algorithms: ASYMMETRIC_ALGORITHMS, resourceMetadata: oidc.issuer + API_METADATA_PATH }
  const challenges = {
    none: encodeChallenges(both),
    Bearer: encodeChallenges({ ...both, scheme: 'Bearer', error: invalidToken('') }),
    DPoP: encodeChallenges({ ...both, scheme: 'DPoP', error: invalidToken('') }),
  }
  return {
    ofToken: (scheme: PresentedScheme): string => challenges[scheme ?? 'none'],
    ofScope: (scheme: 'Bearer' | 'DPoP', scope: string): string =>
      encodeChallenges({
        ...both,
        scheme,
        scope: [scope],
        error: insufficientScope('The access token lacks a scope.'),
      }),
  }
}
