import type { StoredClient } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import { invalidGrant, invalidTarget } from '../protocol/oauth/index.ts'
import { allowedClaims } from '../protocol/oidc/index.ts'
import { isOpenResource } from './audience.ts'
import type { Authorization } from './authorization.ts'
import { clientScopes } from './scopes.ts'

/**
 * What of an authorization is open to its client now: whoever narrows a client's scope or audiences means what it has
 * been given, too. Asked at every use of a code or refresh token, so that nothing has to go after them. Throws
 * invalid_grant where no scope is left, and invalid_target where the resources that it was for are all closed.
 */
export function stillOpen<T extends Pick<Authorization, 'scopes' | 'resources' | 'claims'>>(
  client: StoredClient,
  authorization: T,
  config: Config,
): T {
  const open = clientScopes(client)
  const scopes = authorization.scopes.filter((scope) => open.includes(scope))
  if (scopes.length === 0) throw invalidGrant('Nothing that was allowed is open to this client any more.')
  const resources = authorization.resources.filter((resource) => isOpenResource(client, resource, config))
  if (resources.length === 0 && authorization.resources.length > 0) {
    throw invalidTarget('The resources that were allowed are not open to this client any more.')
  }
  const claims = authorization.claims && allowedClaims(authorization.claims, open)
  return { ...authorization, scopes, resources, claims }
}
