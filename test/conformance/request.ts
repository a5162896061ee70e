import * as oauth from 'oauth4webapi'
import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import type { Op } from './op.ts'
import type { Run } from './plan.ts'

export const CALLBACK = 'https://www.certification.openid.net/test/a/authy2/callback'

/** An application as a plan's configuration has it. */
export interface RelyingParty {
  readonly id: string
  readonly redirectUri: string
  readonly authentication: oauth.ClientAuth
  readonly scope: string
  readonly secret: string
}

/** An authorization request, and what belongs to it. */
export interface AuthorizationRequest {
  readonly url: URL
  readonly parameters: Readonly<Record<string, string>>
  readonly verifier: string | undefined
}

export type Parameters = Readonly<Record<string, string | undefined>>

/** Parameters that are undefined are left out. */
export function requestOf(
  { op, responseMode, responseType }: Run,
  rp: RelyingParty,
  given: Parameters = {},
): AuthorizationRequest {
  const asked = {
    client_id: rp.id,
    redirect_uri: rp.redirectUri,
    scope: rp.scope,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    response_type: responseType,
    response_mode: responseMode,
    ...given,
  }
  const parameters = Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
  const url = new URL(op.as.authorization_endpoint ?? '')
  url.search = new URLSearchParams(parameters).toString()
  return { url, parameters, verifier: undefined }
}

export function withPkce(run: Run, rp: RelyingParty, given: Parameters = {}): AuthorizationRequest {
  const verifier = oauth.generateRandomCodeVerifier()
  const challenge = { code_challenge: s256CodeChallenge(verifier), code_challenge_method: 'S256' }
  return { ...requestOf(run, rp, { ...challenge, ...given }), verifier }
}

export const optionsOf = (op: Op) => ({ [oauth.customFetch]: op.send })

/** The application as the second implementation has it: its clock goes with the server's. */
export const clientOf = (op: Op, { id }: RelyingParty): oauth.Client => ({
  client_id: id,
  [oauth.clockSkew]: Math.round((op.t.clock.now().getTime() - Date.now()) / 1_000),
  [oauth.clockTolerance]: 5,
})
