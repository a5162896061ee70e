/** What clients register of the Dynamic profile, where it is on, and what comes of it where it is off. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type ErrorRow, expectJsonError } from './error-table.ts'
import { setUp } from './setting.ts'

const URI = 'https://app.example.com/callback'
const METADATA = 'invalid_client_metadata'
const REDIRECT = 'invalid_redirect_uri'
const IMPLICIT = {
  redirect_uris: [URI],
  grant_types: ['implicit'],
  response_types: ['id_token'],
  token_endpoint_auth_method: 'none',
}
const REFERRING = { redirect_uris: [URI], request_uris: ['https://app.example.com/request#hash'] }
const KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
const FAPI = {
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [KEY] },
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
}

const ERRORS: readonly ErrorRow<object>[] = [
  ['Registration §2', 'no redirect URI', REDIRECT, { ...IMPLICIT, redirect_uris: [] }],
  ['Registration §2', 'plain http', REDIRECT, { ...IMPLICIT, redirect_uris: ['http://localhost/cb'] }],
  ['Registration §2', 'an IP address', REDIRECT, { ...IMPLICIT, redirect_uris: ['http://127.0.0.1/cb'] }],
  ['Registration §2', 'localhost', REDIRECT, { ...IMPLICIT, redirect_uris: [URI, 'https://localhost/cb'] }],
  ['Registration §2', 'a private scheme', REDIRECT, { ...IMPLICIT, redirect_uris: ['com.example.app:/cb'] }],
  ['RFC 8252 §8.2', 'a native application', METADATA, { ...IMPLICIT, application_type: 'native' }],
  ['Registration §2', 'the grant for codes alone', METADATA, { ...IMPLICIT, response_types: ['code'] }],
  [
    'Registration §2',
    'a response type without the grant',
    METADATA,
    { redirect_uris: [URI], response_types: ['code', 'id_token'] },
  ],
  ['RFC 6749 §4.2', 'an access token alone', METADATA, { ...IMPLICIT, response_types: ['token'] }],
  ['Core §3.3', 'the hybrid flow', METADATA, { ...IMPLICIT, response_types: ['code id_token'] }],
  [
    'RFC 6749 §4.2.2',
    'a refresh token of it',
    METADATA,
    { ...IMPLICIT, grant_types: ['implicit', 'refresh_token'] },
  ],
  [
    'RFC 9449 §5',
    'tokens that are bound to a key',
    METADATA,
    { ...IMPLICIT, dpop_bound_access_tokens: true },
  ],
  ['FAPI 2.0 §5.3.2.1', 'a FAPI client', METADATA, { ...IMPLICIT, ...FAPI }],
  ['FAPI 2.0 §5.3.2.2', 'a FAPI client by reference', METADATA, { ...REFERRING, ...FAPI }],
  ['Core §6.2', 'plain http', METADATA, { ...REFERRING, request_uris: ['http://app.example.com/r'] }],
  ['Core §6.2', 'a file', METADATA, { ...REFERRING, request_uris: ['file:///etc/passwd'] }],
  [
    'Core §6.2',
    'a long one',
    METADATA,
    { ...REFERRING, request_uris: [`https://a.example/${'a'.repeat(512)}`] },
  ],
  ['Core §6.2', 'too many', METADATA, { ...REFERRING, request_uris: Array(21).fill('https://a.example/') }],
  [
    'RFC 9101 §10.5',
    'no signature where there has to be one',
    METADATA,
    {
      ...REFERRING,
      jwks: { keys: [KEY] },
      request_object_signing_alg: 'none',
      require_signed_request_object: true,
    },
  ],
]

describe.each(testDialects)('registration on $name', (dialect) => {
  let on: TestServer
  let off: TestServer
  beforeAll(async () => {
    const env = { OIDC_DYNAMIC_REGISTRATION: 'open' }
    on = await testServer({ dialect, env: { ...env, OIDC_DYNAMIC_PROFILE: 'true' } })
    off = await testServer({ dialect, env })
  })
  afterAll(async () => {
    await on[Symbol.asyncDispose]()
    await off[Symbol.asyncDispose]()
  })

  const register = async (t: TestServer, body: object) => {
    const response = await t.app.handle(
      new Request(`${t.deps.config.publicUrl}/oidc/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  }
  const discovered = async (t: TestServer) =>
    (
      await t.app.handle(new Request(`${t.deps.config.publicUrl}/.well-known/openid-configuration`))
    ).json() as Promise<Record<string, unknown>>

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, body) => {
    expectJsonError(await register(on, body), { status: 400, code })
  })

  test('takes what fits together, and shows it', async () => {
    const unsigned = { ...REFERRING, request_object_signing_alg: 'none' }
    for (const metadata of [IMPLICIT, REFERRING, unsigned]) {
      const { status, body } = await register(on, metadata)
      expect([status, body]).toEqual([201, expect.objectContaining(metadata)])
    }
    const { response_types, ...without } = IMPLICIT
    expect((await register(on, without)).body.response_types).toEqual(['id_token', 'id_token token'])
  })

  test('leaves request_uris out where the profile is off, and refuses the rest', async () => {
    const { status, body } = await register(off, REFERRING)
    expect([status, body.request_uris]).toEqual([201, undefined])
    const { grant_types, ...without } = IMPLICIT
    for (const metadata of [IMPLICIT, without, { ...REFERRING, request_object_signing_alg: 'none' }]) {
      expectJsonError(await register(off, metadata), { status: 400, code: METADATA })
    }
  })

  test('a client that may have one response type keeps it when an administrator changes its name', async () => {
    const { tenant } = await setUp(on)
    const owner = tenant.owner.token
    const path = tenant.path('/clients')
    const made = await on.call('POST', path, {
      token: owner,
      body: { client_name: 'App', redirect_uris: [URI], grant_types: ['implicit'] },
    })
    const { client_id, response_types } = made.body.data.client
    expect(response_types).toEqual(['id_token', 'id_token token'])
    await on.write(async ({ tx }) => {
      const { client } = tx.t
      const row = (await tx.select().from(client)).find(({ id }) => id === client_id)
      if (!row) throw new Error('The client is gone')
      const metadata = { ...row.metadata, response_types: ['id_token' as const] }
      await tx.update(client).set({ metadata }).where(eq(client.id, client_id))
    })
    const change = (body: object) => on.call('PATCH', `${path}/${client_id}`, { token: owner, body })
    const renamed = await change({ client_name: 'Renamed' })
    expect(renamed.body.data.client.response_types).toEqual(['id_token'])
    const changed = await change({ grant_types: ['authorization_code'] })
    expect(changed.body.data.client.response_types).toEqual(['code'])
  })

  test('discovery lists it where it is on, and nothing of it where it is off', async () => {
    expect(await discovered(on)).toMatchObject({
      response_types_supported: ['code', 'id_token', 'id_token token'],
      grant_types_supported: expect.arrayContaining(['authorization_code', 'implicit']),
      request_uri_parameter_supported: true,
      require_request_uri_registration: true,
      request_object_signing_alg_values_supported: expect.not.arrayContaining(['none']),
    })
    expect(await discovered(off)).toMatchObject({
      response_types_supported: ['code'],
      grant_types_supported: expect.not.arrayContaining(['implicit']),
      request_uri_parameter_supported: false,
      require_request_uri_registration: false,
    })
  })
})
