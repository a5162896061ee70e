/** Every error of the other endpoints that clients call by themselves: PAR, revocation, introspection, devices. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, type OAuthAnswer, post, REDIRECT_URI } from './application.ts'
import { type ErrorRow, expectJsonError } from './error-table.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const ALL = ['/oidc/token', '/oidc/par', '/oidc/revoke', '/oidc/introspect', '/oidc/device']

type Send = (app: Application, t: TestServer) => Promise<OAuthAnswer>

const WHOLE = {
  response_type: 'code',
  redirect_uri: REDIRECT_URI,
  scope: 'openid',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}
const push =
  (over: Record<string, string>): Send =>
  (app, t) =>
    post(t, '/oidc/par', { ...app.credentials, ...WHOLE, ...over })

const ERRORS: readonly ErrorRow<Send>[] = [
  [
    'RFC 9126 §2.3',
    'a redirect URI of somebody else',
    'invalid_request',
    push({ redirect_uri: 'https://evil.example' }),
  ],
  ['RFC 9126 §2.3', 'no redirect URI', 'invalid_request', push({ redirect_uri: '' })],
  [
    'RFC 9126 §2.1',
    'a pushed request in the pushed request',
    'invalid_request',
    push({ request_uri: 'urn:x' }),
  ],
  [
    'RFC 9126 §2.1',
    'another client than the one that pushes',
    'invalid_request',
    (app, t) => post(t, '/oidc/par', { ...WHOLE, client_id: 'another' }, basicOf(app)),
  ],
  ['RFC 9126 §2.3', 'a scope that is not open to it', 'invalid_scope', push({ scope: 'admin:write' })],
  ['RFC 9126 §2.3', 'the implicit grant', 'unsupported_response_type', push({ response_type: 'token' })],
  [
    'RFC 9126 §2.3',
    'a client of another grant',
    'unauthorized_client',
    async (_, t) => {
      const app = await application(t, { grant_types: ['client_credentials'], scope: 'openid' })
      return push({})(app, t)
    },
  ],
  ['RFC 7636 §4.4.1', 'no code challenge', 'invalid_request', push({ code_challenge: '' })],
  [
    'RFC 8707 §2',
    'a resource that is not open to it',
    'invalid_target',
    push({ resource: 'https://other.example' }),
  ],
  ['RFC 9101 §6.2', 'a request object that is none', 'invalid_request_object', push({ request: 'x' })],
  [
    'OpenID Connect Core §3.1.2.6',
    'a client that describes itself',
    'registration_not_supported',
    push({ registration: '{}' }),
  ],
  [
    'RFC 9449 §10.1',
    'a proof that is none',
    'invalid_dpop_proof',
    (app, t) => post(t, '/oidc/par', { ...app.credentials, ...WHOLE }, { dpop: 'x' }),
  ],
  [
    'RFC 7009 §2.1',
    'no token to revoke',
    'invalid_request',
    (app, t) => post(t, '/oidc/revoke', app.credentials),
  ],
  [
    'RFC 7009 §2.1',
    'a token of another client',
    'invalid_grant',
    async (app, t) => {
      const other = await application(t)
      return app.revoke((await other.exchange()).body.refresh_token)
    },
  ],
  [
    'RFC 7662 §2.1',
    'no token to introspect',
    'invalid_request',
    (app, t) => post(t, '/oidc/introspect', app.credentials),
  ],
  [
    'RFC 7662 §2.1',
    'a public client that introspects',
    'invalid_client',
    async (_, t) => (await application(t, { token_endpoint_auth_method: 'none' })).introspect('x'),
  ],
  [
    'RFC 8628 §3.1',
    'a client of another grant',
    'unauthorized_client',
    async (_, t) => {
      const { credentials } = await application(t)
      return post(t, '/oidc/device', credentials)
    },
  ],
  [
    'RFC 8628 §3.1',
    'a scope that is not open to it',
    'invalid_scope',
    (app, t) => post(t, '/oidc/device', { ...app.credentials, scope: 'admin:write' }),
  ],
  [
    'RFC 8707 §2',
    'a device for another resource',
    'invalid_target',
    (app, t) => post(t, '/oidc/device', { ...app.credentials, resource: 'https://other.example' }),
  ],
  [
    'RFC 9449 §5',
    'a device with a proof that is none',
    'invalid_dpop_proof',
    (app, t) => post(t, '/oidc/device', app.credentials, { dpop: 'x' }),
  ],
]

const basicOf = ({ client, secret }: Application) => ({
  authorization: `Basic ${btoa(`${client.id}:${secret}`)}`,
})

describe.each(testDialects)('the endpoints of clients on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())
  const make = () => application(t, { grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE] })

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, send) => {
    expectJsonError(await send(await make(), t), { status: code === 'invalid_client' ? 401 : 400, code })
  })

  describe.each(ALL)('%s', (path) => {
    test('lets in no client without its proof, and challenges who tried by header (RFC 6749 §5.2)', async () => {
      const app = await make()
      const { client } = app
      for (const parameters of [
        { x: '1' },
        { client_id: client.id },
        { client_id: 'nobody', client_secret: 'x' },
      ]) {
        const answer = await post(t, path, parameters)
        expectJsonError(answer, { status: 401, code: 'invalid_client' })
        expect(answer.headers.get('www-authenticate')).toBeNull()
      }
      const byHeader = await post(t, path, { x: '1' }, basicOf({ ...app, secret: 'wrong' }))
      expectJsonError(byHeader, { status: 401, code: 'invalid_client' })
      expect(byHeader.headers.get('www-authenticate')).toBe('Basic realm="OAuth"')
    })

    test('takes no parameter twice, whether or not it knows it (RFC 6749 §3.2)', async () => {
      const app = await make()
      for (const name of [
        'client_id',
        'token',
        'scope',
        'grant_type',
        'redirect_uri',
        'request',
        'anything',
      ]) {
        const twice = `${name}=a&${name}=a`
        expectJsonError(await post(t, path, twice, basicOf(app)), { status: 400, code: 'invalid_request' })
      }
    })

    test.each([
      ['a parameter of a megabyte', `token=${'x'.repeat(1_000_000)}`],
      ['a name of a megabyte', `${'x'.repeat(1_000_000)}=1`],
      ['thousands of parameters', Array.from({ length: 5_000 }, (_, index) => `p${index}=1`).join('&')],
      ['thousands of ampersands and a parameter that is none', `${'&'.repeat(5_000)}%`],
      ['a NUL', 'token=%00'],
      ['half a surrogate pair', 'token=%ed%a0%80'],
    ])('takes no %s', async (_, body) => {
      const app = await make()
      expectJsonError(await post(t, path, body, basicOf(app)), { status: 400, code: 'invalid_request' })
    })

    test('takes no parameters by its query (RFC 6749 §2.3.1, §3.2)', async () => {
      const { credentials } = await make()
      const query = new URLSearchParams({ ...credentials, token: 'x', grant_type: 'client_credentials' })
      expectJsonError(await post(t, `${path}?${query}`, 'x=1'), { status: 401, code: 'invalid_client' })
    })
  })

  test('a token that is unknown, malformed or hinted at wrongly is revoked without a word (RFC 7009 §2.2)', async () => {
    const app = await make()
    const { access_token, refresh_token } = (await app.exchange()).body
    for (const token of ['unknown', 'a2r_x', 'x.y.z', '😀']) {
      expect((await app.revoke(token)).status).toBe(200)
    }
    const revoke = (token: string, token_type_hint: string) =>
      post(t, '/oidc/revoke', { ...app.credentials, token, token_type_hint })
    expect((await revoke(access_token, 'refresh_token')).status).toBe(200)
    expect((await app.introspect(access_token)).body).toEqual({ active: false })
    expect((await revoke(refresh_token, 'urn:unknown')).status).toBe(200)
    expect((await app.introspect(refresh_token)).body).toEqual({ active: false })
  })
})
