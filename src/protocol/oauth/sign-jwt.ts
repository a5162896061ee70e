import { constants, type KeyObject, type SigningOptions, type SignKeyObjectInput, sign } from 'node:crypto'
import { base64url, endOfTurn, isPoolOccupied, utf8 } from '../../kernel/index.ts'

/** What this server signs with. RFC 7518 §3.3, §3.4, RFC 8037 §3.1 */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

const SIGNERS: Readonly<Record<SigningAlgorithm, { digest: string | null; options: SigningOptions }>> = {
  ES256: { digest: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  RS256: { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  EdDSA: { digest: null, options: {} },
}

export interface SigningKey {
  readonly keyId: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
}

/**
 * A JWT in JWS compact serialization; claims that are undefined are left out. Every kind of token has a type of
 * its own, so that none is taken for another (RFC 8725 §3.11). By node:crypto rather than jose: it is a third of
 * the time, and is done at once, so that it can be part of a transaction. RFC 7515 §5.1, RFC 7519 §7.1
 */
export function signJwt(key: SigningKey, type: JwtType, claims: Readonly<Record<string, unknown>>): string {
  const input = signingInput(key, type, claims)
  const { digest, options } = SIGNERS[key.algorithm]
  return `${input}.${base64url(sign(digest, utf8(input), { key: key.privateKey, ...options }))}`
}

/**
 * The same beside the event loop, for what is no part of a transaction: of ES256 it is spared two thirds, of RSA all
 * but a hundredth. All of one turn of the event loop go there together: to wake a thread takes half as long as to sign.
 * At once where that would be behind passwords that are hashed, which take longer than any signature.
 */
export async function signJwtAside(
  key: SigningKey,
  type: JwtType,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  await endOfTurn()
  if (isPoolOccupied()) return signJwt(key, type, claims)
  const input = signingInput(key, type, claims)
  const { digest, options } = SIGNERS[key.algorithm]
  return `${input}.${base64url(await signInPool(digest, utf8(input), { key: key.privateKey, ...options }))}`
}

/** ID tokens and signed userinfo; access tokens (RFC 9068 §2.1); logout tokens (Back-Channel Logout 1.0 §2.4). */
export type JwtType = 'JWT' | 'at+jwt' | 'logout+jwt'

const signInPool = (digest: string | null, input: Uint8Array, key: SignKeyObjectInput): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    sign(digest, input, key, (error, signature) => (error ? reject(error) : resolve(signature)))
  })

const signingInput = (
  { algorithm, keyId }: SigningKey,
  type: JwtType,
  claims: Readonly<Record<string, unknown>>,
): string => `${encodePart({ alg: algorithm, typ: type, kid: keyId })}.${encodePart(claims)}`

const encodePart = (value: object): string => base64url(utf8(JSON.stringify(value)))

/** NumericDate. RFC 7519 §2 */
export const epochSeconds = (instant: Date): number => Math.floor(instant.getTime() / 1_000)
