import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { jwkThumbprint, parsePublicJwk, type SigningAlgorithm } from '../protocol/oauth/index.ts'

/** A key that nobody else has yet. */
export interface GeneratedKey {
  readonly id: string
  readonly algorithm: SigningAlgorithm
  /** With its name and use, as it is published. */
  readonly publicJwk: Readonly<Record<string, string>>
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
}

/** Named by its thumbprint (RFC 7638). RSA takes a tenth of a second or several: not for inside of a transaction. */
export async function generateSigningKey(algorithm: SigningAlgorithm): Promise<GeneratedKey> {
  const key = await GENERATORS[algorithm]()
  const members = createPublicKey(key).export({ format: 'jwk' }) as Record<string, string>
  const jwk = parsePublicJwk(members)
  if (!jwk) throw new Error(`No public key came out of generating one for ${algorithm}`)
  const id = jwkThumbprint(jwk)
  return {
    id,
    algorithm,
    publicJwk: { ...members, kid: id, alg: algorithm, use: 'sig' },
    privateKey: key.export({ format: 'der', type: 'pkcs8' }),
  }
}

const generate = promisify(generateKeyPair)

/**
 * RSA of 2048 bits is what every relying party takes, and signs three times as fast as what lasts beyond 2030
 * (NIST SP 800-57 §5.6.3), which a key that is replaced each quarter need not.
 */
const GENERATORS: Readonly<Record<SigningAlgorithm, () => Promise<KeyObject>>> = {
  RS256: async () => (await generate('rsa', { modulusLength: 2048 })).privateKey,
  ES256: async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey,
  EdDSA: async () => (await generate('ed25519')).privateKey,
}
