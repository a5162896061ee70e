import { expect } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { checkCallback } from './callback.ts'
import { type Claims, checkHashes, checkIdToken } from './id-token.ts'
import type { Op } from './op.ts'
import { type Landing, open } from './person.ts'
import type { Run } from './plan.ts'
import {
  type AuthorizationRequest,
  clientOf,
  optionsOf,
  type Parameters,
  type RelyingParty,
  requestOf,
} from './request.ts'

/** What the application has after a sign-in that went well. */
export interface Flow {
  readonly request: AuthorizationRequest
  readonly code: string
  readonly tokens: oauth.TokenEndpointResponse
  readonly idToken: Claims
}

/** The whole flow of the plan's response type, with the checks that every module makes of it. */
export async function signIn(run: Run, rp: RelyingParty, given: Parameters = {}): Promise<Flow> {
  const request = requestOf(run, rp, given)
  return complete(run, rp, request, await open(run, request.url))
}

/** What follows once the browser is back: the checks of the answer, the exchange and a look at userinfo. */
export async function complete(
  run: Run,
  rp: RelyingParty,
  request: AuthorizationRequest,
  landing: Landing,
): Promise<Flow> {
  const callback = checkCallback(run, rp, request, landing)
  const code = callback.get('code') ?? ''
  const tokens =
    run.responseType === 'code' ? await exchange(run.op, rp, { request, callback }) : tokensOf(callback)
  const idToken = await checkIdToken(run.op, { rp, request, jwt: tokens.id_token ?? '' })
  if (run.responseType === 'id_token') {
    expect(idToken.at_hash).toBeUndefined()
    return { request, code, tokens, idToken }
  }
  // Without it, an access token of somebody else's could be put beside an ID token. Core §3.2.2.9
  if (run.responseType === 'id_token token') expect(idToken.at_hash).toBeString()
  checkHashes(idToken, { accessToken: tokens.access_token, code })
  const userinfo = await userinfoOf(run.op, tokens.access_token)
  expect(userinfo.status).toBe(200)
  return { request, code, tokens, idToken }
}

const tokensOf = (callback: URLSearchParams): oauth.TokenEndpointResponse => ({
  access_token: callback.get('access_token') ?? '',
  id_token: callback.get('id_token') ?? '',
  token_type: 'bearer',
})

/** Exchanges a code; the second implementation checks the answer, with its ID token. */
async function exchange(
  op: Op,
  rp: RelyingParty,
  { request, callback }: { readonly request: AuthorizationRequest; readonly callback: URLSearchParams },
): Promise<oauth.TokenEndpointResponse> {
  const client = clientOf(op, rp)
  const response = await oauth.authorizationCodeGrantRequest(
    op.as,
    client,
    rp.authentication,
    callback,
    rp.redirectUri,
    request.verifier ?? oauth.nopkce,
    optionsOf(op),
  )
  const { nonce, max_age: maxAge } = request.parameters
  const tokens = await oauth.processAuthorizationCodeResponse(op.as, client, response, {
    expectedNonce: nonce ?? oauth.expectNoNonce,
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    requireIdToken: true,
  })
  expect(tokens.expires_in).toBeGreaterThan(0)
  return tokens
}

/** A code sent to the token endpoint, whatever comes of it. */
export const exchangeAgain = (op: Op, rp: RelyingParty, { request, code }: Flow): Promise<Response> =>
  oauth.genericTokenEndpointRequest(
    op.as,
    clientOf(op, rp),
    rp.authentication,
    'authorization_code',
    { code, redirect_uri: rp.redirectUri, ...(request.verifier && { code_verifier: request.verifier }) },
    optionsOf(op),
  )

export const userinfoOf = (op: Op, accessToken: string, method = 'GET'): Promise<Response> =>
  op.send(op.as.userinfo_endpoint ?? '', { method, headers: { authorization: `Bearer ${accessToken}` } })
