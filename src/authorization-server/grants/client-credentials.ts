import { grantableScope } from '../../protocol/oauth/index.ts'
import { issueAccessToken } from '../access-token.ts'
import { audienceOf, requireResources } from '../audience.ts'
import { serviceScopes } from '../scopes.ts'
import type { Grant } from './grant.ts'

/** A service acts for itself: no person, so neither ID token nor refresh token. RFC 6749 §4.4 */
export const clientCredentials: Grant<'client_credentials'> =
  ({ scope: requested, resources }) =>
  async (ctx, { client, keys, thumbprint }) => {
    requireResources(client, resources, ctx.config)
    const open = serviceScopes(client)
    const scope = requested === undefined ? open : grantableScope(requested, open)
    const audience = audienceOf(client, { resources, scope }, ctx.config)
    const { id, text, lifetimeSeconds } = await issueAccessToken(ctx, {
      client,
      keys,
      thumbprint,
      scope,
      audience,
      authorization: undefined,
    })
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
