import { invalidToken } from './errors.ts'
import { JwtError } from './jwt-error.ts'
import { scopeMember } from './scope.ts'
import { epochSeconds, SIGNING_ALGORITHMS } from './sign-jwt.ts'
import type { VerificationKeys } from './verification-keys.ts'
import { verifyJwt } from './verify-jwt.ts'

/** What a signed access token says. RFC 9068 §2.2 */
export interface AccessToken {
  readonly tokenId: string
  readonly issuer: string
  /** The client itself where no person is behind it. */
  readonly subject: string
  readonly clientId: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** What the token was issued under, and ends with. */
  readonly grantId?: string | undefined
  readonly sessionId?: string | undefined
  /** RFC 9068 §2.2.1 */
  readonly authentication?: Authentication | undefined
  /** Of the key that it is bound to. RFC 9449 §6.1 */
  readonly thumbprint?: string | undefined
}

/** How a person proved who they are. OpenID Connect Core 1.0 §2 */
export interface Authentication {
  readonly authenticatedAt: Date
  readonly acr: string
  readonly amr: readonly string[]
}

/** Claims to be signed with type `at+jwt`; `additional` ones never take another's place. RFC 9068 §2.2 */
export function accessTokenClaims(
  token: AccessToken,
  additional: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { audience, authentication } = token
  return {
    ...additional,
    iss: token.issuer,
    sub: token.subject,
    aud: audience.length === 1 ? audience[0] : audience,
    client_id: token.clientId,
    jti: token.tokenId,
    iat: epochSeconds(token.issuedAt),
    exp: epochSeconds(token.expiresAt),
    ...scopeMember(token.scope),
    grant_id: token.grantId,
    sid: token.sessionId,
    auth_time: authentication && epochSeconds(authentication.authenticatedAt),
    acr: authentication?.acr,
    amr: authentication?.amr,
    cnf: token.thumbprint === undefined ? undefined : { jkt: token.thumbprint },
  }
}

/**
 * What a signed access token of this server says, without asking storage whether it was revoked. Throws
 * invalid_token unless it is one (no ID token is), by our keys, for this audience, and in time. RFC 9068 §4
 */
export async function verifyAccessToken(
  jwt: string,
  expected: {
    readonly keys: VerificationKeys
    readonly issuer: string
    readonly audience: string
    readonly now: Date
  },
): Promise<AccessToken> {
  const token = readToken(await readClaims(jwt, expected.keys, expected.now))
  if (token === undefined) throw invalidToken('claims are missing')
  if (token.issuer !== expected.issuer) throw invalidToken('of another issuer')
  if (!token.audience.includes(expected.audience)) throw invalidToken('for another audience')
  return token
}

type Claims = Readonly<Record<string, unknown>>

async function readClaims(jwt: string, keys: VerificationKeys, now: Date): Promise<Claims> {
  try {
    return (await verifyJwt(jwt, { keys, algorithms: SIGNING_ALGORITHMS, types: ['at+jwt'], now })).claims
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause
    throw invalidToken(cause.message, cause)
  }
}

function readToken(claims: Claims): AccessToken | undefined {
  const { iss, sub, client_id, jti, iat, exp, scope } = claims
  const audience = Array.isArray(claims.aud) ? claims.aud.filter(isText) : [claims.aud].filter(isText)
  const areTexts = [iss, sub, client_id, jti].every(isText)
  if (!areTexts || typeof iat !== 'number' || typeof exp !== 'number') return undefined
  return {
    tokenId: String(jti),
    issuer: String(iss),
    subject: String(sub),
    clientId: String(client_id),
    audience,
    scope: isText(scope) ? scope.split(' ').filter((token) => token !== '') : [],
    issuedAt: new Date(iat * 1_000),
    expiresAt: new Date(exp * 1_000),
    grantId: textOf(claims.grant_id),
    sessionId: textOf(claims.sid),
    authentication: readAuthentication(claims),
    thumbprint: readThumbprint(claims.cnf),
  }
}

function readAuthentication({ auth_time, acr, amr }: Claims): Authentication | undefined {
  if (typeof auth_time !== 'number' || !isText(acr) || !Array.isArray(amr)) return undefined
  return { authenticatedAt: new Date(auth_time * 1_000), acr, amr: amr.filter(isText) }
}

/** A token bound in a way that is not understood must not pass for one that is free. RFC 7800 §3.1 */
function readThumbprint(confirmation: unknown): string | undefined {
  if (confirmation === undefined) return undefined
  if (typeof confirmation === 'object' && confirmation !== null && 'jkt' in confirmation) {
    if (isText(confirmation.jkt)) return confirmation.jkt
  }
  throw invalidToken('bound in an unknown way')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const textOf = (value: unknown): string | undefined => (isText(value) ? value : undefined)
