import { exportJWK, SignJWT } from 'jose'
import type { TestServer } from '../support/server.ts'

/** Makes DPoP proofs of one key, in the server's time, each with an id of its own unless one is given. */
export type Prover = (claims: Record<string, unknown>, header?: object) => Promise<string>

export function createProver(
  t: TestServer,
  { publicKey, privateKey }: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey },
): Prover {
  return async (claims, header = {}) => {
    const iat = Math.floor(t.clock.now().getTime() / 1_000)
    return new SignJWT({ jti: crypto.randomUUID(), iat, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey), ...header })
      .sign(privateKey)
  }
}
