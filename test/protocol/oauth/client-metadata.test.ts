import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { processDynamicClientRegistrationResponse } from 'oauth4webapi'
import { ClientMetadata } from '../../../src/protocol/oauth/client-metadata.ts'
import {
  encodeClientInformation,
  parseRegistration,
  parseRegistrationUpdate,
} from '../../../src/protocol/oauth/registration.ts'
import { createKey, NOW, SECONDS } from './jwts.ts'
import { isTotal, refusal, refusalCode } from './refusal.ts'

const key = createKey()
const web = { redirect_uris: ['https://portal.example/cb'] }

describe('a registration', () => {
  test('is completed as the standards say (RFC 7591 §2, OpenID Connect Registration §2)', () => {
    expect(parseRegistration(web)).toEqual({
      ...web,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'web',
      subject_type: 'public',
      id_token_signed_response_alg: 'RS256',
      require_auth_time: false,
      require_signed_request_object: false,
      require_pushed_authorization_requests: false,
      dpop_bound_access_tokens: false,
      post_logout_redirect_uris: [],
      backchannel_logout_session_required: false,
    })
  })

  test('keeps what it understands, and leaves out the rest', () => {
    const metadata = parseRegistration({
      ...web,
      client_name: 'Пример',
      'client_name#de': 'Beispiel',
      jwks: { keys: [key.jwk] },
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_encrypted_response_alg: 'RSA-OAEP',
      favourite_colour: 'green',
    })
    expect(metadata).toMatchObject({ client_name: 'Пример', jwks: { keys: [key.jwk] } })
    expect(Object.keys(metadata)).not.toContain('favourite_colour')
    expect(Object.keys(metadata)).not.toContain('id_token_encrypted_response_alg')
  })

  test('takes what is null or empty for absent (RFC 7592 §2.2)', () => {
    expect(parseRegistration({ ...web, logo_uri: '', jwks: null })).toEqual(parseRegistration(web))
  })

  test('of a service needs no redirect URI', () => {
    expect(parseRegistration({ grant_types: ['client_credentials'] })).toMatchObject({
      redirect_uris: [],
      response_types: [],
    })
  })

  test.each([
    ['http on another host', ['http://portal.example/cb']],
    ['a fragment', ['https://portal.example/cb#x']],
    ['script', ['javascript:alert(1)']],
    ['a number', [1]],
    ['fifty-one of them', Array.from({ length: 51 }, (_, index) => `https://a.example/${index}`)],
    ['a text', 'https://portal.example/cb'],
  ])('is refused with invalid_redirect_uri for %s', async (_, redirect_uris) => {
    expect(await refusalCode(() => parseRegistration({ redirect_uris }))).toBe('invalid_redirect_uri')
  })

  test('of a code client needs a redirect URI', async () => {
    expect(await refusalCode(() => parseRegistration({}))).toBe('invalid_redirect_uri')
  })

  test.each([
    ['an unknown grant type', { grant_types: ['password'] }],
    ['the implicit grant', { grant_types: ['implicit'], response_types: ['token'] }],
    ['another response type', { response_types: ['id_token'] }],
    ['a response type without its grant', { grant_types: ['client_credentials'], response_types: ['code'] }],
    ['a grant without its response type', { response_types: [] }],
    ['refreshing what nothing grants', { grant_types: ['refresh_token'] }],
    ['no grant at all', { grant_types: [] }],
    [
      'credentials of a public client',
      { grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' },
    ],
    ['an unknown authentication method', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['keys in two places', { jwks: { keys: [key.jwk] }, jwks_uri: 'https://portal.example/jwks' }],
    ['a private key', { jwks: { keys: [key.privateKey.export({ format: 'jwk' })] } }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
    ['no keys', { jwks: { keys: [] } }],
    ['twenty-one keys', { jwks: { keys: Array(21).fill(key.jwk) } }],
    ['keys over plain http', { jwks_uri: 'http://portal.example/jwks' }],
    ['signed requests without keys', { require_signed_request_object: true }],
    ['unsigned request objects', { request_object_signing_alg: 'none', jwks: { keys: [key.jwk] } }],
    ['unsigned ID tokens', { id_token_signed_response_alg: 'none' }],
    [
      'HMAC for private_key_jwt',
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'HS256',
        jwks: { keys: [key.jwk] },
      },
    ],
    [
      'a public algorithm for client_secret_jwt',
      { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'ES256' },
    ],
    ['a script as logo', { logo_uri: 'javascript:alert(1)' }],
    ['a logo over http', { logo_uri: 'http://client.example/logo.png' }],
    ['a page with a line break', { client_uri: 'https://portal.example/\nx' }],
    ['a name of 300 characters', { client_name: 'x'.repeat(300) }],
    ['a name that turns direction', { client_name: 'Bank\u202eevil' }],
    ['a name with a line break', { client_name: 'a\nb' }],
    ['a malformed scope', { scope: 'a"b' }],
    ['back-channel logout over plain http', { backchannel_logout_uri: 'http://portal.example/logout' }],
    ['back-channel logout with a fragment', { backchannel_logout_uri: 'https://portal.example/logout#x' }],
    [
      'http that only looks like loopback',
      { backchannel_logout_uri: 'http://localhost.evil.example/logout' },
    ],
    ['an open redirect after sign-out', { post_logout_redirect_uris: ['//evil.example'] }],
    ['a negative age', { default_max_age: -1 }],
    ['a text for a flag', { require_auth_time: 'true' }],
    [
      'pairwise subjects across hosts',
      { subject_type: 'pairwise', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] },
    ],
    // Once such a client could claim the sector of another by an address that it never uses.
    [
      'pairwise subjects of an address that a device does without',
      {
        subject_type: 'pairwise',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'authorization_code'],
      },
    ],
    [
      'a sector that lists nothing of it',
      {
        subject_type: 'pairwise',
        sector_identifier_uri: 'https://a.example/sector.json',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
      },
    ],
    ['a sector over plain http', { sector_identifier_uri: 'http://portal.example/sector.json' }],
  ])('is refused with invalid_client_metadata for %s', async (_, over) => {
    expect(await refusalCode(() => parseRegistration({ ...web, ...over }))).toBe('invalid_client_metadata')
  })

  test('says which member is wrong', async () => {
    const error = await refusal(() => parseRegistration({ ...web, tos_uri: 'x' }))
    expect(error.message).toStartWith('The member tos_uri is not accepted: ')
  })

  test('with a software statement is refused: nobody’s are trusted (RFC 7591 §3.2.2)', async () => {
    expect(await refusalCode(() => parseRegistration({ ...web, software_statement: 'a.b.c' }))).toBe(
      'unapproved_software_statement',
    )
  })

  test('of pairwise subjects may span hosts that a sector lists', () => {
    const sector = { subject_type: 'pairwise', sector_identifier_uri: 'https://a.example/sector.json' }
    const redirect_uris = ['https://a.example/cb', 'https://b.example/cb']
    expect(parseRegistration({ ...sector, redirect_uris })).toMatchObject(sector)
  })

  test.each([
    ['on several ports of a host', { redirect_uris: ['https://a.example/cb', 'https://a.example:8443/cb'] }],
    [
      'of a device alone',
      { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], redirect_uris: [] },
    ],
    [
      'of a device and of addresses that a sector lists',
      {
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        sector_identifier_uri: 'https://a.example/sector.json',
      },
    ],
    [
      'of a device and of a scheme of its own',
      {
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: ['com.acme.mobile:/cb'],
      },
    ],
  ])('of pairwise subjects may be %s', (_, over) => {
    expect(parseRegistration({ ...web, subject_type: 'pairwise', ...over }).subject_type).toBe('pairwise')
  })

  test('completed once stays as it is', () => {
    const metadata = parseRegistration({ ...web, scope: 'openid email', contacts: ['a@example.com'] })
    expect(parseRegistration(metadata)).toEqual(metadata)
    expect(ClientMetadata.parse(metadata)).toEqual(metadata)
  })

  test('of anything is read or refused in the words of OAuth', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), (body) => isTotal(() => parseRegistration(body))))
    const members = fc.dictionary(fc.constantFrom(...Object.keys(ClientMetadata.shape)), fc.jsonValue(), {
      noNullPrototype: true,
    })
    await fc.assert(
      fc.asyncProperty(members, (body) => isTotal(() => parseRegistration({ ...web, ...body }))),
      { numRuns: 500 },
    )
  })
})

