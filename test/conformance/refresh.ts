import { expect } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { checkInvalidGrant, jsonOf } from './endpoint.ts'
import { signIn, userinfoOf } from './flow.ts'
import { checkIdToken } from './id-token.ts'
import type { Run } from './plan.ts'
import { clientOf, optionsOf, type RelyingParty } from './request.ts'

const SCOPE = 'openid offline_access'

/** Two clients refresh, and the one's token is of no use to the other. */
export async function checkRefreshing(run: Run, client: RelyingParty, client2: RelyingParty): Promise<void> {
  await refreshed(run, client)
  await checkInvalidGrant(await ask(run, client, await refreshed(run, client2)))
}

const ask = ({ op }: Run, rp: RelyingParty, token: string): Promise<Response> =>
  oauth.refreshTokenGrantRequest(op.as, clientOf(op, rp), rp.authentication, token, {
    ...optionsOf(op),
    additionalParameters: { scope: SCOPE },
  })

/** What a refresh is answered with, and what holds of it. RFC 6749 §5.1 */
export async function refresh(run: Run, rp: RelyingParty, token: string): Promise<Record<string, unknown>> {
  const response = await ask(run, rp, token)
  expect(response.headers.get('cache-control')).toContain('no-store')
  const answer = await jsonOf(response)
  expect(answer).toMatchObject({ token_type: 'Bearer' })
  expect(answer.expires_in).toBeGreaterThan(0)
  expect(answer.access_token).toMatch(/^[A-Za-z0-9._~+/-]+=*$/)
  return answer
}

/** A sign-in for good, and the refresh token that a refresh ends with. */
async function refreshed(run: Run, rp: RelyingParty): Promise<string> {
  const { op } = run
  const grants = op.as.grant_types_supported ?? []
  run.warn('EnsureServerConfigurationSupportsRefreshToken', grants.includes('refresh_token'))
  const { tokens, idToken } = await signIn(run, rp, { scope: SCOPE, prompt: 'consent' })
  const token = tokens.refresh_token ?? ''
  expect(token).toMatch(/^[\x20-\x7E]+$/)
  op.t.clock.advance(1)
  const answer = await refresh(run, rp, token)
  expect(answer.access_token).not.toBe(tokens.access_token)
  const jwt = String(answer.id_token)
  const again = await checkIdToken(op, { rp, request: { parameters: {} }, jwt })
  const { iss, sub, aud, azp, auth_time } = idToken
  expect(again).toMatchObject({ iss, sub, aud, azp, auth_time })
  expect(Number(again.iat)).toBeGreaterThan(Number(idToken.iat))
  expect((await userinfoOf(op, String(answer.access_token))).status).toBe(200)
  return String(answer.refresh_token ?? token)
}
