import type { StoredClient } from '../clients/index.ts'
import { base64url, secondsUntil, sha256 } from '../kernel/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  acceptedAlgorithms,
  type ClientAuthentication,
  type ClientAuthenticationMethod,
  HMAC_ALGORITHMS,
  invalidClient,
  isFapiClient,
  isMissingKey,
  type VerificationKeys,
  verifyClientAssertion,
} from '../protocol/oauth/index.ts'
import { addressOf, PATHS } from './addresses.ts'
import type { AuthorizationServerDeps } from './deps.ts'

type Deps = Pick<AuthorizationServerDeps, 'clients' | 'clock' | 'config' | 'kv'>

export interface ClientProof {
  /** Whose id was presented; undefined: nobody's. */
  readonly client: StoredClient | undefined
  readonly presented: ClientAuthentication
  readonly triedHeader: boolean
  /** Of the endpoint that is asked. */
  readonly path: string
}

/**
 * The client that a request comes from, proved by the method that it is registered with and no other: what is
 * registered for keys is not let in by a secret; a secret is judged at once. Throws invalid_client. RFC 6749 §2.3,
 * RFC 7523 §3
 */
export function authenticateClient(
  deps: Deps,
  { client, presented, triedHeader, path }: ClientProof,
): StoredClient | Promise<StoredClient> {
  const refuse = (reason: string) => invalidClient(reason, { triedHeader })
  if (!client) throw refuse('unknown client')
  if (!mayUse(client, presented.method)) throw refuse(`not registered for ${presented.method}`)
  if ('secret' in presented && !deps.clients.isSecret(client, presented.secret)) throw refuse('wrong secret')
  return 'assertion' in presented ? checkAssertion(deps, client, { ...presented, path }) : client
}

const SECRET_METHODS: readonly ClientAuthenticationMethod[] = ['client_secret_basic', 'client_secret_post']

function mayUse(client: StoredClient, method: ClientAuthenticationMethod): boolean {
  if (client.metadata.token_endpoint_auth_method === method) return true
  return client.acceptsBasicAndPost && SECRET_METHODS.includes(method)
}

async function checkAssertion(
  deps: Deps,
  client: StoredClient,
  {
    method,
    assertion,
    path,
  }: Extract<ClientAuthentication, { assertion: string }> & { readonly path: string },
): Promise<StoredClient> {
  const { config, clock, kv, clients } = deps
  const now = clock.now()
  const registered = client.metadata.token_endpoint_auth_signing_alg
  const isFapi = isFapiClient(client.metadata)
  const ofMethod: readonly string[] =
    method === 'client_secret_jwt'
      ? HMAC_ALGORITHMS
      : acceptedAlgorithms(client.metadata, ASYMMETRIC_ALGORITHMS)
  // What an endpoint's URL stands for, another server can claim as its own. FAPI 2.0 Security Profile §5.3.2.1
  const endpoints = isFapi ? [] : [PATHS.token, path].map((one) => addressOf(config, one))
  const verify = (keys: VerificationKeys) =>
    verifyClientAssertion(assertion, {
      clientId: client.id,
      audiences: [config.oidc.issuer, ...endpoints],
      isForOneOnly: isFapi,
      keys,
      algorithms: registered === undefined ? ofMethod : ofMethod.filter((name) => name === registered),
      now,
    })
  const use =
    method === 'client_secret_jwt'
      ? await verify({ secrets: clients.signingSecrets(client) })
      : await verify({ jwks: await clients.keysOf(client) }).catch(async (error: unknown) => {
          if (!isMissingKey(error)) throw error
          return verify({ jwks: await clients.keysOf(client, { isKeyMissing: true }) })
        })
  const ttlSeconds = Math.max(1, secondsUntil(now, use.expiresAt))
  const key = `oidc:assertion:${base64url(sha256(use.replayKey))}`
  if (!(await kv.setIfAbsent(key, '', ttlSeconds))) throw invalidClient('assertion: used before')
  return client
}
