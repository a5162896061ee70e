import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose'
import { HMAC_ALGORITHMS } from './algorithms.ts'
import { JwtError } from './jwt-error.ts'
import { type PublicJwk, parsePublicJwk } from './thumbprint.ts'

/**
 * Keys as values, of which a JWT is checked by one kind: HMAC by `secrets` only, all else by `key` or `jwks`, so that
 * none is mistaken for another. A key set is prepared once, so the same one is to be given again, unchanged.
 */
export interface VerificationKeys {
  readonly jwks?: JSONWebKeySet
  /** The only one that counts, whatever the header calls it. */
  readonly key?: PublicJwk
  /** Several while one takes the other's place. */
  readonly secrets?: readonly Uint8Array[]
}

const MAX_KEYS = 100

/**
 * The public keys of a document that a client publishes, or undefined when it is no key set. A key of a kind that is
 * not known is passed over, as is one that should not be public. RFC 7517 §5
 */
export function parseJwks(document: unknown): JSONWebKeySet | undefined {
  const { keys }: { keys?: unknown } = { ...Object(document) }
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined
  return { keys: keys.map(parsePublicJwk).filter((key) => key !== undefined) }
}

/** The keys to try, mostly one. Throws a JwtError where none is known; see isMissingKey. */
export async function keysFor(
  { alg, kid }: { readonly alg: string; readonly kid?: string | undefined },
  { jwks, key, secrets }: VerificationKeys,
): Promise<Iterable<PublicJwk | CryptoKey | Uint8Array> | AsyncIterable<CryptoKey>> {
  if (HMAC_ALGORITHMS.some((algorithm) => algorithm === alg)) return secrets ?? []
  if (key) return [key]
  if (!jwks) throw new JwtError('No key is known.')
  try {
    return [await keySetOf(jwks)({ alg, ...(kid === undefined ? {} : { kid }) })]
  } catch (cause) {
    if (cause instanceof errors.JWKSMultipleMatchingKeys) return cause
    throw new JwtError('No known key fits it.', { cause })
  }
}

const keySets = new WeakMap<JSONWebKeySet, ReturnType<typeof createLocalJWKSet>>()

/** To import an RSA key takes longer than to check a signature by it. */
function keySetOf(jwks: JSONWebKeySet): ReturnType<typeof createLocalJWKSet> {
  const known = keySets.get(jwks) ?? createLocalJWKSet(jwks)
  keySets.set(jwks, known)
  return known
}
