import { createPublicKey, type webcrypto } from 'node:crypto'
import { base64url, sha256 } from '../../kernel/index.ts'

/** The members that a thumbprint is taken of, in lexicographic order. RFC 7638 §3.2, RFC 8037 §2 */
const REQUIRED = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
} as const

/** What only the holder of the key has. RFC 7518 §6.2.2, §6.3.2, §6.4, RFC 8037 §2 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** A public key, as somebody sent it. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kty: keyof typeof REQUIRED }

/** The SHA-256 thumbprint in base64url: the name of a key that follows from the key. RFC 7638 §3 */
export function jwkThumbprint(jwk: PublicJwk): string {
  const members = REQUIRED[jwk.kty].map((name) => [name, jwk[name]] as const)
  return base64url(sha256(JSON.stringify(Object.fromEntries(members))))
}

/**
 * The key when it is an EC, OKP or RSA one with all that it needs and nothing private; else undefined. A point that is
 * not on its curve is none: WebCrypto, which refuses it later, leaves its error to whoever calls that library next.
 */
export function parsePublicJwk(value: unknown): PublicJwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const jwk: Readonly<Record<string, unknown>> = { ...value }
  const { kty } = jwk
  if (kty !== 'EC' && kty !== 'OKP' && kty !== 'RSA') return undefined
  const isPublic = PRIVATE_MEMBERS.every((name) => !Object.hasOwn(jwk, name))
  const isWhole = REQUIRED[kty].every((name) => typeof jwk[name] === 'string' && jwk[name] !== '')
  return isPublic && isWhole && (kty !== 'EC' || isOnCurve(jwk)) ? { ...jwk, kty } : undefined
}

function isOnCurve(key: webcrypto.JsonWebKey): boolean {
  try {
    createPublicKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
