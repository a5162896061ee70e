import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretJwt,
  ClientSecretPost,
  None,
  PrivateKeyJwt,
} from 'oauth4webapi'
import { verifyClientAssertion } from '../../../src/protocol/oauth/client-assertion.ts'
import { parseClientAuthentication } from '../../../src/protocol/oauth/client-authentication.ts'
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../../src/protocol/oauth/index.ts'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import { createKey, jwtBy, NOW, SECONDS, unsigned } from './jwts.ts'
import { isTotal, refusal, refusalCode } from './refusal.ts'

const ISSUER = 'https://id.example.com'
const TOKEN_ENDPOINT = `${ISSUER}/oidc/token`
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const parse = (authorization: string | undefined, fields: Readonly<Record<string, string>>) =>
  parseClientAuthentication(authorization, parseParameters(new URLSearchParams(fields).toString()))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

/** What oauth4webapi sends. */
async function sentBy(method: ClientAuth, clientId: string) {
  const [body, headers] = [new URLSearchParams(), new Headers()]
  await method({ issuer: ISSUER, token_endpoint: TOKEN_ENDPOINT }, { client_id: clientId }, body, headers)
  return parseClientAuthentication(
    headers.get('authorization') ?? undefined,
    parseParameters(body.toString()),
  )
}

describe('a client authenticates', () => {
  test('by HTTP Basic, form-encoded (RFC 6749 §2.3.1)', () => {
    expect(parse(basic('acme%2Fportal:a+b%3A%C3%A9:c'), {})).toEqual({
      method: 'client_secret_basic',
      clientId: 'acme/portal',
      secret: 'a b:é:c',
    })
    expect(parse(basic('portal:secret').replace('Basic', 'bAsIc'), { client_id: 'portal' })).toMatchObject({
      clientId: 'portal',
    })
  })

  test('in the body', () => {
    expect(parse(undefined, { client_id: 'portal', client_secret: 's' })).toEqual({
      method: 'client_secret_post',
      clientId: 'portal',
      secret: 's',
    })
  })

  test('not at all, as public clients do', () => {
    expect(parse(undefined, { client_id: 'mobile' })).toEqual({ method: 'none', clientId: 'mobile' })
    expect(parse(undefined, { client_id: 'mobile', client_secret: '' })).toMatchObject({ method: 'none' })
    expect(parse(basic('mobile:'), {})).toMatchObject({ method: 'none', clientId: 'mobile' })
  })

  test('as oauth4webapi does it, whatever its id and secret', async () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
    await fc.assert(
      fc.asyncProperty(texts, texts, async (clientId, secret) => {
        expect(await sentBy(ClientSecretBasic(secret), clientId)).toMatchObject({ clientId, secret })
        expect(await sentBy(ClientSecretPost(secret), clientId)).toMatchObject({ clientId, secret })
        expect(await sentBy(None(), clientId)).toEqual({ method: 'none', clientId })
      }),
    )
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ])
    expect(await sentBy(PrivateKeyJwt(privateKey), 'service')).toMatchObject({
      method: 'private_key_jwt',
      clientId: 'service',
    })
    expect(await sentBy(ClientSecretJwt('secret'), 'service')).toMatchObject({ method: 'client_secret_jwt' })
  })
})

describe('more than one way at once is refused (RFC 6749 §2.3)', () => {
  const assertion = unsigned({ alg: 'ES256' }, { sub: 'portal' })
  test.each([
    ['header and body', basic('portal:a'), { client_id: 'portal', client_secret: 'a' }],
    [
      'header and assertion',
      basic('portal:a'),
      { client_assertion: assertion, client_assertion_type: JWT_BEARER },
    ],
    [
      'body and assertion',
      undefined,
      {
        client_id: 'portal',
        client_secret: 'a',
        client_assertion: assertion,
        client_assertion_type: JWT_BEARER,
      },
    ],
    ['another client in the body than in the header', basic('portal:a'), { client_id: 'other' }],
    [
      'another client than the assertion’s',
      undefined,
      { client_id: 'other', client_assertion: assertion, client_assertion_type: JWT_BEARER },
    ],
  ] as const)('%s', async (_, header, fields) => {
    expect(await refusalCode(() => parse(header, fields as Record<string, string>))).toBe('invalid_request')
  })
})

