import { expect } from 'bun:test'
import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import type { Op } from './op.ts'
import type { AuthorizationRequest, RelyingParty } from './request.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface PresentedIdToken {
  readonly rp: RelyingParty
  readonly request: Pick<AuthorizationRequest, 'parameters'>
  readonly jwt: string
}

export const jwksOf = async (op: Op): Promise<JSONWebKeySet> =>
  (await (await op.send(op.as.jwks_uri ?? '')).json()) as JSONWebKeySet

/** What holds of every ID token, whatever it was asked for by. Core §2, §3.1.3.7 */
export async function checkIdToken(op: Op, { rp, request, jwt }: PresentedIdToken): Promise<Claims> {
  const keys = await jwksOf(op)
  const { kid } = decodeProtectedHeader(jwt)
  expect(keys.keys.map((key) => key.kid)).toContain(kid)
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys), {
    issuer: op.as.issuer,
    audience: rp.id,
    currentDate: op.t.clock.now(),
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    maxTokenAge: '5m',
    clockTolerance: 5,
  })
  expect(payload.sub).toMatch(/^[\x20-\x7E]{1,255}$/)
  if (payload.azp !== undefined) expect(payload.azp).toBe(rp.id)
  if (Array.isArray(payload.aud)) expect(payload.azp).toBeString()
  expect(payload.nonce).toBe(request.parameters.nonce)
  checkStandardClaims(payload)
  return payload
}

/** The types of the standard claims, where they are. Core §5.1 */
const STANDARD_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  string: [
    ...[
      'sub',
      'name',
      'given_name',
      'family_name',
      'middle_name',
      'nickname',
      'preferred_username',
      'profile',
    ],
    ...['picture', 'website', 'email', 'gender', 'birthdate', 'zoneinfo', 'locale', 'phone_number', 'acr'],
  ],
  boolean: ['email_verified', 'phone_number_verified'],
  number: ['updated_at', 'auth_time'],
  object: ['address', 'amr'],
}

export function checkStandardClaims(claims: Claims): void {
  for (const [type, names] of Object.entries(STANDARD_CLAIMS)) {
    const present = names.filter((name) => name in claims)
    expect(present.filter((name) => claims[name] === null || typeof claims[name] !== type)).toEqual([])
    expect(present.filter((name) => claims[name] === '')).toEqual([])
  }
}

/** Claims that an ID token may have without being asked. Core §2, §3.3.2.11, RFC 7519 §4.1 */
const TOKEN_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid'],
  ...['at_hash', 'c_hash', 's_hash'],
]

/** Those beyond that and beyond the scopes of the request. */
export function uninvitedClaims(idToken: Claims, scope: string): readonly string[] {
  const invited = [...TOKEN_CLAIMS, ...scope.split(' ').flatMap((name) => SCOPE_CLAIMS[name] ?? [])]
  return Object.keys(idToken).filter((name) => !invited.includes(name))
}

/** Core §5.4 */
export const SCOPE_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub'],
  profile: [
    ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
    ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}

/** Hashes that are there have to be right; both algorithms of the plans hash with SHA-256. Core §3.1.3.6, §3.3.2.11 */
export function checkHashes(
  idToken: Claims,
  { accessToken, code }: { accessToken: string; code: string },
): void {
  const half = (text: string) =>
    createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
  if (idToken.at_hash !== undefined) expect(idToken.at_hash).toBe(half(accessToken))
  if (idToken.c_hash !== undefined) expect(idToken.c_hash).toBe(half(code))
}
