import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  isClientIdUrl,
  parseClientIdMetadataDocument,
} from '../../../src/protocol/oauth/client-id-metadata-document.ts'
import { createKey } from './jwts.ts'
import { isTotal, refusalCode } from './refusal.ts'

const key = createKey()

describe('a client id that is a URL (draft-ietf-oauth-client-id-metadata-document §3)', () => {
  test.each(['https://client.example/oauth.json', 'https://client.example:8443/a/b'])('%s', (clientId) => {
    expect(isClientIdUrl(clientId)).toBe(true)
  })

  test.each([
    ['http', 'http://client.example/oauth.json'],
    ['no path', 'https://client.example'],
    ['the root', 'https://client.example/'],
    ['a user', 'https://user@client.example/oauth.json'],
    ['a fragment', 'https://client.example/oauth.json#x'],
    ['a query', 'https://client.example/oauth.json?x=1'],
    ['dot segments', 'https://client.example/a/../oauth.json'],
    ['escaped dot segments', 'https://client.example/a/%2e%2e/oauth.json'],
    ['upper case', 'https://CLIENT.example/oauth.json'],
    ['the port that is meant anyway', 'https://client.example:443/oauth.json'],
    ['a space', ' https://client.example/oauth.json'],
    ['600 characters', `https://client.example/${'x'.repeat(600)}`],
    ['no URL', 'acme-portal-001'],
  ])('has not %s', (_, clientId) => expect(isClientIdUrl(clientId)).toBe(false))

  const clientId = 'https://client.example/oauth.json'
  const document = {
    client_id: clientId,
    client_name: 'MCP client',
    redirect_uris: ['http://127.0.0.1/callback'],
  }

  test('may have a logo over http, which no page shows: that is no reason to turn its people away', async () => {
    const logo_uri = 'http://client.example/logo.png'
    expect(parseClientIdMetadataDocument(clientId, { ...document, logo_uri })).toMatchObject({ logo_uri })
    const refused = () => parseClientIdMetadataDocument(clientId, { ...document, logo_uri: 'x' })
    expect(await refusalCode(refused)).toBe('invalid_client_metadata')
  })

  test('has a document that makes it a public client', () => {
    expect(parseClientIdMetadataDocument(clientId, document)).toMatchObject({
      token_endpoint_auth_method: 'none',
      client_name: 'MCP client',
      grant_types: ['authorization_code'],
    })
  })

  test('or one that signs with its own key', () => {
    const signing = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
    expect(parseClientIdMetadataDocument(clientId, { ...document, ...signing })).toMatchObject(signing)
  })

  test('gets nothing for itself, whatever its document says: nobody vouches for it', async () => {
    const signing = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
    const describe = (grant_types: string[]) =>
      parseClientIdMetadataDocument(clientId, { ...document, ...signing, grant_types })
    const given = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange']
    expect(describe(['authorization_code', 'refresh_token', ...given]).grant_types).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect(await refusalCode(() => describe(given))).toBe('invalid_client_metadata')
  })

  describe('is written for every server:', () => {
    const read = (over: object) => parseClientIdMetadataDocument(clientId, { ...document, ...over })
    const grant_types = ['authorization_code', 'refresh_token']

    test.each<[string, object, object]>([
      ['grants', { grant_types: [...grant_types, 'implicit', 'urn:example:other', 7] }, { grant_types }],
      [
        'response types',
        { response_types: ['code', 'token', 'code id_token'] },
        { response_types: ['code'] },
      ],
      [
        'redirect URIs',
        { redirect_uris: ['agent://cb', 'http://127.0.0.1/callback', 'http://192.0.2.1/cb', null] },
        { redirect_uris: ['http://127.0.0.1/callback'] },
      ],
      [
        'addresses for after',
        { post_logout_redirect_uris: ['agent://x'] },
        { post_logout_redirect_uris: [] },
      ],
      ['algorithms', { id_token_signed_response_alg: 'ES384' }, { id_token_signed_response_alg: 'RS256' }],
      ['null', { logo_uri: null, jwks: null, client_secret: null }, {}],
      ['empty members', { logo_uri: '', scope: '', grant_types: [], response_types: [] }, {}],
      ['members that every object has', { constructor: 'x', toString: ['x'] }, {}],
      ['addresses of request objects', { request_uris: ['https://client.example/r'] }, {}],
      // Nobody has looked whether the sector is its own.
      ['sectors', { subject_type: 'pairwise', sector_identifier_uri: 'https://bank.example/s' }, {}],
    ])('%s that are not taken here are left out', (_, over, expected) => {
      expect(read(over)).toEqual({ ...read({}), ...expected })
    })

    test.each([
      'userinfo_signed_response_alg',
      'request_object_signing_alg',
      'token_endpoint_auth_signing_alg',
    ])('%s is as if it were not there where it is of no use', (name) => {
      const signing = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
      expect(read({ ...signing, [name]: 'HS256' })).toEqual(read(signing))
      expect(read({ ...signing, [name]: 'none' })).toEqual(read(signing))
      expect(read({ ...signing, [name]: 'ES256' })).toEqual({ ...read(signing), [name]: 'ES256' })
      const fapi = { require_pushed_authorization_requests: true, dpop_bound_access_tokens: true, ...signing }
      expect(read({ ...fapi, [name]: 'RS256' })).toEqual(read(fapi))
    })

    test.each<[string, object, string]>([
      ['redirect URI', { redirect_uris: ['agent://cb', 'javascript:alert(1)'] }, 'invalid_redirect_uri'],
      ['redirect URI at all', { redirect_uris: [] }, 'invalid_redirect_uri'],
      ['grant', { grant_types: ['urn:example:other'] }, 'invalid_client_metadata'],
      ['response type', { response_types: ['token'] }, 'invalid_client_metadata'],
    ])('but not without a good %s', async (_, over, code) => {
      expect(String(await refusalCode(() => read(over)))).toBe(code)
    })
  })

  test.each([
    ['that names another client', { client_id: 'https://client.example/other.json' }],
    ['that names none', { client_id: undefined }],
    ['with a secret', { client_secret: 'x' }],
    ['with a secret’s expiry', { client_secret_expires_at: 0 }],
    ['with a method that needs a secret', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['with HMAC assertions', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['with a private key', { jwks: { keys: [key.privateKey.export({ format: 'jwk' })] } }],
  ])('not one %s', async (_, over) => {
    expect(await refusalCode(() => parseClientIdMetadataDocument(clientId, { ...document, ...over }))).toBe(
      'invalid_client_metadata',
    )
  })

  test('whatever is found there is read or refused in the words of OAuth', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (found) =>
        isTotal(() => parseClientIdMetadataDocument(clientId, found)),
      ),
    )
  })
})
