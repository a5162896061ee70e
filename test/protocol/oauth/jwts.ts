import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'
import {
  jwkThumbprint,
  parsePublicJwk,
  type SigningAlgorithm,
  type SigningKey,
} from '../../../src/protocol/oauth/index.ts'

export const NOW = new Date('2030-01-01T00:00:00.000Z')
export const SECONDS = NOW.getTime() / 1_000

export interface TestKey extends SigningKey {
  readonly publicKey: KeyObject
  readonly jwk: JWK & { kty: 'EC' | 'OKP' | 'RSA' }
}

/** A key pair, whose id is its thumbprint. */
export function createKey(algorithm: SigningAlgorithm = 'ES256'): TestKey {
  const { privateKey, publicKey } = createPair(algorithm)
  const jwk = parsePublicJwk(publicKey.export({ format: 'jwk' }))
  if (!jwk) throw new Error('Node exports a key that is not a public JWK.')
  const keyId = jwkThumbprint(jwk)
  return { keyId, algorithm, privateKey, publicKey, jwk: { ...jwk, kid: keyId, alg: algorithm, use: 'sig' } }
}

function createPair(algorithm: SigningAlgorithm) {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('ed25519')
}

/** A JWT as somebody else makes it. */
export const jwtBy = (
  key: KeyObject | Uint8Array,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key)

/** One that nobody signed. */
export const unsigned = (header: object, claims: object): string =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
