import { invalidClient } from './errors.ts'
import { JwtError } from './jwt-error.ts'
import type { VerificationKeys } from './verification-keys.ts'
import { CLOCK_TOLERANCE, verifyJwt } from './verify-jwt.ts'

export interface AssertionExpectation {
  readonly clientId: string
  /** The issuer, and the URLs of the token endpoint and of the one that is asked. RFC 7523 §3, RFC 9126 §2 */
  readonly audiences: readonly string[]
  /** Only one of them, as a text by itself. FAPI 2.0 Security Profile §5.3.2.1 */
  readonly isForOneOnly?: boolean
  readonly keys: VerificationKeys
  /** As registered, or all of the method's kind: those of `client_secret_jwt` and `private_key_jwt` never mix. */
  readonly algorithms: readonly string[]
  readonly now: Date
}

/** To remember until then: the same assertion does not authenticate twice. RFC 7523 §3 */
export interface AssertionUse {
  readonly replayKey: string
  readonly expiresAt: Date
}

/** An assertion is made for the moment. One for longer would have to be remembered for longer. */
const MAX_LIFETIME_SECONDS = 3_600
const MAX_JTI_LENGTH = 512

/**
 * Checks the assertion by which a client authenticates: signed by it (`iss` and `sub`), for this server and no
 * other (`aud`), for a bounded time (`exp`), used once (`jti`: the caller remembers). Throws invalid_client; see
 * isMissingKey. RFC 7523 §3, OpenID Connect Core 1.0 §9
 */
export async function verifyClientAssertion(
  assertion: string,
  { clientId, audiences, isForOneOnly = false, keys, algorithms, now }: AssertionExpectation,
): Promise<AssertionUse> {
  const { iss, sub, aud, exp, jti } = await readClaims()
  if (iss !== clientId || sub !== clientId) throw invalidClient('assertion: of another issuer or subject')
  // One that is also meant for somebody else could have come from there.
  const meantFor: readonly unknown[] = Array.isArray(aud) && !isForOneOnly ? aud : [aud]
  const isForUs = meantFor.length > 0 && meantFor.every((name) => audiences.some((own) => own === name))
  if (!isForUs) throw invalidClient('assertion: for another audience')
  if (typeof exp !== 'number') throw invalidClient('assertion: without expiry')
  if (exp > now.getTime() / 1_000 + MAX_LIFETIME_SECONDS) throw invalidClient('assertion: lives too long')
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalidClient('assertion: without a usable jti')
  }
  return { replayKey: `${clientId} ${jti}`, expiresAt: new Date((exp + CLOCK_TOLERANCE) * 1_000) }

  async function readClaims() {
    try {
      const types = [undefined, 'jwt', 'client-authentication+jwt']
      return (await verifyJwt(assertion, { keys, algorithms, types, now })).claims
    } catch (cause) {
      if (!(cause instanceof JwtError)) throw cause
      throw invalidClient(`assertion: ${cause.message}`, { cause })
    }
  }
}
