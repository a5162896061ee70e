import { grantableScope } from '../../protocol/oauth/index.ts'
import { makeAccessToken, storeAccessToken } from '../access-token.ts'
import { audienceOf, requireResources } from '../audience.ts'
import { serviceScopes } from '../scopes.ts'
import type { Grant } from './grant.ts'

/** A service acts for itself: no person, so neither ID token nor refresh token. RFC 6749 §4.4 */
export const clientCredentials: Grant<'client_credentials'> = async (
  { scope: requested, resources },
  { client, keys, thumbprint },
  { config, clock, random },
) => {
  requireResources(client, resources, config)
  const open = serviceScopes(client)
  const scope = requested === undefined ? open : grantableScope(requested, open)
  const audience = audienceOf(client, { resources, scope }, config)
  const input = { client, keys, thumbprint, scope, audience, authorization: undefined }
  const made = await makeAccessToken({ now: clock.now(), config, random }, input)
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
