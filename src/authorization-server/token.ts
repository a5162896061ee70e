import { mayUseGrant } from '../clients/index.ts'
import type { ReadCtx } from '../db/index.ts'
import {
  encodeTokenResponse,
  GRANT_TYPES,
  type GrantType,
  invalidDpopProof,
  OAuthError,
  parseTokenRequest,
  signJwtAside,
  unauthorizedClient,
} from '../protocol/oauth/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { ClientRequest } from './endpoint.ts'
import { authorizationCode } from './grants/authorization-code.ts'
import { clientCredentials } from './grants/client-credentials.ts'
import { deviceCode } from './grants/device-code.ts'
import type { Exchange, Grant, Redeem } from './grants/grant.ts'
import { refreshToken } from './grants/refresh-token.ts'
import { tokenExchange } from './grants/token-exchange.ts'
import { recordIssue } from './issue-tokens.ts'
import type { KeyChain } from './subject.ts'

const GRANTS: { readonly [Type in GrantType]: Grant<Type> } = {
  authorization_code: authorizationCode,
  refresh_token: refreshToken,
  client_credentials: clientCredentials,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
  'urn:ietf:params:oauth:grant-type:token-exchange': tokenExchange,
}

/**
 * The token endpoint: whatever the grant, the client may use it, brings a DPoP proof where it has to, and what is
 * issued is recorded in the transaction that issues it. RFC 6749 §3.2, RFC 9449 §5
 */
export function createTokenEndpoint(deps: AuthorizationServerDeps, keyChain: KeyChain) {
  const counters = new Map(
    GRANT_TYPES.map((type) => [type, deps.metrics.tokensIssued.labels({ grant_type: type })]),
  )
  return async ({ client, parameters, origin, thumbprint }: ClientRequest) => {
    const request = parseTokenRequest(parameters)
    const { grantType } = request
    if (!mayUseGrant(client, grantType)) {
      throw unauthorizedClient('This client may not use this grant type.')
    }
    if (client.metadata.dpop_bound_access_tokens && thumbprint === undefined) {
      throw invalidDpopProof('This client has to send a DPoP proof.')
    }
    const keys = await keyChain.keysFor(client)
    const exchange = { request, client, keys, thumbprint, signingKeys: deps.signingKeys }
    const redeem = await deps.read(origin, async (ctx) => prepare(ctx, exchange))
    const outcome = await deps.write(origin, async (ctx) => {
      const issued = await redeem(ctx)
      if (!(issued instanceof OAuthError)) {
        await recordIssue(ctx, client, { ...issued, grantType, scope: issued.tokens.scope })
      }
      return issued
    })
    if (outcome instanceof OAuthError) throw outcome
    counters.get(grantType)?.inc()
    const idToken = outcome.idToken && (await signJwtAside(keys.idToken, 'JWT', outcome.idToken))
    return encodeTokenResponse({ ...outcome.tokens, idToken })
  }
}

/** A table of functions of a type each cannot be called with the union of what they take. */
const prepare = <Type extends GrantType>(ctx: ReadCtx, exchange: Exchange<Type>): Redeem | Promise<Redeem> =>
  (GRANTS[exchange.request.grantType] as Grant<Type>)(ctx, exchange)
