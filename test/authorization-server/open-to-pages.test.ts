/** What a program in a browser, at an origin of its own, can do with the endpoints. Fetch §3.2 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application } from './application.ts'

const APP = 'https://app.example.com'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const OPEN: readonly (readonly [path: string, methods: string])[] = [
  ['/.well-known/openid-configuration', 'GET, HEAD'],
  ['/.well-known/oauth-authorization-server', 'GET, HEAD'],
  ['/.well-known/oauth-protected-resource/api', 'GET, HEAD'],
  ['/oidc/jwks', 'GET, HEAD'],
  ['/oidc/token', 'POST'],
  ['/oidc/token/', 'POST'],
  ['/oidc/userinfo', 'GET, HEAD, POST'],
  ['/oidc/revoke', 'POST'],
  ['/oidc/par', 'POST'],
  ['/oidc/device', 'POST'],
  ['/oidc/register', 'POST'],
  ['/oidc/register/some-client', 'GET, HEAD, PUT, DELETE'],
]
const CLOSED = [
  '/oidc/introspect',
  '/oidc/authorize',
  '/oidc/logout',
  '/oidc/register/some-client/more',
  '/oidc/nothing',
  '/login',
  '/consent',
  '/device',
  '/api/v1/auth/login',
  '/api/v1/users/me',
  '/health',
]

const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))

/** `CORS_ORIGINS` says who may call with cookies, and these endpoints take none. */
describe.each([
  ['without CORS_ORIGINS', {}],
  ['with the origin in CORS_ORIGINS', { CORS_ORIGINS: APP }],
  ['with every origin in CORS_ORIGINS', { CORS_ORIGINS: '*' }],
] as const)('a page of another origin, %s,', (name, env) => {
  let t: TestServer
  let app: Application
  beforeAll(async () => {
    t = await testServer({ env: { ...env, OIDC_DYNAMIC_REGISTRATION: 'open' } })
    app = await application(t, { token_endpoint_auth_method: 'none' })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const send = (
    path: string,
    { headers, ...init }: RequestInit & { headers?: Record<string, string> } = {},
  ) =>
    t.app.handle(
      new Request(`${t.deps.config.publicUrl}${path}`, { ...init, headers: { origin: APP, ...headers } }),
    )
  const preflight = (path: string, method: string) =>
    send(path, {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,dpop',
      },
    })
  const OPENED = {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'DPoP-Nonce, WWW-Authenticate, Retry-After',
  }

  test.each(OPEN)('is let to %s', async (path, methods) => {
    const [method = ''] = methods.split(', ')
    const asked = await preflight(path, method)
    expect(asked.status).toBe(204)
    expect(corsHeaders(asked)).toEqual({
      ...OPENED,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'Authorization, Content-Type, DPoP',
      'access-control-max-age': '600',
    })
    for (const headers of [{}, { origin: '' }, { cookie: 'x='.padEnd(20_000, 'x') }]) {
      expect(corsHeaders(await send(path, { method, headers }))).toEqual(OPENED)
    }
  })

  test.each(CLOSED)('is not let to %s without being named', async (path) => {
    const isNamed = name !== 'without CORS_ORIGINS'
    for (const answer of [await preflight(path, 'GET'), await send(path)]) {
      const { 'access-control-allow-origin': allowed, 'access-control-expose-headers': exposed } =
        corsHeaders(answer)
      expect(allowed).toBe(isNamed ? (env as { CORS_ORIGINS: string }).CORS_ORIGINS : undefined)
      expect(exposed).not.toBe(OPENED['access-control-expose-headers'])
    }
  })

  test('has a code exchanged, reads who it is, and what went wrong', async () => {
    const { code, verifier } = await app.code()
    const form = { ...app.credentials, grant_type: 'authorization_code', code, code_verifier: verifier }
    const body = new URLSearchParams({ ...form, redirect_uri: 'https://wiki.example.com/callback' })
    const exchanged = await send('/oidc/token', { method: 'POST', headers: FORM, body: String(body) })
    expect(exchanged.status).toBe(200)
    expect(corsHeaders(exchanged)).toEqual(OPENED)
    const { access_token } = (await exchanged.json()) as { access_token: string }
    const authorization = `Bearer ${access_token}`
    const userinfo = await send('/oidc/userinfo', { headers: { authorization } })
    expect([userinfo.status, corsHeaders(userinfo)]).toEqual([200, OPENED])
    const refused = await send('/oidc/userinfo', { headers: { authorization: 'Bearer a2t_nothing' } })
    expect([refused.status, corsHeaders(refused)]).toEqual([401, OPENED])
  })

  test('gets nothing for the cookies that a browser might send along', async () => {
    const cookie = `authy2_session=${app.person.token}`
    expect((await send('/api/v1/users/me', { headers: { cookie } })).status).toBe(200)
    for (const method of ['GET', 'POST']) {
      const headers = { cookie, ...(method === 'POST' ? FORM : {}) }
      const answer = await send('/oidc/userinfo', { method, headers })
      expect([answer.status, await answer.text()]).toEqual([401, '{}'])
    }
    for (const path of ['/oidc/token', '/oidc/par', '/oidc/revoke', '/oidc/device']) {
      const answer = await send(path, { method: 'POST', headers: { cookie, ...FORM } })
      expect([path, answer.status]).toEqual([path, 401])
    }
    const registered = await send(`/oidc/register/${app.client.id}`, { headers: { cookie } })
    expect(registered.status).toBe(401)
  })
})

test('what is no preflight is told what the path answers to', async () => {
  await using t = await testServer()
  const request = new Request(`${t.deps.config.publicUrl}/oidc/token`, { method: 'OPTIONS' })
  const { status, headers } = await t.app.handle(request)
  expect([status, headers.get('allow')]).toEqual([405, 'POST'])
})
