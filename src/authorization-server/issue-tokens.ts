import { record } from '../audit/index.ts'
import type { StoredClient } from '../clients/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { addSeconds } from '../kernel/index.ts'
import type { GrantType, IssuedTokens } from '../protocol/oauth/index.ts'
import { idTokenClaims, personClaims } from '../protocol/oidc/index.ts'
import {
  issueAccessToken,
  type MadeAccessToken,
  makeAccessToken,
  type NewAccessToken,
  storeAccessToken,
} from './access-token.ts'
import { audienceOf } from './audience.ts'
import type { Authorization, Recipient } from './authorization.ts'
import { mayRefresh } from './lifetimes.ts'
import { findPerson } from './person.ts'
import { issueRefreshToken } from './refresh-token.ts'
import { sidOf, subjectOf } from './subject.ts'

export interface Issuance extends Recipient {
  readonly user: Row<'user'>
  readonly authorization: Authorization
  /** Of the access token: what was allowed, or less. */
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  /** Of the authorization request. A refreshed ID token has none. OpenID Connect Core 1.0 §12.2 */
  readonly nonce?: string | undefined
  /** Of a refresh: the successor of the one that was used. */
  readonly refreshToken?: string
  /** Undefined: it is made in the transaction. */
  readonly accessToken?: MadeAccessToken
}

/** Makes the access token before the transaction, and before it is known who the user is now: it does not say. */
export async function prepareIssuance(
  ctx: ReadCtx,
  issuance: Omit<Issuance, 'user' | 'accessToken'>,
): Promise<Omit<Issuance, 'user'>> {
  return { ...issuance, accessToken: await makeAccessToken(ctx, accessTokenOf(ctx, issuance)) }
}

const accessTokenOf = (
  { config }: ReadCtx,
  issuance: Omit<Issuance, 'user' | 'accessToken'>,
): NewAccessToken => ({
  ...issuance,
  audience: audienceOf(issuance.client, issuance, config),
})

export interface Issued {
  readonly tokens: IssuedTokens
  /** Claims of the ID token, which is signed once all is committed: RSA would hold up every other writer. */
  readonly idToken?: Readonly<Record<string, unknown>> | undefined
  readonly accessTokenId: string
  /** Undefined: the client's own. */
  readonly userId?: string
}

/**
 * The tokens that come of a person's authorization: an access token; with `openid` an ID token; a refresh token for
 * a client that may refresh.
 */
export async function issueTokens(ctx: WriteCtx, issuance: Issuance): Promise<Issued> {
  const { client, authorization, scope, thumbprint, accessToken: made } = issuance
  const accessToken = made
    ? await storeAccessToken(ctx, made)
    : await issueAccessToken(ctx, accessTokenOf(ctx, issuance))
  const idToken = scope.includes('openid')
    ? await claimsOfIdToken(ctx, issuance, accessToken.text)
    : undefined
  const refreshToken =
    issuance.refreshToken ??
    (mayRefresh(client) ? await issueRefreshToken(ctx, issuance, authorization) : undefined)
  return {
    userId: issuance.user.id,
    accessTokenId: accessToken.id,
    idToken,
    tokens: {
      accessToken: accessToken.text,
      scheme: thumbprint === undefined ? 'Bearer' : 'DPoP',
      lifetimeSeconds: accessToken.lifetimeSeconds,
      scope,
      refreshToken,
    },
  }
}

/** What was asked for by scope is told in it, too, not by userinfo only: many applications look nowhere else. */
export async function claimsOfIdToken(
  ctx: WriteCtx,
  { client, keys, user, authorization, scope, nonce }: Issuance,
  accessToken: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const { grantId, authTime, acr, amr, sessionId, claims } = authorization
  const asked = { scope, requested: claims?.idToken ?? [] }
  const person = await findPerson(ctx, user, { client, grantId, ...asked })
  const lifetimeSeconds = client.idTokenSeconds ?? ctx.config.oidc.idTokenSeconds
  const idToken = {
    issuer: ctx.config.oidc.issuer,
    subject: subjectOf(client, user.id, keys),
    clientId: client.id,
    issuedAt: ctx.now,
    expiresAt: addSeconds(ctx.now, lifetimeSeconds),
    authentication: { authenticatedAt: authTime, acr, amr },
    nonce,
    sessionId: sessionId === null ? undefined : sidOf(client, sessionId, keys),
    accessToken,
    algorithm: keys.idToken.algorithm,
  }
  return idTokenClaims(idToken, personClaims(person, asked))
}

/** Notes what is issued, in the transaction that issues it. */
export async function recordIssue(
  ctx: WriteCtx,
  { id, organizationId }: StoredClient,
  issued: Pick<Issued, 'userId'> & {
    readonly grantType: GrantType | 'implicit'
    readonly scope: readonly string[]
    /** Null: an ID token alone. */
    readonly accessTokenId: string | null
  },
): Promise<void> {
  await record(ctx, {
    action: issued.grantType === 'refresh_token' ? 'oidc.refresh' : 'oidc.token',
    target: issued.userId === undefined ? { type: 'client', id } : { type: 'user', id: issued.userId },
    ...(organizationId === null ? {} : { organizationId }),
    details: {
      client_id: id,
      grant_type: issued.grantType,
      scope: issued.scope,
      token_id: issued.accessTokenId,
    },
  })
}