describe('the answer', () => {
  test('to a registration holds the secret once (RFC 7591 §3.2.1) and is accepted', async () => {
    const information = encodeClientInformation({
      clientId: 'c1',
      issuedAt: NOW,
      metadata: parseRegistration(web),
      secret: 's3cret',
      management: { uri: 'https://id.example.com/oidc/register/c1', token: 'a2g_token' },
    })
    expect(information).toMatchObject({
      client_id: 'c1',
      client_id_issued_at: SECONDS,
      client_secret: 's3cret',
      client_secret_expires_at: 0,
      registration_access_token: 'a2g_token',
      redirect_uris: web.redirect_uris,
    })
    const response = Response.json(information, { status: 201 })
    expect(await processDynamicClientRegistrationResponse(response)).toMatchObject({ client_id: 'c1' })
  })

  test('afterwards does not', () => {
    const information = encodeClientInformation({
      clientId: 'c1',
      issuedAt: NOW,
      metadata: parseRegistration(web),
    })
    for (const name of ['client_secret', 'client_secret_expires_at', 'registration_access_token'])
      expect(Object.keys(information)).not.toContain(name)
  })
})

describe('an update (RFC 7592 §2.2)', () => {
  test('names the client, and perhaps its secret', () => {
    const update = parseRegistrationUpdate({ ...web, client_id: 'c1', client_secret: 's' }, 'c1')
    expect(update).toEqual({ metadata: parseRegistration(web), presentedSecret: 's' })
  })

  test.each([
    ['another client', { client_id: 'c2' }],
    ['no client', {}],
    ['a management token', { client_id: 'c1', registration_access_token: 'x' }],
    ['a management address', { client_id: 'c1', registration_client_uri: 'https://x.example' }],
    ['an expiry of the secret', { client_id: 'c1', client_secret_expires_at: 0 }],
    ['the time of registration', { client_id: 'c1', client_id_issued_at: 0 }],
    ['a secret that is no text', { client_id: 'c1', client_secret: 1 }],
  ])('is refused with %s', async (_, over) => {
    expect(await refusalCode(() => parseRegistrationUpdate({ ...web, ...over }, 'c1'))).toBe(
      'invalid_client_metadata',
    )
  })

  test('of anything is refused in the words of OAuth', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (body) => isTotal(() => parseRegistrationUpdate(body, 'c1'))),
    )
  })
})
