import type { Row, WriteCtx } from '../db/index.ts'
import type { AuthorizationOutcome, IssuedTokens } from '../protocol/oauth/index.ts'
import { signJwtAside } from '../protocol/oauth/index.ts'
import type { AuthorizationRequest } from '../protocol/oidc/index.ts'
import { issueAccessToken } from './access-token.ts'
import { audienceOf } from './audience.ts'
import type { Authorization, IssuingKeys } from './authorization.ts'
import { claimsToKeep, type NewAuthorizationCode, noteAuthorized } from './authorization-code.ts'
import { claimsOfIdToken, recordIssue } from './issue-tokens.ts'

/** What a code would have been exchanged for, and with which keys. */
export interface BrowserIssuance extends Pick<NewAuthorizationCode, 'client' | 'session' | 'grant'> {
  readonly user: Row<'user'>
  readonly keys: IssuingKeys
  readonly request: AuthorizationRequest
}

/** Of what is issued, the ID token is signed once all is committed: RSA would hold up every other writer. */
export interface IssuedToBrowser {
  readonly idToken: Readonly<Record<string, unknown>>
  readonly tokens: IssuedTokens | undefined
}

/**
 * Issues what the implicit flow hands over by way of the browser: an ID token and, where it is asked for, an access
 * token, which ends with the session and the grant as any other. No refresh token: nobody authenticates to use it.
 * OpenID Connect Core 1.0 §3.2.2.5, RFC 6749 §4.2.2
 */
export async function issueToBrowser(ctx: WriteCtx, issuance: BrowserIssuance): Promise<IssuedToBrowser> {
  const { client, keys, user, session, request } = issuance
  const { scope, resources, nonce, dpopThumbprint: thumbprint } = request
  const authorization = authorizationOf(ctx, issuance)
  const recipient = { client, keys, thumbprint, user, authorization, scope, resources, nonce }
  const audience = audienceOf(client, { resources, scope }, ctx.config)
  const accessToken =
    request.responseType === 'id_token token'
      ? await issueAccessToken(ctx, { ...recipient, audience })
      : undefined
  const idToken = await claimsOfIdToken(ctx, recipient, accessToken?.text)
  await noteAuthorized(ctx, { client, session, request })
  await recordIssue(ctx, client, {
    grantType: 'implicit',
    userId: user.id,
    scope,
    accessTokenId: accessToken?.id ?? null,
  })
  if (!accessToken) return { idToken, tokens: undefined }
  const scheme = thumbprint === undefined ? 'Bearer' : 'DPoP'
  const { text, lifetimeSeconds } = accessToken
  return { idToken, tokens: { accessToken: text, scheme, lifetimeSeconds, scope } }
}

export const signForBrowser = async (
  { idToken, tokens }: IssuedToBrowser,
  keys: IssuingKeys,
): Promise<AuthorizationOutcome> => ({ idToken: await signJwtAside(keys.idToken, 'JWT', idToken), tokens })

function authorizationOf(ctx: WriteCtx, { session, grant, request }: BrowserIssuance): Authorization {
  return {
    userId: session.userId,
    grantId: grant.id,
    familyId: ctx.newId(),
    scopes: request.scope,
    resources: request.resources,
    claims: claimsToKeep(request),
    sessionId: session.id,
    authTime: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
  }
}
