import type { Config } from '../config/index.ts'
import type { Row } from '../db/index.ts'
import { invalidTarget } from '../protocol/oauth/index.ts'
import { apiResource } from './addresses.ts'
import { clientScopes, hasApiScope } from './scopes.ts'

type Client = Pick<Row<'client'>, 'audiences' | 'metadata' | 'origin'>

/**
 * Throws invalid_target unless the client may ask for tokens for all of these resources. One that nobody set up
 * here may ask for any but our own: such a token is good where it says, and nowhere else. RFC 8707 §2
 */
export function requireResources(client: Client, resources: readonly string[], config: Config): void {
  const isOpen = (resource: string) => isOpenResource(client, resource, config)
  if (!resources.every(isOpen)) throw invalidTarget('A resource is not open to this client.')
}

export function isOpenResource(client: Client, resource: string, config: Config): boolean {
  if (resource === config.oidc.issuer || client.audiences.includes(resource)) return true
  if (resource === apiResource(config)) return hasApiScope(clientScopes(client))
  return client.origin !== 'created' && client.audiences.length === 0
}

/** The resources of one token, which may be fewer than were allowed. Throws invalid_target. RFC 8707 §2.2 */
export function narrowedResources(
  requested: readonly string[],
  allowed: readonly string[],
): readonly string[] {
  if (requested.length === 0) return allowed
  if (!requested.every((resource) => allowed.includes(resource))) {
    throw invalidTarget('A resource goes beyond what was allowed.')
  }
  return requested
}

/**
 * Whom an access token is for: the resources that were asked for, else the one that the scope or the client points
 * to. With `openid` it is for userinfo, too. RFC 9068 §3
 */
export function audienceOf(
  client: Client,
  { resources, scope }: { readonly resources: readonly string[]; readonly scope: readonly string[] },
  config: Config,
): readonly string[] {
  const usual = hasApiScope(scope) ? [apiResource(config)] : client.audiences.slice(0, 1)
  const named = resources.length > 0 ? resources : usual
  const isForIssuer = scope.includes('openid') || named.length === 0
  return [...new Set([...named, ...(isForIssuer ? [config.oidc.issuer] : [])])]
}
