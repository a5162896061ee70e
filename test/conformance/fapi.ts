import { expect } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { bitsOf, checkCallback } from './callback.ts'
import { jsonOf } from './endpoint.ts'
import { assertionOf, type Changes, type FapiClient, proofOf } from './fapi-client.ts'
import { type Claims, checkHashes, checkIdToken } from './id-token.ts'
import { type Acts, type Landing, open } from './person.ts'
import type { Run } from './plan.ts'
import { type AuthorizationRequest, clientOf, type Parameters, withPkce } from './request.ts'

/** How a request departs from a right one. */
export interface Departures {
  readonly assertion?: Changes
  /** In place of the fields of the client's authentication. */
  readonly authentication?: Readonly<Record<string, string>>
  /** null: no proof comes along. */
  readonly proof?: Changes | null
  readonly method?: string
}

/** Sends a form to an endpoint as the client; again, with the same assertion, where a nonce is asked for. */
export async function post(
  { op }: Run,
  client: FapiClient,
  {
    url,
    form,
    departures = {},
  }: { url: string; form: Readonly<Record<string, string>>; departures?: Departures },
): Promise<Response> {
  const { assertion, authentication, proof = {}, method = 'POST' } = departures
  const proves = authentication ?? {
    client_id: client.id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertionOf(op, client, assertion),
  }
  let nonce: string | undefined
  for (let attempt = 0; ; attempt++) {
    const changes = { ...proof, keys: proof?.keys ?? client.dpop }
    const headers = proof && { dpop: await proofOf(op, { method, url, nonce }, changes) }
    const body = new URLSearchParams({ ...form, ...proves })
    const response = await op.send(url, { method, body, ...(headers && { headers }) })
    const asksForNonce = response.status === 400 && (await response.clone().text()).includes('use_dpop_nonce')
    if (!asksForNonce || attempt === 1) return response
    nonce = response.headers.get('dpop-nonce') ?? undefined
  }
}

/** Pushes a request; without a proof, unless one is given. */
export const push = (
  run: Run,
  client: FapiClient,
  { parameters, departures }: { parameters: Readonly<Record<string, string>>; departures?: Departures },
): Promise<Response> =>
  post(run, client, {
    url: run.op.as.pushed_authorization_request_endpoint ?? '',
    form: parameters,
    departures: { proof: null, ...departures },
  })

/** What was pushed, as a browser is sent over with it. */
export async function pushed(
  run: Run,
  client: FapiClient,
  { given = {}, departures }: { given?: Parameters; departures?: Departures | undefined } = {},
): Promise<{ readonly request: AuthorizationRequest; readonly expiresIn: number }> {
  const request = withPkce(run, client, given)
  const response = await push(run, client, { ...request, ...(departures && { departures }) })
  expect(response.status).toBe(201)
  const { request_uri, expires_in } = (await response.json()) as Record<string, unknown>
  expect(bitsOf(String(request_uri).split(':').pop() ?? '')).toBeGreaterThanOrEqual(128)
  expect(expires_in).toBeGreaterThan(0)
  const url = new URL(run.op.as.authorization_endpoint ?? '')
  const { response_type = '', scope = '' } = request.parameters
  // OpenID Connect wants these two beside it. Core §6.1
  url.search = new URLSearchParams({
    client_id: client.id,
    request_uri: String(request_uri),
    response_type,
    scope,
  }).toString()
  return { request: { ...request, url }, expiresIn: Number(expires_in) }
}

export interface Signing {
  readonly given?: Parameters
  readonly departures?: Departures
  readonly acts?: Acts
}

/** Until the browser is back. */
export async function authorized(
  run: Run,
  client: FapiClient,
  { given = {}, departures, acts }: Signing = {},
): Promise<{ readonly request: AuthorizationRequest; readonly landing: Landing }> {
  const { request } = await pushed(run, client, { given, departures })
  return { request, landing: await open(run, request.url, acts) }
}

export interface Redeemable {
  readonly request: AuthorizationRequest
  readonly code: string
}

