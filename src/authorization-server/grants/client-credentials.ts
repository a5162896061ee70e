import { grantableScope } from '../../protocol/oauth/index.ts'
import { makeAccessToken, storeAccessToken } from '../access-token.ts'
import { audienceOf, requireResources } from '../audience.ts'
import { serviceScopes } from '../scopes.ts'
import type { Grant } from './grant.ts'

/** A service acts for itself: no person, so neither ID token nor refresh token. RFC 6749 §4.4 */
export const clientCredentials: Grant<'client_credentials'> = async (
  ctx,
  { request, client, keys, thumbprint },
) => {
  await requireResources(ctx, client, { resources: request.resources, userId: null })
  const open = serviceScopes(client)
  const scope = request.scope === undefined ? open : grantableScope(request.scope, open)
  const audience = audienceOf(client, { resources: request.resources, scope }, ctx.config)
  const recipient = { client, keys, thumbprint }
  const made = await makeAccessToken(ctx, { ...recipient, scope, audience, authorization: undefined })
  return async (ctx) => {
    const { id, text, lifetimeSeconds } = await storeAccessToken(ctx, made)
    return {
      accessTokenId: id,
      tokens: {
        accessToken: text,
        scheme: thumbprint === undefined ? 'Bearer' : 'DPoP',
        lifetimeSeconds,
        scope,
      },
    }
  }
}
