import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  authorizationCodeGrantRequest,
  customFetch,
  None,
  processAuthorizationCodeResponse,
  processUserInfoResponse,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from 'oauth4webapi'
import {
  accessTokenClaims,
  encodeTokenResponse,
  SIGNING_ALGORITHMS,
  signJwt,
} from '../../../src/protocol/oauth/index.ts'
import {
  type IdToken,
  idTokenClaims,
  signedUserinfoClaims,
  tokenHash,
  userinfoResponse,
  verifyIdTokenHint,
} from '../../../src/protocol/oidc/index.ts'
import { createKey, NOW, SECONDS, unsigned } from '../oauth/jwts.ts'
import { isTotal, refusalCode } from '../oauth/refusal.ts'

const ISSUER = 'https://id.example.com'
const key = createKey('RS256')
const token: IdToken = {
  issuer: ISSUER,
  subject: 'user-1',
  clientId: 'portal',
  issuedAt: NOW,
  expiresAt: new Date(NOW.getTime() + 300_000),
  authentication: { authenticatedAt: NOW, acr: 'urn:authy2:acr:2fa', amr: ['pwd', 'otp', 'mfa'] },
  nonce: 'n',
  sessionId: 's1',
  accessToken: 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y',
  algorithm: 'RS256',
}

describe('the hash of an access token (Core §3.1.3.6)', () => {
  test('of Core appendix A.3, and its likes in other algorithms', () => {
    expect(tokenHash('jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y', 'RS256')).toBe('77QmUPtjPfzWtF2AnpK9RQ')
    // As other implementations have them
    expect(tokenHash('dNZX1hEZ9wBCzNL40Upu646bdzQA', 'ES256')).toBe('wfgvmE9VxjAudsl9lc6TqA')
    expect(tokenHash('dNZX1hEZ9wBCzNL40Upu646bdzQA', 'EdDSA')).toBe(
      '8xltSlOGYrWy8W9yNvRlEth1i_bXW-JROWPLvCv5zog',
    )
  })
})

test('an ID token says who, to whom, how and when (Core §2)', () => {
  expect(idTokenClaims(token, { email: 'bob@acme-corp.com', sub: 'admin', aud: 'other' })).toEqual({
    email: 'bob@acme-corp.com',
    iss: ISSUER,
    sub: 'user-1',
    aud: 'portal',
    azp: 'portal',
    iat: SECONDS,
    exp: SECONDS + 300,
    auth_time: SECONDS,
    acr: 'urn:authy2:acr:2fa',
    amr: ['pwd', 'otp', 'mfa'],
    nonce: 'n',
    sid: 's1',
    at_hash: '77QmUPtjPfzWtF2AnpK9RQ',
  })
})

test.each([...SIGNING_ALGORITHMS])('a relying party accepts it, signed with %s', async (algorithm) => {
  const signer = createKey(algorithm)
  const issuedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000)
  const accessToken = signJwt(
    signer,
    'at+jwt',
    accessTokenClaims({ ...token, tokenId: 'j1', audience: [ISSUER], scope: ['openid'] }),
  )
  const fresh = { issuedAt, expiresAt: new Date(issuedAt.getTime() + 60_000) }
  const authentication = { ...token.authentication, authenticatedAt: issuedAt }
  const idToken = signJwt(
    signer,
    'JWT',
    idTokenClaims({ ...token, ...fresh, authentication, accessToken, algorithm }),
  )
  const provider = {
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/oidc/token`,
    jwks_uri: `${ISSUER}/oidc/jwks`,
    id_token_signing_alg_values_supported: [algorithm],
  }
  const client = { client_id: 'portal', id_token_signed_response_alg: algorithm }
  const callback = validateAuthResponse(provider, client, new URLSearchParams({ code: 'c', state: 'x' }), 'x')
  const tokens = encodeTokenResponse({
    accessToken,
    idToken,
    scheme: 'Bearer',
    lifetimeSeconds: 60,
    scope: ['openid'],
  })
  const response = await authorizationCodeGrantRequest(
    provider,
    client,
    None(),
    callback,
    'https://portal.example/cb',
    'v',
    {
      [customFetch]: async () => Response.json(tokens),
    },
  )
  const result = await processAuthorizationCodeResponse(provider, client, response, {
    expectedNonce: 'n',
    maxAge: 60,
    requireIdToken: true,
  })
  expect(result.id_token).toBe(idToken)
  await validateApplicationLevelSignature(provider, response, {
    [customFetch]: async () => Response.json({ keys: [signer.jwk] }),
  })
})

describe('an ID token that comes back', () => {
  const expected = { keys: { jwks: { keys: [key.jwk] } }, issuer: ISSUER, now: NOW }
  const hint = (over: Partial<IdToken> = {}) => signJwt(key, 'JWT', idTokenClaims({ ...token, ...over }))

  test('says whom it was about, long after it expired', async () => {
    const later = { ...expected, now: new Date(NOW.getTime() + 86_400_000) }
    expect(await verifyIdTokenHint(hint(), later)).toEqual({
      subject: 'user-1',
      clientId: 'portal',
      sessionId: 's1',
    })
    expect((await verifyIdTokenHint(hint({ sessionId: undefined }), later)).sessionId).toBeUndefined()
  })

  test('is refused when it is not ours, was changed, or is something else', async () => {
    const [header, payload, signature] = hint().split('.')
    const other = createKey('RS256')
    for (const jwt of [
      hint({ issuer: 'https://other.example.com' }),
      signJwt({ ...other, keyId: key.keyId }, 'JWT', idTokenClaims(token)),
      signJwt(key, 'at+jwt', idTokenClaims(token)),
      signJwt(key, 'logout+jwt', idTokenClaims(token)),
      signJwt(key, 'JWT', { ...idTokenClaims(token), aud: ['portal', 'other'] }),
      unsigned({ alg: 'none', typ: 'JWT' }, idTokenClaims(token)),
      `${header}.${Buffer.from('{"sub":"admin"}').toString('base64url')}.${signature}`,
      `${header}.${payload}.`,
    ])
      expect(await refusalCode(() => verifyIdTokenHint(jwt, expected))).toBe('invalid_request')
    await fc.assert(fc.asyncProperty(fc.string(), (jwt) => isTotal(() => verifyIdTokenHint(jwt, expected))))
  })
})

describe('userinfo (Core §5.3.2)', () => {
  test('is about the subject, whatever the claims', () => {
    expect(userinfoResponse('user-1', { sub: 'admin', email: 'x' })).toEqual({ sub: 'user-1', email: 'x' })
  })

  test('is accepted by a relying party', async () => {
    const response = Response.json(userinfoResponse('user-1', { email: 'x' }))
    expect(
      await processUserInfoResponse({ issuer: ISSUER }, { client_id: 'portal' }, 'user-1', response),
    ).toEqual({
      sub: 'user-1',
      email: 'x',
    })
  })

  test('that is signed says whose it is and for whom', () => {
    const about = { issuer: ISSUER, subject: 'user-1', clientId: 'portal', issuedAt: NOW }
    expect(signedUserinfoClaims(about, { aud: 'other', email: 'x' })).toEqual({
      email: 'x',
      sub: 'user-1',
      iss: ISSUER,
      aud: 'portal',
      iat: SECONDS,
    })
  })
})
