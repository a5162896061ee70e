import { expect } from 'bun:test'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import type { Run } from './plan.ts'
import { CALLBACK, type RelyingParty } from './request.ts'

/** A client that has registered itself, and its key. */
export interface DynamicClient extends RelyingParty {
  readonly key: ClientKey
}

export interface ClientKey {
  readonly kid: string
  readonly privateKey: oauth.PrivateKey['key']
  readonly publicJwk: JWK
}

/** RS256, as the suite makes them. */
export async function makeKey(): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = crypto.randomUUID()
  const publicJwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' }
  return { kid, privateKey, publicJwk }
}

/** What the suite registers, with changes; undefined leaves a member out. */
export const metadataOf = (
  { responseType }: Run,
  { publicJwk }: ClientKey,
  changes: Readonly<Record<string, unknown>> = {},
) => ({
  client_name: 'OpenID Foundation conformance suite',
  redirect_uris: [CALLBACK],
  response_types: [responseType],
  grant_types: [responseType === 'code' ? 'authorization_code' : 'implicit'],
  token_endpoint_auth_method: 'private_key_jwt',
  contacts: ['certification@example.com'],
  jwks: { keys: [publicJwk] },
  ...changes,
})

export const register = ({ op }: Run, metadata: object): Promise<Response> =>
  op.send(op.as.registration_endpoint ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  })

/** Registers a client, does something with it, and has it unregister itself. RFC 7591 §3, RFC 7592 §2.3 */
export async function withClient(
  run: Run,
  changes: Readonly<Record<string, unknown>>,
  work: (client: DynamicClient) => Promise<unknown>,
): Promise<void> {
  const key = await makeKey()
  const response = await register(run, metadataOf(run, key, changes))
  expect(response.status).toBe(201)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  const answer = (await response.json()) as Record<string, unknown>
  const redirectUris = answer.redirect_uris as string[]
  await work({
    id: String(answer.client_id),
    redirectUri: redirectUris[0] ?? '',
    scope: 'openid',
    secret: '',
    authentication: authenticationBy(run, key),
    key,
  })
  const gone = await run.op.send(String(answer.registration_client_uri), {
    method: 'DELETE',
    headers: { authorization: `Bearer ${answer.registration_access_token}` },
  })
  run.warn('UnregisterDynamicallyRegisteredClient', gone.status === 204)
}

/** private_key_jwt as OpenID Connect has it: for the token endpoint, unless it is said to be for another. Core §9 */
export const authenticationBy = (
  { op }: Run,
  { kid, privateKey }: ClientKey,
  audience: string | undefined = op.as.token_endpoint,
): oauth.ClientAuth =>
  oauth.PrivateKeyJwt(
    { key: privateKey, kid },
    {
      [oauth.modifyAssertion]: (_header, payload) => {
        payload.aud = audience
      },
    },
  )

export const REFRESHING = ['authorization_code', 'refresh_token']
