import { expect } from 'bun:test'
import * as oauth from 'oauth4webapi'
import type { Page } from '../authorization-server/browser.ts'
import { parsePage } from '../pages/document.ts'
import type { Callback, Landing } from './person.ts'
import type { Run } from './plan.ts'
import { type AuthorizationRequest, clientOf, type RelyingParty } from './request.ts'

/** An answer that went well, by the channel that was asked for; the second implementation checks state and issuer. */
export function checkCallback(
  run: Run,
  rp: RelyingParty,
  request: AuthorizationRequest,
  landing: Landing,
): URLSearchParams {
  const { params } = arrivedAt(run, rp, landing)
  expect(params.get('error')).toBeNull()
  if (run.responseType !== 'code') return checkTokens(run.responseType, request, params)
  const { state } = request.parameters
  const expected = state ?? oauth.expectNoState
  const checked = oauth.validateAuthResponse(run.op.as, clientOf(run.op, rp), params, expected)
  const code = checked.get('code') ?? ''
  expect(bitsOf(code)).toBeGreaterThanOrEqual(128)
  const known = ['code', 'state', 'iss', 'session_state']
  run.warn(
    'ValidateSuccessfulAuthCodeFlowResponseFromAuthorizationEndpoint',
    ownParameters(rp, params).every((name) => known.includes(name)),
  )
  return checked
}

/** Exactly what the response type names, for the browser alone. Core §3.2.2.5, RFC 6749 §4.2.2 */
function checkTokens(
  responseType: string,
  { parameters }: AuthorizationRequest,
  params: URLSearchParams,
): URLSearchParams {
  const ofAccessToken = ['access_token', 'expires_in', 'scope', 'token_type']
  const expected = ['id_token', 'iss', 'state', ...(responseType === 'id_token token' ? ofAccessToken : [])]
  expect([...params.keys()].sort()).toEqual(expected.sort())
  expect(params.get('state')).toBe(parameters.state ?? null)
  if (params.has('token_type')) expect(params.get('token_type')).toMatch(/^bearer$/i)
  return params
}

/** The redirect URI was called, and nothing of the answer is where it does not belong. */
export function arrivedAt(
  { responseMode, responseType, op }: Run,
  { redirectUri }: RelyingParty,
  landing: Landing,
): Callback {
  if (landing.kind !== 'callback') throw new Error(`The application was not called: ${titleOf(landing.page)}`)
  const { url, method, params } = landing
  expect(`${url.origin}${url.pathname}`).toBe(redirectUri.replace(/\?.*$/, ''))
  for (const [name, value] of new URL(redirectUri).searchParams)
    expect(url.searchParams.get(name)).toBe(value)
  expect(url.hash !== '').toBe(responseType !== 'code' && responseMode !== 'form_post')
  if (responseType !== 'code') {
    // What was in the query would be in the logs of the application's server. Core §3.2.2.5, §3.2.2.6
    for (const name of ['error', 'code', 'access_token', 'id_token'])
      expect(url.searchParams.has(name)).toBe(false)
  }
  expect(method).toBe(responseMode === 'form_post' ? 'POST' : 'GET')
  if (method === 'POST') expect([...url.searchParams.keys()]).not.toContain('code')
  expect(params.get('iss')).toBe(op.as.issuer)
  return landing
}

/** An error that the application is told, by the rules for all of them, with one of these codes. Core §3.1.2.6 */
export function checkErrorCallback(
  run: Run,
  rp: RelyingParty,
  {
    request,
    landing,
    errors,
  }: { request: AuthorizationRequest; landing: Landing; errors: readonly string[] },
): void {
  const { params } = arrivedAt(run, rp, landing)
  expect(params.get('state')).toBe(request.parameters.state ?? null)
  expect(errors).toContain(params.get('error') ?? '')
  expect(params.get('code')).toBeNull()
  checkErrorWords({ error_description: params.get('error_description'), error_uri: params.get('error_uri') })
  const known = ['error', 'error_description', 'error_uri', 'state', 'iss']
  run.warn(
    'CheckForUnexpectedParametersInErrorResponseFromAuthorizationEndpoint',
    ownParameters(rp, params).every((name) => known.includes(name)),
  )
}

/** Printable ASCII without quotation mark and backslash; an address. RFC 6749 §4.1.2.1, §5.2 */
export function checkErrorWords({ error_description, error_uri }: Record<string, unknown>): void {
  if (error_description != null) expect(error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
  if (error_uri != null) expect(URL.canParse(String(error_uri))).toBe(true)
}

/** An error page of this server, of which the suite wants a picture: it leads nowhere, and says what is wrong. */
export function checkErrorPage({ op }: Run, landing: Landing, words: RegExp): void {
  if (landing.kind !== 'page') throw new Error(`The browser was sent to ${landing.url}`)
  const { page } = landing
  expect([page.status, page.location]).toEqual([400, undefined])
  expect(page.headers.get('content-type')).toStartWith('text/html')
  expect(parsePage(page.text).all('main')[0]?.text).toMatch(words)
  expect(page.text).not.toContain(`${op.as.issuer}.`)
}

export const titleOf = (page: Page): string =>
  parsePage(page.text).all('h1')[0]?.text ?? page.text.slice(0, 200)

/** Without those of the redirect URI itself. */
const ownParameters = ({ redirectUri }: RelyingParty, params: URLSearchParams): string[] =>
  [...params.keys()].filter((name) => !new URL(redirectUri).searchParams.has(name))

/** What a text holds by how often each character is in it: what the suite takes for its entropy. */
export function bitsOf(text: string): number {
  const counts = Map.groupBy(text, (character) => character)
  const perCharacter = [...counts.values()].reduce((bits, { length }) => {
    const share = length / text.length
    return bits - share * Math.log2(share)
  }, 0)
  return perCharacter * text.length
}
