import type { Row } from '../db/index.ts'
import { SCOPES } from '../http/index.ts'
import { parseScope } from '../protocol/oauth/index.ts'
import { CLAIM_SCOPES } from '../protocol/oidc/index.ts'

/** Of the REST API. The instance is administrated by people and their own keys, not by applications. */
export const API_SCOPES: readonly string[] = SCOPES.filter((scope) => !scope.startsWith('admin:'))

/** What this server knows the meaning of. Clients may be registered with others, for resources of their own. */
export const KNOWN_SCOPES: readonly string[] = ['openid', ...CLAIM_SCOPES, 'offline_access', ...API_SCOPES]

/** Of a client that registered none: who somebody is, and no more. */
const USUAL_SCOPES: readonly string[] = ['openid', 'profile', 'email']

/** The scopes that are open to a client. RFC 7591 §2 */
export function clientScopes({ metadata }: Pick<Row<'client'>, 'metadata'>): readonly string[] {
  const offline = metadata.grant_types.includes('refresh_token') ? ['offline_access'] : []
  const registered = metadata.scope === undefined ? [...USUAL_SCOPES, ...offline] : parseScope(metadata.scope)
  return registered.filter((scope) => !scope.startsWith('admin:'))
}

/** Those of them that mean something without a person. */
export const serviceScopes = (client: Pick<Row<'client'>, 'metadata'>): readonly string[] =>
  clientScopes(client).filter((scope) => !KNOWN_SCOPES.includes(scope))

export const hasApiScope = (scope: readonly string[]): boolean =>
  scope.some((token) => API_SCOPES.includes(token))
