/** Every error of registering and managing oneself, in JSON. RFC 7591 §3.2.2, RFC 7592 §2 */
import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type ErrorRow, expectJsonError } from './error-table.ts'

const URI = 'https://app.example.com/callback'
const APP = { client_name: 'App', redirect_uris: [URI] }
const METADATA = 'invalid_client_metadata'
const REDIRECT = 'invalid_redirect_uri'

const ERRORS: readonly ErrorRow<unknown>[] = [
  ['RFC 7591 §3.1', 'a list', METADATA, []],
  ['RFC 7591 §3.1', 'nothing', METADATA, null],
  ['RFC 7591 §3.1', 'a text', METADATA, 'app'],
  ['RFC 7591 §3.2.2', 'no redirect URI for codes', REDIRECT, {}],
  ['RFC 7591 §3.2.2', 'a redirect URI with a fragment', REDIRECT, { redirect_uris: [`${URI}#x`] }],
  ['RFC 7591 §3.2.2', 'a redirect URI without TLS', REDIRECT, { redirect_uris: ['http://app.example.com/'] }],
  [
    'RFC 7591 §3.2.2',
    'a redirect URI that is a script',
    REDIRECT,
    { redirect_uris: ['javascript:alert(1)'] },
  ],
  [
    'RFC 7591 §3.2.2',
    'a redirect URI of a scheme that is nobody’s',
    REDIRECT,
    { redirect_uris: ['myapp:/callback'] },
  ],
  ['RFC 7591 §3.2.2', 'a redirect URI with a user', REDIRECT, { redirect_uris: ['https://a@b.example/'] }],
  ['RFC 7591 §3.2.2', 'a redirect URI that is relative', REDIRECT, { redirect_uris: ['/callback'] }],
  ['RFC 7591 §3.2.2', 'an unknown method', METADATA, { ...APP, token_endpoint_auth_method: 'x' }],
  ['RFC 7591 §3.2.2', 'a grant type that is not offered', METADATA, { ...APP, grant_types: ['implicit'] }],
  [
    'RFC 7591 §2.1',
    'a response type without its grant',
    METADATA,
    { ...APP, grant_types: ['refresh_token'] },
  ],
  [
    'RFC 7591 §2',
    'keys in two ways',
    METADATA,
    { ...APP, jwks: { keys: [] }, jwks_uri: 'https://a.example/' },
  ],
  ['RFC 7591 §3.2.2', 'a logo that is a script', METADATA, { ...APP, logo_uri: 'javascript:alert(1)' }],
  ['RFC 7591 §3.2.2', 'a malformed scope', METADATA, { ...APP, scope: 'a"b' }],
  [
    'RFC 7591 §3.2.2',
    'an algorithm that signs nothing',
    METADATA,
    { ...APP, id_token_signed_response_alg: 'none' },
  ],
  ...['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'].map(
    (type): ErrorRow<unknown> => [
      'RFC 7591 §3.2.2',
      `${type} without an initial access token`,
      METADATA,
      { ...APP, grant_types: ['authorization_code', type] },
    ],
  ),
  [
    'RFC 7591 §3.2.2',
    'a software statement that nobody vouches for',
    'unapproved_software_statement',
    { ...APP, software_statement: 'x' },
  ],
]

/** RFC 7592 §2.2, beside those of registration. */
const CHANGES: readonly ErrorRow<Readonly<Record<string, unknown>>>[] = [
  ['RFC 7592 §2.2', 'another client', METADATA, { client_id: 'another' }],
  ['RFC 7592 §2.2', 'no client', METADATA, { client_id: undefined }],
  ['RFC 7592 §2.2', 'another secret', METADATA, { client_secret: 'another' }],
  ['RFC 7592 §2.2', 'a secret that is none', METADATA, { client_secret: 1 }],
  ['RFC 7592 §2.2', 'a token of its own choice', METADATA, { registration_access_token: 'x' }],
  [
    'RFC 7592 §2.2',
    'an address of its own choice',
    METADATA,
    { registration_client_uri: 'https://a.example' },
  ],
  ['RFC 7592 §2.2', 'an age of its own choice', METADATA, { client_id_issued_at: 1 }],
  ['RFC 7592 §2.2', 'an expiry of its own choice', METADATA, { client_secret_expires_at: 1 }],
  [
    'RFC 7592 §2.2',
    'a grant without anybody who agrees',
    METADATA,
    { grant_types: ['authorization_code', 'client_credentials'] },
  ],
  ['RFC 7592 §2.2', 'a redirect URI with a fragment', REDIRECT, { redirect_uris: [`${URI}#x`] }],
]