describe('what says no client is refused with invalid_client', () => {
  test.each([
    ['nothing', undefined, {}],
    ['a secret alone', undefined, { client_secret: 's' }],
    ['a bearer token', 'Bearer abc', { client_id: 'portal' }],
    ['Basic without a colon', basic('portal'), {}],
    ['Basic without an id', basic(':secret'), {}],
    ['Basic that is not base64', 'Basic !!!', {}],
    ['Basic that is not form-encoded', basic('portal:100%'), {}],
    ['an assertion of another type', undefined, { client_assertion: 'a.b.c', client_assertion_type: 'saml' }],
    ['an assertion without its type', undefined, { client_assertion: 'a.b.c' }],
    ['the type alone', undefined, { client_id: 'portal', client_assertion_type: JWT_BEARER }],
    [
      'an assertion that is none',
      undefined,
      { client_assertion: 'a.b.c', client_assertion_type: JWT_BEARER },
    ],
    [
      'an assertion about nobody',
      undefined,
      { client_assertion: unsigned({ alg: 'ES256' }, {}), client_assertion_type: JWT_BEARER },
    ],
  ] as const)('%s', async (_, header, fields) => {
    const error = await refusal(() => parse(header, fields as Record<string, string>))
    expect(error.code).toBe('invalid_client')
    // A challenge answers those who tried by header, and is no invitation to others.
    expect('WWW-Authenticate' in error.headers).toBe(header !== undefined)
  })

  test('any header', async () => {
    const headers = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((text) => basic(text)),
    )
    await fc.assert(fc.asyncProperty(headers, (header) => isTotal(() => parse(header, {}))))
  })
})

describe('an assertion (RFC 7523 §3)', () => {
  const key = createKey()
  const expectation = {
    clientId: 'service',
    audiences: [ISSUER, TOKEN_ENDPOINT],
    keys: { jwks: { keys: [key.jwk] } },
    algorithms: ASYMMETRIC_ALGORITHMS,
    now: NOW,
  }
  const claims = { iss: 'service', sub: 'service', aud: ISSUER, exp: SECONDS + 60, iat: SECONDS, jti: 'j1' }
  const verify = async (over: Record<string, unknown>, header = {}) =>
    verifyClientAssertion(await jwtBy(key.privateKey, header, { ...claims, ...over }), expectation)

  test('proves its client until it expires, once', async () => {
    expect(await verify({})).toEqual({ replayKey: 'service j1', expiresAt: new Date((SECONDS + 70) * 1_000) })
  })

  test.each([
    ['the token endpoint', TOKEN_ENDPOINT],
    ['issuer and token endpoint', [ISSUER, TOKEN_ENDPOINT]],
    ['a list of one', [ISSUER]],
  ])('may be for %s', async (_, aud) => expect((await verify({ aud })).replayKey).toBe('service j1'))

  test.each([
    ['another issuer', { iss: 'other' }],
    ['another subject', { sub: 'other' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'https://other.example.com' }],
    ['another audience beside ours', { aud: [ISSUER, 'https://other.example.com'] }],
    ['an audience that begins like ours', { aud: `${ISSUER}.evil.example` }],
    ['no audience', { aud: undefined }],
    ['an empty audience', { aud: [] }],
    ['no expiry', { exp: undefined }],
    ['an expiry in the past', { exp: SECONDS - 60 }],
    ['an expiry far away', { exp: SECONDS + 86_400 }],
    ['a start in the future', { nbf: SECONDS + 60 }],
    ['no id', { jti: undefined }],
    ['an empty id', { jti: '' }],
    ['an id that is a number', { jti: 1 }],
    ['an id of 600 characters', { jti: 'x'.repeat(600) }],
  ])('is refused with %s', async (_, over) => {
    const error = await refusal(() => verify(over))
    expect([error.code, error.message]).toEqual(['invalid_client', 'Client authentication failed.'])
    expect(error.reason).toStartWith('assertion: ')
  })

  test('is refused by another key, as another token, unsigned, and by a secret', async () => {
    const other = createKey()
    const attempts = [
      await jwtBy(other.privateKey, {}, claims),
      await jwtBy(key.privateKey, { typ: 'dpop+jwt' }, claims),
      await jwtBy(key.privateKey, { typ: 'oauth-authz-req+jwt' }, claims),
      unsigned({ alg: 'none' }, claims),
      await jwtBy(Buffer.alloc(32), { alg: 'HS256' }, claims),
    ]
    for (const assertion of attempts)
      expect(await refusalCode(() => verifyClientAssertion(assertion, expectation))).toBe('invalid_client')
  })

  test('by secret is checked by the secret alone', async () => {
    const secret = Buffer.from('acme_secret_portal_2024_acme_secret')
    const assertion = await jwtBy(secret, { alg: 'HS256' }, claims)
    const bySecret = { ...expectation, keys: { secrets: [secret] }, algorithms: HMAC_ALGORITHMS }
    expect((await verifyClientAssertion(assertion, bySecret)).replayKey).toBe('service j1')
    expect(await refusalCode(() => verifyClientAssertion(assertion, expectation))).toBe('invalid_client')
  })

  test('of oauth4webapi is accepted', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const sent = await sentBy(PrivateKeyJwt(pair.privateKey), 'service')
    if (!('assertion' in sent)) throw new Error('It has an assertion.')
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
    const { crv = '', x = '', y = '' } = jwk
    const use = await verifyClientAssertion(sent.assertion, {
      ...expectation,
      keys: { jwks: { keys: [{ kty: 'EC', crv, x, y }] } },
      now: new Date(),
    })
    expect(use.replayKey).toStartWith('service ')
  })
})
