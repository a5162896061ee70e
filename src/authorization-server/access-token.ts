import { insertRow, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, secondsUntil, sha256 } from '../kernel/index.ts'
import { type Authentication, accessTokenClaims, signJwt } from '../protocol/oauth/index.ts'
import { isOffline, type Recipient } from './authorization.ts'
import { subjectOf } from './subject.ts'

/** What of a person's authorization an access token says or ends with. */
export type TokenAuthorization = Pick<
  Row<'accessToken'>,
  'grantId' | 'familyId' | 'sessionId' | 'claims' | 'authTime' | 'acr' | 'amr'
> & { readonly userId: string; readonly scopes: readonly string[] }

export interface NewAccessToken extends Recipient {
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Undefined: the client's own. */
  readonly authorization: TokenAuthorization | undefined
  /** Of a token that it is exchanged for: it lives no longer. */
  readonly notAfter?: Date
}

export interface IssuedAccessToken {
  readonly id: string
  readonly text: string
  readonly lifetimeSeconds: number
}

/**
 * Issues an access token: a signed JWT (RFC 9068) or an opaque one, as the client is set up. Either has its row, by
 * which this server judges it, so that it ends when the row does, whatever the JWT says.
 */
export async function issueAccessToken(ctx: WriteCtx, input: NewAccessToken): Promise<IssuedAccessToken> {
  const { client, scope, audience, thumbprint, authorization, notAfter } = input
  const id = ctx.newId()
  const usualSeconds = client.accessTokenSeconds ?? ctx.config.oidc.accessTokenSeconds
  const lifetimeSeconds = notAfter ? Math.min(usualSeconds, secondsUntil(ctx.now, notAfter)) : usualSeconds
  const expiresAt = addSeconds(ctx.now, lifetimeSeconds)
  const text = encode(ctx, input, { id, expiresAt })
  await insertRow(ctx.tx, ctx.tx.t.accessToken, {
    id,
    digest: sha256(text),
    familyId: authorization?.familyId ?? null,
    clientId: client.id,
    userId: authorization?.userId ?? null,
    grantId: authorization?.grantId ?? null,
    sessionId: authorization && !isOffline(authorization) ? authorization.sessionId : null,
    scopes: scope,
    audience,
    dpopJkt: thumbprint ?? null,
    claims: authorization?.claims ?? null,
    authTime: authorization?.authTime ?? null,
    acr: authorization?.acr ?? null,
    amr: authorization?.amr ?? null,
    createdAt: ctx.now,
    expiresAt,
  })
  return { id, text, lifetimeSeconds }
}

function encode(
  ctx: WriteCtx,
  { client, keys, scope, audience, thumbprint, authorization }: NewAccessToken,
  { id, expiresAt }: { readonly id: string; readonly expiresAt: Date },
): string {
  if (!keys.accessToken) return createToken('accessToken', ctx.random)
  const claims = accessTokenClaims({
    tokenId: id,
    issuer: ctx.config.oidc.issuer,
    subject: authorization ? subjectOf(client, authorization.userId, keys) : client.id,
    clientId: client.id,
    audience,
    scope,
    issuedAt: ctx.now,
    expiresAt,
    grantId: authorization?.grantId ?? undefined,
    sessionId: authorization?.sessionId ?? undefined,
    authentication: authorization && authenticationOf(authorization),
    thumbprint,
  })
  return signJwt(keys.accessToken, 'at+jwt', claims)
}

const authenticationOf = ({ authTime, acr, amr }: TokenAuthorization): Authentication | undefined =>
  authTime && acr !== null && amr ? { authenticatedAt: authTime, acr, amr } : undefined
