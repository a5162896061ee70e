import { eq } from 'drizzle-orm'
import { insertRow, placeholder, type ReadCtx, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, sha256, tokenDigest } from '../kernel/index.ts'
import { type Authorization, isOffline, type Recipient } from './authorization.ts'
import { isPublic } from './endpoint.ts'

/** Of a token that takes another's place: it ends when that one would have, and is bound to the same key. */
export interface Succession extends Pick<Row<'refreshToken'>, 'expiresAt' | 'dpopJkt'> {
  readonly text: string
}

/**
 * Issues a refresh token. A public client's is bound to the key of its DPoP proof, if it sent one: nothing else tells
 * the client from whoever stole the token. RFC 9449 §5
 */
export async function issueRefreshToken(
  ctx: WriteCtx,
  { client, thumbprint }: Pick<Recipient, 'client' | 'thumbprint'>,
  authorization: Authorization & { readonly succession?: Succession },
): Promise<string> {
  const { succession, userId, grantId, familyId, scopes, resources, claims } = authorization
  const { sessionId, authTime, acr, amr } = authorization
  const text = succession?.text ?? createToken('refresh', ctx.random)
  const lifetimeSeconds = client.refreshTokenSeconds ?? ctx.config.oidc.refreshTokenSeconds
  await insertRow(ctx.tx, ctx.tx.t.refreshToken, {
    digest: sha256(text),
    familyId,
    clientId: client.id,
    userId,
    grantId,
    scopes,
    resources,
    claims,
    dpopJkt: succession ? succession.dpopJkt : isPublic(client) ? (thumbprint ?? null) : null,
    isOffline: isOffline(authorization),
    sessionId,
    authTime,
    acr,
    amr,
    createdAt: ctx.now,
    expiresAt: succession?.expiresAt ?? addSeconds(ctx.now, lifetimeSeconds),
    rotatedAt: null,
    successor: null,
  })
  return text
}

/** The row of a refresh token, be it expired or used up; undefined for a text that is none. */
export async function findRefreshToken(
  ctx: Pick<ReadCtx, 'reader'>,
  text: string,
): Promise<Row<'refreshToken'> | undefined> {
  const digest = tokenDigest('refresh', text)
  return digest && findRefreshTokenAgain(ctx, { digest })
}

/** The row as it is now; undefined where it has ended meanwhile. */
export async function findRefreshTokenAgain(
  { reader }: Pick<ReadCtx, 'reader'>,
  { digest }: Pick<Row<'refreshToken'>, 'digest'>,
): Promise<Row<'refreshToken'> | undefined> {
  const [row] = await reader
    .prepared('oidc.refresh_token', ({ select, t: { refreshToken } }) =>
      select()
        .from(refreshToken)
        .where(eq(refreshToken.digest, placeholder('digest'))),
    )
    .execute({ digest })
  return row
}
