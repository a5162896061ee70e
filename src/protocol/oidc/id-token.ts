import { createHash } from 'node:crypto'
import { base64url } from '../../kernel/index.ts'
import {
  type Authentication,
  epochSeconds,
  invalidRequest,
  JwtError,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type VerificationKeys,
  verifyJwt,
} from '../oauth/index.ts'

export interface IdToken {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly authentication: Authentication
  readonly nonce: string | undefined
  readonly sessionId: string | undefined
  /** The one issued beside it, whose hash ties both together. */
  readonly accessToken: string | undefined
  /** That the token will be signed by: the hash follows it. */
  readonly algorithm: SigningAlgorithm
}

/** Claims to be signed with type `JWT`; those about the person never take another's place. OpenID Connect Core 1.0 §2 */
export function idTokenClaims(
  token: IdToken,
  person: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { authentication, accessToken, algorithm } = token
  return {
    ...person,
    iss: token.issuer,
    sub: token.subject,
    aud: token.clientId,
    azp: token.clientId,
    iat: epochSeconds(token.issuedAt),
    exp: epochSeconds(token.expiresAt),
    auth_time: epochSeconds(authentication.authenticatedAt),
    acr: authentication.acr,
    amr: authentication.amr,
    nonce: token.nonce,
    sid: token.sessionId,
    at_hash: accessToken === undefined ? undefined : tokenHash(accessToken, algorithm),
  }
}

const HASHES = { ES256: 'sha256', RS256: 'sha256', EdDSA: 'sha512' } as const

/** The left half of the hash that the algorithm signs; Ed25519 has SHA-512 inside. Core §3.1.3.6, RFC 8032 §5.1 */
export function tokenHash(token: string, algorithm: SigningAlgorithm): string {
  const digest = createHash(HASHES[algorithm]).update(token, 'ascii').digest()
  return base64url(digest.subarray(0, digest.length / 2))
}

/** Whom an ID token was about, when it comes back. */
export interface IdTokenHint {
  readonly subject: string
  readonly clientId: string
  readonly sessionId: string | undefined
}

/**
 * Reads an ID token of this server that a client sends back: it says who somebody was, so it may have expired. It
 * proves nothing about who sends it. Throws invalid_request. Core §3.1.2.1, RP-Initiated Logout 1.0 §2
 */
export async function verifyIdTokenHint(
  jwt: string,
  { keys, issuer, now }: { readonly keys: VerificationKeys; readonly issuer: string; readonly now: Date },
): Promise<IdTokenHint> {
  const { iss, sub, aud, sid } = await readClaims()
  if (iss !== issuer || typeof sub !== 'string' || typeof aud !== 'string') {
    throw invalidRequest('The ID token hint is not an ID token of this server.')
  }
  return { subject: sub, clientId: aud, sessionId: typeof sid === 'string' ? sid : undefined }

  async function readClaims() {
    const expectation = { keys, algorithms: SIGNING_ALGORITHMS, types: ['jwt'], now, acceptsExpired: true }
    try {
      return (await verifyJwt(jwt, expectation)).claims
    } catch (cause) {
      if (!(cause instanceof JwtError)) throw cause
      throw invalidRequest(`The ID token hint is not valid. ${cause.message}`, { cause })
    }
  }
}
