import { expect } from 'bun:test'
import { importJWK } from 'jose'
import type * as oauth from 'oauth4webapi'
import { jsonOf } from './endpoint.ts'
import { jwksOf } from './id-token.ts'
import type { Op } from './op.ts'
import type { Run } from './plan.ts'

/** Fetches the document at one of its two addresses; it says the issuer by which it was found. Discovery §4 */
export async function discover(op: Op, path: string): Promise<oauth.AuthorizationServer> {
  const document = await jsonOf(await op.send(`${op.as.issuer}${path}`))
  expect(document.issuer).toBe(op.as.issuer)
  return document as oauth.AuthorizationServer
}

export const OPENID_CONFIGURATION = '/.well-known/openid-configuration'

/** What OIDCCDiscoveryEndpointVerification demands of everybody. Discovery §3 */
export async function verifyDiscovery(run: Run): Promise<void> {
  const { op } = run
  const as = await discover(op, OPENID_CONFIGURATION)
  expect(as.response_types_supported).toContain('code')
  expect(as.subject_types_supported?.length).toBeGreaterThan(0)
  for (const type of as.subject_types_supported ?? []) expect(['public', 'pairwise']).toContain(type)
  expect(as.id_token_signing_alg_values_supported).toContain('RS256')
  expect(as.userinfo_signing_alg_values_supported).toContain('RS256')
  expect(as.grant_types_supported).toContain('authorization_code')
  expect(as.scopes_supported).toContain('openid')
  for (const name of ENDPOINTS) expect(as[name]).toStartWith('https://')
  checkAllEndpointsAreHttps(as)
  await checkJwks(op)
  run.warn('OIDCCCheckDiscEndpointClaimsSupported', Array.isArray(as.claims_supported))
  const requestObjects = as.request_object_signing_alg_values_supported
  run.warn(
    'CheckDiscEndpointRequestObjectSigningAlgValuesSupportedIncludesRS256',
    Array.isArray(requestObjects) && requestObjects.includes('RS256'),
  )
}

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'registration_endpoint',
  'jwks_uri',
] as const

export function checkAllEndpointsAreHttps(as: oauth.AuthorizationServer): void {
  const addresses = Object.entries(as).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
  expect(addresses.filter(([, url]) => !String(url).startsWith('https://'))).toEqual([])
}

/** Keys to verify by, each with a name of its own, and nothing of what is kept secret. RFC 7517 §4.5, RFC 7518 §6 */
export async function checkJwks(op: Op): Promise<void> {
  const { keys } = await jwksOf(op)
  expect(keys.length).toBeGreaterThan(0)
  expect(keys.filter((key) => !key.kid)).toEqual([])
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  for (const key of keys) {
    expect(key.kty).not.toBe('oct')
    expect(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].filter((name) => name in key)).toEqual([])
    const length = Buffer.from(key.n ?? '', 'base64url').length * 8
    if (key.kty === 'RSA') expect(length).toBeGreaterThanOrEqual(2_048)
    await importJWK(key)
  }
}