export async function codeOf(run: Run, client: FapiClient, signing: Signing = {}): Promise<Redeemable> {
  const { request, landing } = await authorized(run, client, signing)
  return { request, code: checkCallback(run, client, request, landing).get('code') ?? '' }
}

/** Sends a code to the token endpoint. */
export const redeem = (
  run: Run,
  client: FapiClient,
  {
    request,
    code,
    ...departures
  }: Redeemable & Departures & { readonly form?: Readonly<Record<string, string>> },
): Promise<Response> => {
  const { redirect_uri: redirectUri = '' } = request.parameters
  const verifier = { code_verifier: request.verifier ?? '' }
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    ...(departures.form ?? verifier),
  }
  return post(run, client, { url: run.op.as.token_endpoint ?? '', form, departures })
}

export interface FapiTokens extends Redeemable {
  readonly accessToken: string
  readonly refreshToken: string
  readonly idToken: Claims
}

/** Redeems a code and checks what comes of it, the ID token included; the second implementation parses it, too. */
export async function tokensOf(
  run: Run,
  client: FapiClient,
  redeemable: Redeemable & Departures,
): Promise<FapiTokens> {
  const { op } = run
  const { request, code } = redeemable
  const response = await redeem(run, client, redeemable)
  const parsed = await oauth.processAuthorizationCodeResponse(
    op.as,
    { ...clientOf(op, client), id_token_signed_response_alg: 'ES256' },
    new Response(await response.clone().text(), response),
    {
      expectedNonce: request.parameters.nonce ?? oauth.expectNoNonce,
      requireIdToken: true,
    },
  )
  const answer = await jsonOf(response)
  const accessToken = String(answer.access_token)
  expect(answer).toMatchObject({ token_type: 'DPoP' })
  expect(parsed.expires_in).toBeGreaterThan(0)
  for (const secret of [accessToken, String(answer.refresh_token)]) {
    expect(bitsOf(secret)).toBeGreaterThanOrEqual(128)
  }
  const jwt = String(answer.id_token)
  const idToken = await checkIdToken(op, { rp: client, request, jwt })
  expect(jwt.split('.')[0]).toBe(
    Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid: kidOf(jwt) })).toString('base64url'),
  )
  checkHashes(idToken, { accessToken, code })
  return { request, code, accessToken, refreshToken: String(answer.refresh_token), idToken }
}

const kidOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid

/** How a request to the protected resource departs from a right one. */
export interface ResourceDepartures {
  readonly proof?: Changes | null
  /** In place of the proof that it makes. */
  readonly header?: (proof: string) => string
  readonly scheme?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks the protected resource, which is userinfo. */
export async function resource(
  { op }: Run,
  client: FapiClient,
  accessToken: string,
  { proof = {}, header = (text) => text, scheme = 'DPoP', url, headers = {} }: ResourceDepartures = {},
): Promise<Response> {
  const own = op.as.userinfo_endpoint ?? ''
  const changes = { ...proof, keys: proof?.keys ?? client.dpop }
  const dpop = proof && header(await proofOf(op, { method: 'GET', url: own, accessToken }, changes))
  return op.send(url ?? own, {
    headers: { authorization: `${scheme} ${accessToken}`, ...(dpop !== null && { dpop }), ...headers },
  })
}

/** The whole of it, with a look at the resource. */
export async function signInFapi(
  run: Run,
  client: FapiClient,
  signing: Signing & Departures = {},
): Promise<FapiTokens> {
  const { given, departures, acts, ...atToken } = signing
  const code = await codeOf(run, client, {
    ...(given && { given }),
    ...(departures && { departures }),
    ...(acts && { acts }),
  })
  const tokens = await tokensOf(run, client, { ...code, ...atToken })
  await checkResource(await resource(run, client, tokens.accessToken))
  return tokens
}

/** With the time in it. RFC 9110 §6.6.1 */
export async function checkResource(response: Response): Promise<void> {
  await jsonOf(response)
  expect(Date.parse(response.headers.get('date') ?? '')).toBeNumber()
}
