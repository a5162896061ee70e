import type { StoredClient } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import { base64url, type Clock, hmacSha256, secondsUntil } from '../kernel/index.ts'
import { deriveKey } from '../keys/index.ts'
import type { Kv } from '../kv/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  dpopNonceRequired,
  FAPI_ALGORITHMS,
  invalidDpopProof,
  isFapiClient,
  JwtError,
  peekClaims,
  verifyDpopProof,
} from '../protocol/oauth/index.ts'

/** How long a nonce is the current one; the one before is taken, too. RFC 9449 §8.2 */
const NONCE_SECONDS = 300

export interface PresentedProof {
  /** The value of the `DPoP` header. */
  readonly proof: string
  readonly method: string
  readonly url: string
  /** At an endpoint that asks for nonces: a proof cannot be made long before it is used. RFC 9449 §8 */
  readonly needsNonce?: boolean
  /** At a protected resource. RFC 9449 §7 */
  readonly accessToken?: { readonly value: string; readonly thumbprint: string }
  /** Whose tokens are bound to the key. Asked only where that matters. */
  readonly findClient: () => Promise<StoredClient | undefined>
}

export interface DpopProofs {
  /** The thumbprint of the key that the proof proves, once. Throws invalid_dpop_proof and use_dpop_nonce. */
  verify(presented: PresentedProof): Promise<string>
  /** The one that the next proof is to carry. */
  nonce(): string
  /**
   * Looks at the nonce alone, before anything else of the request is judged or spent. Throws use_dpop_nonce; what is
   * wrong besides is for `verify` to say.
   */
  requireNonce(proof: string): void
}

/** Nonces are made of the time and a secret: every instance knows those of every other, and none is stored. */
export function createDpopProofs({
  config,
  clock,
  kv,
}: {
  readonly config: Config
  readonly clock: Clock
  readonly kv: Kv
}): DpopProofs {
  const keys = config.secretKeys.map((secret) => deriveKey(secret, 'authy2 dpop nonce'))
  const noncesOf = (period: number) => keys.map((key) => base64url(hmacSha256(key, String(period))))
  const accepted = () => [...noncesOf(period()), ...noncesOf(period() - 1)]
  const period = () => Math.floor(clock.now().getTime() / 1_000 / NONCE_SECONDS)

  return {
    async verify({ proof, method, url, needsNonce = false, accessToken, findClient }) {
      const now = clock.now()
      const { thumbprint, algorithm, replayKey, expiresAt } = await verifyDpopProof(proof, {
        method,
        url,
        algorithms: ASYMMETRIC_ALGORITHMS,
        now,
        ...(needsNonce ? { nonces: accepted() } : {}),
        ...(accessToken ? { accessToken } : {}),
      })
      // FAPI 2.0 Security Profile §5.4.1
      if (!FAPI_ALGORITHMS.includes(algorithm)) {
        const client = await findClient()
        if (client && isFapiClient(client.metadata)) {
          throw invalidDpopProof('The DPoP proof has to be signed with PS256, ES256 or EdDSA.')
        }
      }
      const ttlSeconds = Math.max(1, secondsUntil(now, expiresAt))
      const isFirstUse = await kv.setIfAbsent(`oidc:dpop:${replayKey}`, '', ttlSeconds)
      if (!isFirstUse) throw invalidDpopProof('The DPoP proof was used before.')
      return thumbprint
    },

    nonce() {
      const [nonce] = noncesOf(period())
      if (nonce === undefined) throw new Error('There is no SECRET_KEY to derive a key from')
      return nonce
    },

    requireNonce(proof) {
      const nonce = nonceOf(proof)
      if (nonce !== NOT_READABLE && !accepted().some((known) => known === nonce)) {
        throw dpopNonceRequired('The DPoP proof needs the nonce of the DPoP-Nonce header.')
      }
    },
  }
}

const NOT_READABLE = Symbol('a proof that will be refused for what it is')

function nonceOf(proof: string): unknown {
  try {
    return peekClaims(proof).nonce
  } catch (error) {
    if (error instanceof JwtError) return NOT_READABLE
    throw error
  }
}
