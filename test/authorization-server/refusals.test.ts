/** What is left of a request that was refused: an event with the reason, a line in the log, a count. */
import { describe, expect, test } from 'bun:test'
import type { Log } from '../../src/kernel/index.ts'
import { silentLog } from '../../src/kernel/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, post, refreshOf, SERVICE } from './application.ts'

const SERVICE_GRANT = { grant_type: 'client_credentials' }
const AUTH_FAILED = 'oidc.client.auth_failed'

const failures = async (t: TestServer, action: string) =>
  (await eventsOf(t, action)).filter(({ outcome }) => outcome === 'failure')

const everything = (t: TestServer) => t.read(({ reader }) => reader.select().from(reader.t.auditEvent))

const counted = async (t: TestServer, name: string): Promise<string[]> =>
  (await t.deps.metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`))

/** A log that remembers what was refused. */
function rememberingLog() {
  const lines: Record<string, unknown>[] = []
  const log: Log = {
    ...silentLog,
    info: (event, fields) => event === 'oidc.refused' && lines.push({ ...fields }),
  }
  return { lines, log }
}

const register = async (t: TestServer, method: string, path: string, token?: string, body?: object) =>
  (
    await t.app.handle(
      new Request(`http://localhost/oidc/register${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
  ).status

describe.each(testDialects)('on $name', (dialect) => {
  test('a client that proves itself wrongly is recorded for its organization, with the reason', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, SERVICE)
    const form = { ...app.credentials, client_secret: 'a2c_guessed-by-somebody' }
    expect((await post(t, '/oidc/token', { ...SERVICE_GRANT, ...form })).status).toBe(401)
    expect((await post(t, '/oidc/introspect', { token: 'x', ...form })).status).toBe(401)
    const events = await failures(t, AUTH_FAILED)
    expect(events.map(({ details }) => details)).toEqual([
      { endpoint: '/oidc/token' },
      { endpoint: '/oidc/introspect' },
    ])
    for (const event of events) {
      expect(event).toMatchObject({
        reason: 'wrong secret',
        actorKind: 'anonymous',
        targetType: 'client',
        targetId: app.client.id,
        organizationId: app.organization.id,
      })
    }
    expect(JSON.stringify(await everything(t))).not.toContain('guessed-by-somebody')
    expect((await app.token(SERVICE_GRANT)).status).toBe(200)
    expect(await failures(t, AUTH_FAILED)).toHaveLength(2)
  })

  test('a public client that asks where secrets are needed is one of them', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { token_endpoint_auth_method: 'none' })
    await app.introspect('x')
    expect(await failures(t, AUTH_FAILED)).toMatchObject([
      { reason: 'a public client', targetId: app.client.id },
    ])
  })

  test('an id that nothing has is in the log, cut, and not in the audit log', async () => {
    const { lines, log } = rememberingLog()
    await using t = await testServer({ dialect, deps: { log } })
    for (const id of ['nobody', 'x'.repeat(5_000)]) {
      expect(
        (await post(t, '/oidc/token', { ...SERVICE_GRANT, client_id: id, client_secret: 's' })).status,
      ).toBe(401)
    }
    expect(await everything(t)).toEqual([])
    expect(lines).toMatchObject([
      { path: '/oidc/token', client_id: 'nobody', error_code: 'invalid_client', reason: 'unknown client' },
      {
        path: '/oidc/token',
        client_id: 'x'.repeat(128),
        error_code: 'invalid_client',
        reason: 'unknown client',
      },
    ])
  })

  test('a refused token request is recorded with grant, error and reason, and nothing of what was sent', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const code = 'code-that-somebody-made-up'
    await app.token(exchangeOf(code, 'v'.repeat(43)))
    await app.token(refreshOf('refresh-token-made-up'))
    await app.token(SERVICE_GRANT)
    await app.token({ grant_type: 'secret-in-the-wrong-place' })
    const events = await failures(t, 'oidc.token')
    const ofGrant = (grant_type: string | null, error: string) => ({
      client_id: app.client.id,
      grant_type,
      error,
    })
    expect(events.map(({ details }) => details)).toEqual([
      ofGrant('authorization_code', 'invalid_grant'),
      ofGrant('refresh_token', 'invalid_grant'),
      ofGrant('client_credentials', 'unauthorized_client'),
      ofGrant(null, 'unsupported_grant_type'),
    ])
    expect(events[1]).toMatchObject({
      reason: 'The refresh token is not valid.',
      actorKind: 'client',
      actorId: app.client.id,
      targetId: app.client.id,
      organizationId: app.organization.id,
    })
    expect(JSON.stringify(events)).not.toMatch(/made-up|wrong-place/)
  })

  test('a device that waits leaves no event, and one that may not have a code any more does', async () => {
    await using t = await testServer({ dialect })
    const grant = 'urn:ietf:params:oauth:grant-type:device_code'
    const app = await application(t, { grant_types: [grant] })
    const { device_code } = (await post(t, '/oidc/device', app.credentials)).body
    const poll = async () => (await app.token({ grant_type: grant, device_code })).body.error
    expect([await poll(), await poll()]).toEqual(['authorization_pending', 'slow_down'])
    expect(await failures(t, 'oidc.token')).toEqual([])
    t.clock.advance(3_600)
    expect(await poll()).toBe('expired_token')
    expect(await failures(t, 'oidc.token')).toMatchObject([{ details: { error: 'expired_token' } }])
  })

  test('what goes over a limit is recorded no more', async () => {
    await using t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', RATELIMIT_OIDC_TOKEN: '3/1m' },
    })
    const app = await application(t, SERVICE)
    const statuses: number[] = []
    for (let round = 0; round < 6; round++) {
      const form = { ...SERVICE_GRANT, ...app.credentials, client_secret: 'wrong' }
      statuses.push((await post(t, '/oidc/token', form)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
    expect(await failures(t, AUTH_FAILED)).toHaveLength(3)
  })

  test('a token that registers nobody is recorded; one that is missing, or for no client, is not', async () => {
    await using t = await testServer({ dialect })
    const { client, organization } = await application(t)
    const body = { client_name: 'App', redirect_uris: ['https://app.example.com/callback'] }
    expect(await register(t, 'POST', '', undefined, body)).toBe(401)
    expect(await register(t, 'GET', '/nobody', 'a2g_made-up')).toBe(401)
    expect(await failures(t, AUTH_FAILED)).toEqual([])
    expect(await register(t, 'POST', '', 'a2i_made-up', body)).toBe(401)
    for (const method of ['GET', 'DELETE']) {
      expect(await register(t, method, `/${client.id}`, 'a2g_made-up')).toBe(401)
    }
    const events = await failures(t, AUTH_FAILED)
    const details = { endpoint: '/oidc/register' }
    const target = { targetId: client.id, organizationId: organization.id, details }
    expect(events).toMatchObject([{ targetId: null, organizationId: null, details }, target, target])
    expect(JSON.stringify(events)).not.toContain('made-up')
  })

  test('both are counted: what was issued by grant, what was refused by error', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const service = await application(t, SERVICE)
    const { refresh_token } = (await app.exchange()).body
    await app.token(refreshOf(refresh_token))
    for (let round = 0; round < 2; round++) await service.token(SERVICE_GRANT)
    await service.token(refreshOf('x'))
    await t.app.handle(
      new Request('http://localhost/oidc/userinfo', { headers: { authorization: 'Bearer x' } }),
    )
    expect((await counted(t, 'authy2_tokens_issued_total')).sort()).toEqual([
      'authy2_tokens_issued_total{grant_type="authorization_code"} 1',
      'authy2_tokens_issued_total{grant_type="client_credentials"} 2',
      'authy2_tokens_issued_total{grant_type="refresh_token"} 1',
    ])
    expect((await counted(t, 'authy2_oauth_refusals_total')).sort()).toEqual([
      'authy2_oauth_refusals_total{error="invalid_token"} 1',
      'authy2_oauth_refusals_total{error="unauthorized_client"} 1',
    ])
  })
})
