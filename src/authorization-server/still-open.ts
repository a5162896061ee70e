import type { StoredClient } from '../clients/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { invalidGrant, invalidTarget } from '../protocol/oauth/index.ts'
import { allowedClaims } from '../protocol/oidc/index.ts'
import { judgeResources } from './audience.ts'
import type { Authorization } from './authorization.ts'
import { clientScopes } from './scopes.ts'

/**
 * What of an authorization is open to its client and its person now: whoever narrows a client's scope or audiences
 * means what it has been given, too, and resources change hands. Asked at every use of a code or refresh token, so that
 * nothing has to go after them. Throws invalid_grant where no scope is left, and invalid_target where the resources
 * that it was for are all closed.
 */
export async function stillOpen<T extends Pick<Authorization, 'userId' | 'scopes' | 'resources' | 'claims'>>(
  ctx: ReadCtx,
  client: StoredClient,
  authorization: T,
): Promise<T> {
  const allowed = clientScopes(client)
  const scopes = authorization.scopes.filter((scope) => allowed.includes(scope))
  if (scopes.length === 0) throw invalidGrant('Nothing that was allowed is open to this client any more.')
  const { open: resources } = await judgeResources(ctx, client, authorization)
  if (resources.length === 0 && authorization.resources.length > 0) {
    throw invalidTarget('The resources that were allowed are not open to this client any more.')
  }
  const claims = authorization.claims && allowedClaims(authorization.claims, allowed)
  return { ...authorization, scopes, resources, claims }
}
