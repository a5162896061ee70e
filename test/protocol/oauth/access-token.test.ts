import { describe, expect, test } from 'bun:test'
import { customFetch, type JWKS, validateJwtAccessToken } from 'oauth4webapi'
import {
  type AccessToken,
  accessTokenClaims,
  verifyAccessToken,
} from '../../../src/protocol/oauth/access-token.ts'
import { SIGNING_ALGORITHMS, signJwt } from '../../../src/protocol/oauth/sign-jwt.ts'
import { createKey, NOW, unsigned } from './jwts.ts'
import { refusal, refusalCode } from './refusal.ts'

const ISSUER = 'https://id.example.com'
const API = 'https://api.example.com'
const key = createKey()
const expected = { keys: { jwks: { keys: [key.jwk] } }, issuer: ISSUER, audience: API, now: NOW }
const token: AccessToken = {
  tokenId: 'j1',
  issuer: ISSUER,
  subject: 'user-1',
  clientId: 'portal',
  audience: [API],
  scope: ['openid', 'api'],
  issuedAt: NOW,
  expiresAt: new Date(NOW.getTime() + 300_000),
  grantId: 'g1',
  sessionId: 's1',
  authentication: { authenticatedAt: NOW, acr: 'urn:authy2:acr:2fa', amr: ['pwd', 'otp'] },
  thumbprint: undefined,
}
const signed = (over: Partial<AccessToken> = {}, additional = {}) =>
  signJwt(key, 'at+jwt', accessTokenClaims({ ...token, ...over }, additional))

test('what is said is what is read (RFC 9068 §2.2)', async () => {
  expect(await verifyAccessToken(signed(), expected)).toEqual(token)
  const bare = { authentication: undefined, grantId: undefined, sessionId: undefined, scope: [] }
  expect(await verifyAccessToken(signed(bare), expected)).toEqual({ ...token, ...bare })
  const bound = { thumbprint: 'jkt', audience: [API, 'https://other.example'] }
  expect(await verifyAccessToken(signed(bound), expected)).toEqual({ ...token, ...bound })
})

test('one audience is a text, and additional claims take no place of others', () => {
  const claims = accessTokenClaims(token, { sub: 'admin', roles: ['acme-corp:admin'] })
  expect(claims).toMatchObject({ aud: API, sub: 'user-1', roles: ['acme-corp:admin'], scope: 'openid api' })
})

describe('refused with invalid_token', () => {
  test.each([
    ['of another issuer', { issuer: 'https://evil.example.com' }],
    ['for another audience', { audience: ['https://other.example'] }],
    ['for no audience', { audience: [] }],
    ['that expired', { expiresAt: new Date(NOW.getTime() - 60_000) }],
    ['without a subject', { subject: '' }],
  ])('one %s', async (_, over) => {
    const error = await refusal(() => verifyAccessToken(signed(over), expected))
    expect([error.code, error.status]).toEqual(['invalid_token', 401])
    expect(error.message).not.toContain(error.reason ?? 'a reason')
  })

  test('an ID token, and a logout token', async () => {
    for (const type of ['JWT', 'logout+jwt'] as const) {
      const jwt = signJwt(key, type, accessTokenClaims(token))
      expect(await refusalCode(() => verifyAccessToken(jwt, expected))).toBe('invalid_token')
    }
  })

  test('one bound in a way that is not understood', async () => {
    for (const cnf of [{ 'x5t#S256': 'abc' }, {}, null, 'jkt', { jkt: 1 }]) {
      const jwt = signJwt(key, 'at+jwt', { ...accessTokenClaims(token), cnf })
      expect(await refusalCode(() => verifyAccessToken(jwt, expected))).toBe('invalid_token')
    }
  })

  test('one by another key, one unsigned, and what is none', async () => {
    const other = createKey()
    for (const jwt of [
      signJwt({ ...other, keyId: key.keyId }, 'at+jwt', accessTokenClaims(token)),
      signJwt(other, 'at+jwt', accessTokenClaims(token)),
      unsigned({ alg: 'none', typ: 'at+jwt' }, accessTokenClaims(token)),
      'a2s_opaque',
      '',
    ])
      expect(await refusalCode(() => verifyAccessToken(jwt, expected))).toBe('invalid_token')
  })
})

test.each([...SIGNING_ALGORITHMS])('a resource server accepts it, signed with %s', async (algorithm) => {
  const signer = createKey(algorithm)
  const now = new Date(Math.floor(Date.now() / 1_000) * 1_000)
  const jwt = signJwt(
    signer,
    'at+jwt',
    accessTokenClaims({ ...token, issuedAt: now, expiresAt: new Date(now.getTime() + 60_000) }),
  )
  const request = new Request(`${API}/things`, { headers: { authorization: `Bearer ${jwt}` } })
  const provider = { issuer: ISSUER, jwks_uri: `${ISSUER}/oidc/jwks` }
  const jwks = { keys: [signer.jwk] } as JWKS
  const claims = await validateJwtAccessToken(provider, request, API, {
    [customFetch]: () => Promise.resolve(Response.json(jwks)),
  })
  expect(claims).toMatchObject({ sub: 'user-1', client_id: 'portal', jti: 'j1' })
})