describe.each(testDialects)('registration on $name', (dialect) => {
  let t: TestServer
  let closed: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect, env: { OIDC_DYNAMIC_REGISTRATION: 'open' } })
    closed = await testServer({ dialect })
  })
  afterAll(async () => {
    await t[Symbol.asyncDispose]()
    await closed[Symbol.asyncDispose]()
  })

  const call = async (
    method: string,
    path: string,
    { body, authorization, server = t }: { body?: unknown; authorization?: string; server?: TestServer } = {},
  ) => {
    const response = await server.app.handle(
      new Request(`http://localhost/oidc/register${path}`, {
        method,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  }
  const registered = async () => {
    const { body } = await call('POST', '', { body: APP })
    const authorization = `Bearer ${body.registration_access_token}`
    return { id: body.client_id as string, authorization }
  }

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, body) => {
    expectJsonError(await call('POST', '', { body }), { status: 400, code })
  })

  test.each([...CHANGES])('%s: %s (%s)', async (_section, _what, code, change) => {
    const { id, authorization } = await registered()
    const answer = await call('PUT', `/${id}`, { authorization, body: { ...APP, client_id: id, ...change } })
    expectJsonError(answer, { status: 400, code })
    expect((await call('GET', `/${id}`, { authorization })).body).toMatchObject(APP)
  })

  // RFC 6750 §3.1: who sent nothing is told of no error, in the header.
  test.each<[string, string | undefined, string]>([
    ['no token', undefined, 'Bearer realm="Authy2"'],
    ['a token of another scheme', 'Basic eDp5', 'Bearer error="invalid_token"'],
    ['a token that there is not', 'Bearer a2g_nothing', 'Bearer error="invalid_token"'],
    ['two tokens', 'Bearer a b', 'Bearer error="invalid_token"'],
  ])('with %s nobody is let in (RFC 6750 §3, RFC 7592 §2)', async (_, authorization, challenge) => {
    const { id } = await registered()
    const sent = authorization === undefined ? {} : { authorization }
    const answers = [
      await call('POST', '', { ...sent, body: APP, server: closed }),
      await call('GET', `/${id}`, sent),
      await call('PUT', `/${id}`, { ...sent, body: { ...APP, client_id: id } }),
      await call('DELETE', `/${id}`, sent),
      await call('GET', '/nobody', sent),
    ]
    for (const answer of answers) {
      expectJsonError(answer, { status: 401, code: 'invalid_token' })
      expect(answer.headers.get('www-authenticate')).toBe(challenge)
    }
  })

  // Whoever came had their metadata judged, and an address of their choice fetched, before they were asked who they are.
  test('who may not register is told so before anything of theirs is looked at', async () => {
    const fetched = spyOn(closed.deps.clients, 'checkSectorIdentifier')
    const tenant = await foundTenant(closed)
    const { body: issued } = await closed.call('POST', tenant.path('/initial-access-tokens'), {
      token: tenant.owner.token,
      body: {},
    })
    const authorization = `Bearer ${issued.data.initial_access_token}`
    for (const sent of [{}, { authorization: 'Bearer a2n_nothing' }, { authorization: 'Basic eDp5' }]) {
      for (const body of [{}, [], { ...APP, sector_identifier_uri: 'https://sector.example.com/' }]) {
        const answer = await call('POST', '', { ...sent, body, server: closed })
        expectJsonError(answer, { status: 401, code: 'invalid_token' })
      }
    }
    expect(fetched).not.toHaveBeenCalled()
    const mistaken = await call('POST', '', { authorization, body: {}, server: closed })
    expectJsonError(mistaken, { status: 400, code: REDIRECT })
    expect((await call('POST', '', { authorization, body: APP, server: closed })).status).toBe(201)
    expect((await call('POST', '', { authorization, body: {}, server: closed })).status).toBe(401)
    fetched.mockRestore()
  })

  test('a body of other than JSON is no metadata', async () => {
    const response = await t.app.handle(
      new Request('http://localhost/oidc/register', { method: 'POST', body: 'client_name=App' }),
    )
    expect([response.status, await response.json()]).toMatchObject([400, { error: METADATA }])
  })

  test('an id of a thousand characters is nobody’s', async () => {
    const answer = await call('GET', `/${'x'.repeat(1_000)}`, { authorization: 'Bearer x' })
    expectJsonError(answer, { status: 400, code: 'invalid_request' })
  })
})
