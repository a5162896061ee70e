import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  processClientCredentialsResponse,
  processGenericTokenEndpointResponse,
  processIntrospectionResponse,
} from 'oauth4webapi'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import { TOKEN_TYPES } from '../../../src/protocol/oauth/token-exchange.ts'
import { encodeIntrospection, parseTokenReference } from '../../../src/protocol/oauth/token-reference.ts'
import { GRANT_TYPES, parseTokenRequest } from '../../../src/protocol/oauth/token-request.ts'
import { encodeTokenResponse } from '../../../src/protocol/oauth/token-response.ts'
import { NOW, SECONDS } from './jwts.ts'
import { isTotal, refusalCode } from './refusal.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const parse = (fields: Readonly<Record<string, string>>) =>
  parseTokenRequest(parseParameters(new URLSearchParams(fields).toString()))

describe('a token request', () => {
  test('for a code (RFC 6749 §4.1.3, RFC 7636 §4.5)', () => {
    const redirect_uri = 'https://portal.example/cb'
    expect(parse({ grant_type: 'authorization_code', code: 'c', redirect_uri, code_verifier: 'v' })).toEqual({
      grantType: 'authorization_code',
      code: 'c',
      redirectUri: redirect_uri,
      codeVerifier: 'v',
      resources: [],
    })
  })

  test('for a refresh (§6)', () => {
    expect(
      parse({
        grant_type: 'refresh_token',
        refresh_token: 'r',
        scope: 'a b',
        resource: 'https://a.example/',
      }),
    ).toEqual({
      grantType: 'refresh_token',
      refreshToken: 'r',
      scope: ['a', 'b'],
      resources: ['https://a.example/'],
    })
  })

  test('for the client itself (§4.4.2)', () => {
    expect(parse({ grant_type: 'client_credentials' })).toEqual({
      grantType: 'client_credentials',
      scope: undefined,
      resources: [],
    })
  })

  test('of a device (RFC 8628 §3.4)', () => {
    expect(parse({ grant_type: DEVICE_CODE, device_code: 'd' })).toMatchObject({
      grantType: DEVICE_CODE,
      deviceCode: 'd',
    })
  })

  test('for one token in exchange for another (RFC 8693 §2.1)', () => {
    const exchange = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: 't',
      subject_token_type: TOKEN_TYPES.id_token,
    }
    expect(parse({ ...exchange, audience: 'api', scope: 'a' })).toEqual({
      grantType: TOKEN_EXCHANGE,
      subjectToken: 't',
      subjectTokenType: 'id_token',
      requestedTokenType: 'access_token',
      scope: ['a'],
      resources: [],
      audiences: ['api'],
    })
  })

  test.each([
    ['no grant type', {}, 'invalid_request'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['a grant type that is a name of the language', { grant_type: 'constructor' }, 'unsupported_grant_type'],
    ['no code', { grant_type: 'authorization_code', redirect_uri: 'https://a.example' }, 'invalid_request'],
    ['no refresh token', { grant_type: 'refresh_token' }, 'invalid_request'],
    ['no device code', { grant_type: DEVICE_CODE }, 'invalid_request'],
    ['a malformed scope', { grant_type: 'client_credentials', scope: 'a"b' }, 'invalid_scope'],
    ['a malformed resource', { grant_type: 'client_credentials', resource: '/api' }, 'invalid_target'],
    [
      'no subject token',
      { grant_type: TOKEN_EXCHANGE, subject_token_type: TOKEN_TYPES.jwt },
      'invalid_request',
    ],
    ['no subject token type', { grant_type: TOKEN_EXCHANGE, subject_token: 't' }, 'invalid_request'],
    [
      'an unknown token type',
      { grant_type: TOKEN_EXCHANGE, subject_token: 't', subject_token_type: 'urn:x' },
      'invalid_request',
    ],
    [
      'somebody acting for another',
      {
        grant_type: TOKEN_EXCHANGE,
        subject_token: 't',
        subject_token_type: TOKEN_TYPES.jwt,
        actor_token: 'a',
      },
      'invalid_request',
    ],
  ] as const)('is refused with %s', async (_, fields, code) => {
    expect(await refusalCode(() => parse(fields as Record<string, string>))).toBe(code)
  })

  test('is read or refused in the words of OAuth, whatever it holds', async () => {
    const names = [
      'code',
      'redirect_uri',
      'scope',
      'resource',
      'refresh_token',
      'subject_token',
      'subject_token_type',
    ]
    const fields = fc.dictionary(fc.constantFrom(...names), fc.string(), { noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...GRANT_TYPES, 'x'), fields, (grant_type, rest) =>
        isTotal(() => parse({ ...rest, grant_type })),
      ),
    )
  })
})

