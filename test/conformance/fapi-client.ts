import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { accessTokenHash } from '../../src/protocol/oauth/index.ts'
import type { Op } from './op.ts'
import { CALLBACK, type RelyingParty } from './request.ts'

export type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

/** A client of the profile: private_key_jwt, pushed requests, DPoP. */
export interface FapiClient extends RelyingParty {
  readonly keys: KeyPair
  readonly algorithm: string
  readonly dpop: KeyPair
}

export interface FapiClients {
  readonly client: FapiClient
  /** With a query in its redirect URI. */
  readonly client2: FapiClient
  /** With RSA keys: what may not be done with them has a module of its own. */
  readonly rsaClient: FapiClient
}

export const dpopKeys = (algorithm = 'ES256') => generateKeyPair(algorithm, { extractable: true })

/** The same RSA key, for the algorithm that the profile forbids. */
export async function asRs256({ privateKey, publicKey }: KeyPair): Promise<KeyPair> {
  const { alg, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return { privateKey: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']), publicKey }
}

/** By its name in Web Crypto. */
const PROOF_ALGORITHMS: Readonly<Record<string, string>> = {
  ECDSA: 'ES256',
  'RSA-PSS': 'PS256',
  'RSASSA-PKCS1-v1_5': 'RS256',
}

export async function fapiClients(op: Op, proofAlgorithm = 'ES256'): Promise<FapiClients> {
  const make = async (algorithm: string, query = ''): Promise<FapiClient> => {
    const keys = await generateKeyPair(algorithm, { extractable: true })
    const rp = await op.register({
      redirect_uris: [CALLBACK + query],
      jwks: { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'own', use: 'sig' }] },
      token_endpoint_auth_method: 'private_key_jwt',
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
      pkce_required: true,
    })
    const own = { redirectUri: CALLBACK + query, scope: 'openid profile', keys, algorithm }
    return { ...rp, ...own, dpop: await dpopKeys(proofAlgorithm) }
  }
  const made = await Promise.all([make('ES256'), make('ES256', '?dummy1=lorem&dummy2=ipsum'), make('PS256')])
  const [client, client2, rsaClient] = made
  return { client, client2, rsaClient }
}

/** Seconds on the server's clock. */
export const secondsOf = ({ t }: Op): number => Math.floor(t.clock.now().getTime() / 1_000)

/** What is changed of a JWT; a member that is undefined is left out. */
export interface Changes {
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly header?: Partial<JWTHeaderParameters> | undefined
  readonly keys?: KeyPair | undefined
}

/** RFC 7523 §3, for the issuer. */
export function assertionOf(
  op: Op,
  { id, keys, algorithm }: FapiClient,
  changes: Changes = {},
): Promise<string> {
  const now = secondsOf(op)
  const claims = {
    iss: id,
    sub: id,
    aud: op.as.issuer,
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 60,
  }
  return new SignJWT({ ...claims, ...changes.claims })
    .setProtectedHeader({ alg: algorithm, kid: 'own', ...changes.header })
    .sign((changes.keys ?? keys).privateKey)
}

export interface ProofTarget {
  readonly method: string
  readonly url: string
  readonly nonce?: string | undefined
  readonly accessToken?: string | undefined
}

/** RFC 9449 §4.2 */
export async function proofOf(
  op: Op,
  { method, url, nonce, accessToken }: ProofTarget,
  { claims, header, keys }: Changes & { readonly keys: KeyPair },
): Promise<string> {
  const own = { jti: crypto.randomUUID(), htm: method, htu: url, iat: secondsOf(op), nonce }
  const ath = accessToken === undefined ? undefined : accessTokenHash(accessToken)
  const alg = PROOF_ALGORITHMS[keys.privateKey.algorithm.name] ?? ''
  return new SignJWT({ ...own, ath, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: await exportJWK(keys.publicKey), ...header })
    .sign(keys.privateKey)
}
