import { insertRow, type Row, type WriteCtx } from '../db/index.ts'
import {
  addSeconds,
  createToken,
  hex,
  secondsUntil,
  sha256,
  tokenDigest,
  UUID_PATTERN,
} from '../kernel/index.ts'
import {
  type Authentication,
  accessTokenClaims,
  invalidTarget,
  JwtError,
  parseJwtHeader,
  peekClaims,
  signJwt,
  signJwtAside,
} from '../protocol/oauth/index.ts'
import { isOffline, type Recipient } from './authorization.ts'
import { accessTokenSeconds } from './lifetimes.ts'
import { sidOf, subjectOf } from './subject.ts'

/** What of a person's authorization an access token says or ends with. */
export type TokenAuthorization = Pick<
  Row<'accessToken'>,
  'grantId' | 'familyId' | 'sessionId' | 'claims' | 'authTime' | 'acr' | 'amr'
> & { readonly userId: string; readonly scopes: readonly string[] }

/** What travels in a header that servers and proxies take. */
export const MAX_ACCESS_TOKEN_LENGTH = 8_192

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

/** What a token is made of beside what it says. */
type Making = Pick<WriteCtx, 'now' | 'config' | 'random'>

/**
 * Issues an access token: a signed JWT (RFC 9068) or an opaque one, as the client is set up. Either has its row, by
 * which this server judges it, so that it ends when the row does, whatever the JWT says. Throws invalid_target for
 * more audiences than fit into one.
 */
export async function issueAccessToken(ctx: WriteCtx, input: NewAccessToken): Promise<IssuedAccessToken> {
  const token = describeToken(ctx, input)
  const { accessToken: key } = input.keys
  const text = key && signJwt(key, 'at+jwt', claimsOf(ctx, input, token))
  return storeAccessToken(ctx, { ...token, input, ...(text === undefined ? opaque(ctx) : usable(text)) })
}

/** The same for what is known before the transaction, whose writer then does not wait for the signature. */
export async function makeAccessToken(making: Making, input: NewAccessToken): Promise<MadeAccessToken> {
  const token = describeToken(making, input)
  const { accessToken: key } = input.keys
  const text = key && (await signJwtAside(key, 'at+jwt', claimsOf(making, input, token)))
  return { ...token, input, ...(text === undefined ? opaque(making) : usable(text)) }
}

function usable(text: string): { readonly text: string } {
  if (text.length > MAX_ACCESS_TOKEN_LENGTH) {
    throw invalidTarget('The token would be too long: ask for fewer resources or a smaller scope.')
  }
  return { text }
}

function opaque({ random }: Making): { readonly id: string; readonly text: string } {
  const text = createToken('accessToken', random)
  return { id: hex(sha256(text)), text }
}

/**
 * The id of the token that a text is, if it is one: undefined for what cannot be any. What a JWT says of itself only
 * tells where to look: compare the row's digest, which is of the whole text. An index of digests instead would have
 * each token written to a page of its own, a third of what a commit writes.
 */
export function accessTokenId(text: string): string | undefined {
  const digest = tokenDigest('accessToken', text)
  if (digest) return hex(digest)
  try {
    const { jti } = peekClaims(text)
    return typeof jti === 'string' && UUID_PATTERN.test(jti) ? jti : undefined
  } catch (error) {
    if (error instanceof JwtError) return undefined
    throw error
  }
}

/** The id of the key that a JWT says it was signed with; undefined for what is none. */
export function accessTokenKeyId(text: string): string | undefined {
  try {
    return parseJwtHeader(text).kid
  } catch (error) {
    if (error instanceof JwtError) return undefined
    throw error
  }
}

interface TokenDescription {
  readonly id: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lifetimeSeconds: number
}

export interface MadeAccessToken extends TokenDescription, IssuedAccessToken {
  readonly input: NewAccessToken
}

export async function storeAccessToken(
  ctx: WriteCtx,
  { id, text, createdAt, expiresAt, lifetimeSeconds, input }: MadeAccessToken,
): Promise<IssuedAccessToken> {
  const { client, scope, audience, thumbprint, authorization } = input
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
    createdAt,
    expiresAt,
  })
  return { id, text, lifetimeSeconds }
}

function describeToken(
  { now, config, random }: Making,
  { client, notAfter }: NewAccessToken,
): TokenDescription {
  const usualSeconds = accessTokenSeconds(client, config)
  const lifetimeSeconds = notAfter ? Math.min(usualSeconds, secondsUntil(now, notAfter)) : usualSeconds
  return {
    id: random.uuid(now),
    createdAt: now,
    expiresAt: addSeconds(now, lifetimeSeconds),
    lifetimeSeconds,
  }
}

const claimsOf = (
  { config }: Making,
  { client, keys, scope, audience, thumbprint, authorization }: NewAccessToken,
  { id, createdAt, expiresAt }: TokenDescription,
) =>
  accessTokenClaims({
    tokenId: id,
    issuer: config.oidc.issuer,
    subject: authorization ? subjectOf(client, authorization.userId, keys) : client.id,
    clientId: client.id,
    audience,
    scope,
    issuedAt: createdAt,
    expiresAt,
    grantId: authorization?.grantId ?? undefined,
    sessionId: authorization?.sessionId ? sidOf(client, authorization.sessionId, keys) : undefined,
    authentication: authorization && authenticationOf(authorization),
    thumbprint,
  })

const authenticationOf = ({ authTime, acr, amr }: TokenAuthorization): Authentication | undefined =>
  authTime && acr !== null && amr ? { authenticatedAt: authTime, acr, amr } : undefined
