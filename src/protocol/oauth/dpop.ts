import { decodeProtectedHeader } from 'jose'
import { base64url, sha256 } from '../../kernel/index.ts'
import { dpopNonceRequired, invalidDpopProof } from './errors.ts'
import { JwtError } from './jwt-error.ts'
import { jwkThumbprint, type PublicJwk, parsePublicJwk } from './thumbprint.ts'
import { verifyJwt } from './verify-jwt.ts'

/** Of the requests that a proof comes with. */
export interface DpopExpectation {
  readonly method: string
  readonly url: string
  readonly algorithms: readonly string[]
  readonly now: Date
  /** Where given, the proof has to carry one of them. RFC 9449 §8 */
  readonly nonces?: readonly string[]
  /** At a protected resource. RFC 9449 §7 */
  readonly accessToken?: { readonly value: string; readonly thumbprint: string }
}

export interface DpopProof {
  /** Of the key: what tokens are bound to, as `jkt`. RFC 9449 §6.1 */
  readonly thumbprint: string
  readonly algorithm: string
  /** To remember until then: the same proof does not count twice. RFC 9449 §11.1 */
  readonly replayKey: string
  readonly expiresAt: Date
}

/** How old a proof may be, and how far from the future: clocks differ. RFC 9449 §11.1 */
const WINDOW_SECONDS = 60
const MAX_JTI_LENGTH = 512

/**
 * Checks a DPoP proof by the twelve rules of RFC 9449 §4.3. Throws invalid_dpop_proof, or use_dpop_nonce, with
 * which the server sends a nonce along.
 */
export async function verifyDpopProof(header: string, expectation: DpopExpectation): Promise<DpopProof> {
  // Two headers of one name arrive joined by a comma, which no JWT has.
  if (header.includes(',')) throw invalidDpopProof('There must be one DPoP proof.')
  const jwk = publicKeyOf(header)
  const {
    header: { alg },
    claims,
  } = await readProof(header, jwk, expectation)
  const { htm, htu, iat, jti, ath, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalidDpopProof('The DPoP proof has no usable jti.')
  }
  if (htm !== expectation.method) throw invalidDpopProof('The DPoP proof is for another method.')
  if (typeof htu !== 'string' || comparableUrl(htu) !== comparableUrl(expectation.url)) {
    throw invalidDpopProof('The DPoP proof is for another URL.')
  }
  if (typeof iat !== 'number') throw invalidDpopProof('The DPoP proof has no time.')
  if (Math.abs(expectation.now.getTime() / 1_000 - iat) > WINDOW_SECONDS) {
    throw invalidDpopProof('The DPoP proof is too old, or from the future.')
  }
  if (expectation.nonces && !expectation.nonces.some((known) => known === nonce)) {
    throw dpopNonceRequired('The DPoP proof needs the nonce of the DPoP-Nonce header.')
  }
  const thumbprint = jwkThumbprint(jwk)
  if (expectation.accessToken) checkBinding(expectation.accessToken, ath, thumbprint)
  return {
    thumbprint,
    algorithm: alg,
    replayKey: `${thumbprint} ${base64url(sha256(jti))}`,
    expiresAt: new Date((iat + WINDOW_SECONDS) * 1_000),
  }
}

/** BASE64URL(SHA-256(access token)). RFC 9449 §4.2 */
export const accessTokenHash = (accessToken: string): string => base64url(sha256(accessToken))

function publicKeyOf(proof: string): PublicJwk {
  try {
    const jwk = parsePublicJwk(decodeProtectedHeader(proof).jwk)
    if (jwk) return jwk
  } catch (cause) {
    throw invalidDpopProof('The DPoP proof is not a signed JWT.', { cause })
  }
  throw invalidDpopProof('The DPoP proof has no public key.')
}

async function readProof(proof: string, jwk: PublicJwk, { algorithms, now }: DpopExpectation) {
  try {
    return await verifyJwt(proof, { keys: { key: jwk }, algorithms, types: ['dpop+jwt'], now })
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause
    throw invalidDpopProof(`The DPoP proof is not valid. ${cause.message}`, { cause })
  }
}

function checkBinding(
  { value, thumbprint }: { readonly value: string; readonly thumbprint: string },
  ath: unknown,
  provenThumbprint: string,
): void {
  if (ath !== accessTokenHash(value)) throw invalidDpopProof('The DPoP proof is for another access token.')
  if (thumbprint !== provenThumbprint) {
    throw invalidDpopProof('The access token is bound to another key than that of the DPoP proof.')
  }
}

/** Without query and fragment, in the normal form of RFC 3986 §6.2.2 and §6.2.3. RFC 9449 §4.3 */
function comparableUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  return `${url.protocol}//${url.host}${url.pathname}`
}
