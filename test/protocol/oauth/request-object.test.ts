import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { generateKeyPair, issueRequestObject } from 'oauth4webapi'
import { ASYMMETRIC_ALGORITHMS, isMissingKey } from '../../../src/protocol/oauth/index.ts'
import { verifyRequestObject } from '../../../src/protocol/oauth/request-object.ts'
import { createKey, jwtBy, NOW, SECONDS, unsigned } from './jwts.ts'
import { isTotal, refusal, refusalCode } from './refusal.ts'

const ISSUER = 'https://id.example.com'
const key = createKey()
const expectation = {
  clientId: 'portal',
  issuer: ISSUER,
  keys: { jwks: { keys: [key.jwk] } },
  algorithms: ASYMMETRIC_ALGORITHMS,
  now: NOW,
}
const claims = {
  iss: 'portal',
  aud: ISSUER,
  client_id: 'portal',
  response_type: 'code',
  scope: 'openid',
  max_age: 60,
  claims: { userinfo: { email: null } },
  resource: ['https://a.example/', 'https://b.example/'],
}
const jwt = (over: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) =>
  jwtBy(key.privateKey, header, { ...claims, ...over })

test('its claims are the parameters, in the forms that parameters have (RFC 9101 §4)', async () => {
  const parameters = await verifyRequestObject(
    await jwt({ exp: SECONDS + 60, nbf: SECONDS, state: '' }),
    expectation,
  )
  expect(parameters.get('scope')).toBe('openid')
  expect(parameters.get('max_age')).toBe('60')
  expect(parameters.get('claims')).toBe('{"userinfo":{"email":null}}')
  expect(parameters.all('resource')).toEqual(['https://a.example/', 'https://b.example/'])
  expect(['iss', 'aud', 'exp', 'nbf', 'state'].map((name) => parameters.get(name))).toEqual(
    Array(5).fill(undefined),
  )
})

test.each([undefined, 'JWT', 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt'])(
  'it may have the type %p',
  async (typ) => {
    expect((await verifyRequestObject(await jwt({}, { typ }), expectation)).get('scope')).toBe('openid')
  },
)

describe('refused with invalid_request_object', () => {
  test.each([
    ['another issuer', { iss: 'other' }, {}],
    ['no issuer', { iss: undefined }, {}],
    ['another audience', { aud: 'https://other.example.com' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['another client', { client_id: 'other' }, {}],
    ['no client', { client_id: undefined }, {}],
    ['a subject, like a client assertion (§10.8)', { sub: 'portal' }, {}],
    ['a request object inside', { request: 'a.b.c' }, {}],
    ['a reference inside', { request_uri: 'https://portal.example/request' }, {}],
    ['an expiry that passed', { exp: SECONDS - 60 }, {}],
    ['a start in the future', { nbf: SECONDS + 60 }, {}],
    ['the type of an access token', {}, { typ: 'at+jwt' }],
    ['the type of a DPoP proof', {}, { typ: 'dpop+jwt' }],
  ])('%s', async (_, over, header) => {
    const sent = await jwt(over, header)
    expect(await refusalCode(() => verifyRequestObject(sent, expectation))).toBe('invalid_request_object')
  })

  test('another client’s key, which is told apart as not known', async () => {
    const other = createKey()
    const sent = await jwtBy(other.privateKey, { kid: other.keyId }, claims)
    const error = await refusal(() => verifyRequestObject(sent, expectation))
    expect(error.code).toBe('invalid_request_object')
    expect(isMissingKey(error)).toBe(true)
  })

  test('HMAC, and an algorithm that is not the registered one', async () => {
    const byHmac = await jwtBy(Buffer.alloc(32), { alg: 'HS256' }, claims)
    expect(await refusalCode(() => verifyRequestObject(byHmac, expectation))).toBe('invalid_request_object')
    const sent = await jwt()
    expect(
      await refusalCode(() => verifyRequestObject(sent, { ...expectation, algorithms: ['PS256'] })),
    ).toBe('invalid_request_object')
  })

  test('something encrypted, and anything else', async () => {
    const encrypted = 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d'
    expect(await refusalCode(() => verifyRequestObject(encrypted, expectation))).toBe(
      'invalid_request_object',
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), (text) =>
        isTotal(() => verifyRequestObject(text, expectation)),
      ),
    )
  })
})

test('one without a signature is not supported (OpenID Connect Core §3.1.2.6)', async () => {
  const sent = unsigned({ alg: 'none' }, claims)
  expect(await refusalCode(() => verifyRequestObject(sent, expectation))).toBe('request_not_supported')
})

test('one without a signature is read where it was fetched and its client signs none', async () => {
  const fetched = { ...expectation, isFetched: true }
  const sent = unsigned({ alg: 'none' }, { ...claims, iss: undefined, aud: undefined })
  const read = await verifyRequestObject(sent, { ...fetched, algorithms: ['none'] })
  expect(read.get('scope')).toBe('openid')
  expect(await refusalCode(() => verifyRequestObject(sent, fetched))).toBe('invalid_request_object')
  const alsoSent = { ...expectation, algorithms: ['none'] }
  expect(await refusalCode(() => verifyRequestObject(sent, alsoSent))).toBe('request_not_supported')
})

test('whatever claims it has, it is read or refused in the words of OAuth', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (more) => {
      const sent = await jwt(more)
      return isTotal(() => verifyRequestObject(sent, expectation))
    }),
    { numRuns: 50 },
  )
})

test('one by oauth4webapi is accepted', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const { crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const sent = await issueRequestObject(
    { issuer: ISSUER },
    { client_id: 'portal' },
    new URLSearchParams([
      ['scope', 'openid email'],
      ['max_age', '60'],
      ['resource', 'https://a.example/'],
      ['resource', 'https://b.example/'],
    ]),
    pair.privateKey,
  )
  const parameters = await verifyRequestObject(sent, {
    ...expectation,
    keys: { jwks: { keys: [{ kty: 'EC', crv, x, y }] } },
    now: new Date(),
  })
  expect([parameters.get('scope'), parameters.get('max_age')]).toEqual(['openid email', '60'])
  expect(parameters.all('resource')).toHaveLength(2)
})