describe('a token response', () => {
  const issued = { accessToken: 'a2t', scheme: 'Bearer', lifetimeSeconds: 300, scope: ['a', 'b'] } as const

  test('has what was issued and nothing else (RFC 6749 §5.1)', () => {
    expect(encodeTokenResponse(issued)).toEqual({
      access_token: 'a2t',
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'a b',
    })
    expect(
      encodeTokenResponse({ ...issued, refreshToken: 'r', idToken: 'i', issuedTokenType: 'access_token' }),
    ).toMatchObject({ refresh_token: 'r', id_token: 'i', issued_token_type: TOKEN_TYPES.access_token })
  })

  test('is accepted by a relying party', async () => {
    const provider = { issuer: 'https://id.example.com' }
    const client = { client_id: 'service' }
    expect(
      await processClientCredentialsResponse(provider, client, Response.json(encodeTokenResponse(issued))),
    ).toMatchObject({ access_token: 'a2t', expires_in: 300 })
    const bound = encodeTokenResponse({ ...issued, scheme: 'DPoP' })
    expect(await processGenericTokenEndpointResponse(provider, client, Response.json(bound))).toMatchObject({
      token_type: 'dpop',
    })
  })
})

describe('revocation and introspection', () => {
  test('name a token, and perhaps its kind (RFC 7009 §2.1, RFC 7662 §2.1)', async () => {
    expect(parseTokenReference(parseParameters('token=t&token_type_hint=refresh_token'))).toEqual({
      token: 't',
      hint: 'refresh_token',
    })
    expect(parseTokenReference(parseParameters('token=t&token_type_hint=saml')).hint).toBeUndefined()
    expect(await refusalCode(() => parseTokenReference(parseParameters('token=')))).toBe('invalid_request')
  })

  test('of a token that is not active nothing is said (RFC 7662 §2.2)', () => {
    expect(encodeIntrospection(undefined)).toEqual({ active: false })
  })

  test('of one that is, what it says', async () => {
    const encoded = encodeIntrospection({
      scheme: 'DPoP',
      clientId: 'service',
      subject: 'user-1',
      scope: ['a', 'b'],
      issuer: 'https://id.example.com',
      audience: ['https://api.example.com'],
      tokenId: 'j1',
      issuedAt: NOW,
      expiresAt: new Date(NOW.getTime() + 300_999),
      thumbprint: 'jkt',
    })
    const response = Response.json(encoded)
    expect(
      await processIntrospectionResponse(
        { issuer: 'https://id.example.com' },
        { client_id: 'api' },
        response,
      ),
    ).toMatchObject({ active: true, sub: 'user-1' })
    expect(encoded).toEqual({
      active: true,
      iss: 'https://id.example.com',
      sub: 'user-1',
      aud: ['https://api.example.com'],
      client_id: 'service',
      scope: 'a b',
      iat: SECONDS,
      exp: SECONDS + 300,
      token_type: 'DPoP',
      jti: 'j1',
      cnf: { jkt: 'jkt' },
    })
  })
})
