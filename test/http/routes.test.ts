import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SCOPES } from '../../src/http/index.ts'
import { CLIENT_SCRIPTS } from '../../src/pages/client-scripts.ts'
import { type TestServer, testServer } from '../support/server.ts'

/** What anybody may call. To add a route here is a decision. */
const PUBLIC = [
  'DELETE /oidc/register/:client_id',
  'GET /',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/oauth-protected-resource/api',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/webauthn',
  'GET /api/health',
  'GET /api/health/live',
  'GET /api/health/ready',
  'GET /api/v1/invites/:token',
  'GET /api/v1/oidc/interactions/:id',
  'GET /confirm-email',
  'GET /consent',
  'GET /dev/mail',
  'GET /dev/mail.json',
  'GET /dev/mail/:id',
  'GET /device',
  'GET /enrol',
  'GET /error',
  'GET /forgot-password',
  'GET /invites/:token',
  'GET /login',
  'GET /login/choose',
  'GET /login/mfa',
  'GET /logout',
  'GET /metrics',
  'GET /oidc/authorize',
  'GET /oidc/jwks',
  'GET /oidc/logout',
  'GET /oidc/register/:client_id',
  'GET /oidc/userinfo',
  'GET /openapi',
  'GET /openapi/assets/:name',
  'GET /openapi/json',
  'GET /recover',
  'GET /register',
  'GET /reset-password',
  'GET /swagger',
  'GET /swagger/json',
  'GET /verify-email',
  'POST /api/v1/auth/forgot-password',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/recover',
  'POST /api/v1/auth/register',
  'POST /api/v1/auth/reset-password',
  'POST /api/v1/auth/totp/verify',
  'POST /api/v1/auth/verify-email',
  'POST /api/v1/auth/webauthn/login/begin',
  'POST /api/v1/auth/webauthn/login/complete',
  'POST /api/v1/oidc/interactions/:id/abort',
  'POST /api/v1/oidc/interactions/:id/consent',
  'POST /api/v1/oidc/interactions/:id/continue',
  'POST /api/v1/oidc/interactions/:id/login',
  'POST /api/v1/oidc/interactions/:id/mfa',
  'POST /confirm-email',
  'POST /consent',
  'POST /device',
  'POST /device/confirm',
  'POST /disconnect',
  'POST /enrol/passkey',
  'POST /enrol/totp',
  'POST /forgot-password',
  'POST /invites/:token',
  'POST /login',
  'POST /login/abort',
  'POST /login/choose',
  'POST /login/mfa',
  'POST /login/mfa/passkey',
  'POST /login/passkey',
  'POST /logout',
  'POST /oidc/authorize',
  'POST /oidc/device',
  'POST /oidc/introspect',
  'POST /oidc/logout',
  'POST /oidc/par',
  'POST /oidc/register',
  'POST /oidc/revoke',
  'POST /oidc/token',
  'POST /oidc/userinfo',
  'POST /recover',
  'POST /register',
  'POST /reset-password',
  'POST /verify-email',
  'POST /verify-email/resend',
  'PUT /oidc/register/:client_id',
]

let t: TestServer
beforeAll(async () => {
  t = await testServer()
})
afterAll(() => t[Symbol.asyncDispose]())

interface Stamped {
  readonly 'x-guard'?: unknown
  readonly 'x-rate-limit'?: unknown
}

const routes = () =>
  t.app.routes.map(({ method, path, hooks }) => {
    const detail = (hooks.detail ?? {}) as Stamped
    return {
      name: `${method} ${path}`,
      method,
      path,
      guard: detail['x-guard'],
      limit: detail['x-rate-limit'],
      hooks,
    }
  })

describe('every route', () => {
  test('declares who may call it', () => {
    expect(routes().length).toBeGreaterThan(60)
    const scopes = SCOPES.join('|')
    const stamp = new RegExp(
      `^(public|(signedIn|enrolling|leaving|member|admin|owner|instanceAdmin)(:(${scopes}))?)$`,
    )
    expect(routes().filter(({ guard }) => typeof guard !== 'string' || !stamp.test(guard))).toEqual([])
  })

  test('that anybody may call is on the list', () => {
    const found = routes()
      .filter(({ guard }) => guard === 'public')
      .map(({ name }) => name)
    expect(found.sort()).toEqual([...PUBLIC, ...CLIENT_SCRIPTS.map(({ path }) => `GET ${path}`)].sort())
  })

  test('that anybody may send something to is limited by address', () => {
    const unlimited = routes().filter(
      ({ guard, method, limit }) => guard === 'public' && method !== 'GET' && !limit,
    )
    expect(unlimited.map(({ name }) => name)).toEqual([])
  })

  test('of an organization is for its members: guarded by role under `:id`, and nowhere else', () => {
    const isOfOrganization = (path: string) => path.startsWith('/api/v1/organizations/:id')
    const misplaced = routes().filter(({ guard, path }) => {
      return isOfOrganization(path) !== /^(leaving|member|admin|owner)\b/.test(String(guard))
    })
    expect(misplaced.map(({ name }) => name)).toEqual([])
  })

  test('of the instance is for its administrators', () => {
    const isOfInstance = (path: string) => path.startsWith('/api/v1/admin/')
    const misplaced = routes().filter(({ guard, path }) => {
      return isOfInstance(path) !== String(guard).startsWith('instanceAdmin')
    })
    expect(misplaced.map(({ name }) => name)).toEqual([])
  })

  test('that changes something wants a session or a scope to write', () => {
    const lax = routes().filter(({ method, guard }) => method !== 'GET' && /:(\w+):read$/.test(String(guard)))
    expect(lax.map(({ name }) => name)).toEqual([])
  })

  test('declares what it answers', () => {
    expect(
      routes()
        .filter(({ hooks }) => !hooks.response)
        .map(({ name }) => name),
    ).toEqual([])
  })

  test('refuses a stranger, whatever is sent', async () => {
    for (const { method, path, guard } of routes()) {
      if (guard === 'public') continue
      const sent =
        method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: '{"x":[1]}' }
      const request = new Request(`http://localhost${path.replaceAll(/:\w+/g, 'x')}?limit=x`, {
        method,
        ...sent,
      })
      const response = await t.app.handle(request)
      const { error } = (await response.json()) as { error: { type: string } }
      expect([method, path, response.status, error.type]).toEqual([method, path, 401, 'AUTHENTICATION_ERROR'])
    }
  })

  test('knows its path under other methods as one that it does not answer', async () => {
    for (const path of new Set(routes().map((route) => route.path))) {
      const known = routes()
        .filter((route) => route.path === path)
        .map(({ method }) => method)
      const request = new Request(`http://localhost${path.replaceAll(/:\w+/g, 'x')}`, { method: 'PROPFIND' })
      const response = await t.app.handle(request)
      expect([path, response.status]).toEqual([path, 405])
      const allowed = response.headers.get('allow')?.split(', ') ?? []
      for (const method of known) expect(allowed).toContain(method)
    }
  })
})
