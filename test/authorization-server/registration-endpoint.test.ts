import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const APP = { client_name: 'App', redirect_uris: ['https://app.example.com/callback'] }

describe.each(testDialects)('registering by oneself on $name', (dialect) => {
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
    server: TestServer,
    method: string,
    path: string,
    { token, body }: { token?: string; body?: unknown } = {},
  ) => {
    const response = await server.app.handle(
      new Request(`http://localhost${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      json: text === '' ? undefined : JSON.parse(text),
    }
  }
  const register = (body: unknown = APP) => call(t, 'POST', '/oidc/register', { body })

  test('is answered with everything that counts, and the way to manage it (RFC 7591 §3.2.1, RFC 7592 §3)', async () => {
    const { status, headers, json } = await register()
    expect(status).toBe(201)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(json).toMatchObject({
      ...APP,
      client_id_issued_at: 1_893_456_000,
      client_secret: expect.stringMatching(/^a2c_/),
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^a2g_/),
      registration_client_uri: `${t.deps.config.oidc.issuer}/oidc/register/${json.client_id}`,
      token_endpoint_auth_method: 'client_secret_basic',
    })
  })

  test('can be looked at, changed and undone with the token that came with it', async () => {
    const { json } = await register()
    const path = `/oidc/register/${json.client_id}`
    const token = json.registration_access_token
    const shown = await call(t, 'GET', path, { token })
    expect(shown.status).toBe(200)
    expect(shown.json.client_secret).toBeUndefined()

    const body = { ...APP, client_id: json.client_id, client_name: 'Renamed' }
    const changed = await call(t, 'PUT', path, { token, body })
    expect([changed.status, changed.json.client_name]).toEqual([200, 'Renamed'])
    const mistaken = await call(t, 'PUT', path, { token, body: { ...body, client_id: 'other' } })
    expect([mistaken.status, mistaken.json.error]).toEqual([400, 'invalid_client_metadata'])

    const gone = await call(t, 'DELETE', path, { token })
    expect([gone.status, gone.json]).toEqual([204, undefined])
    const after = await call(t, 'GET', path, { token })
    expect([after.status, after.json.error]).toEqual([401, 'invalid_token'])
  })

  test('cannot be managed with no token, or that of another', async () => {
    const [one, another] = [(await register()).json, (await register()).json]
    for (const token of [undefined, another.registration_access_token, 'made-up']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { ...APP, client_id: one.client_id } : undefined
        const answer = await call(t, method, `/oidc/register/${one.client_id}`, {
          ...(token === undefined ? {} : { token }),
          body,
        })
        expect([method, answer.status, answer.json.error]).toEqual([method, 401, 'invalid_token'])
      }
    }
  })

  test('lets a client act for itself only with an initial access token, whenever it was registered', async () => {
    const service = { client_name: 'Service', grant_types: ['client_credentials'], scope: 'reports:read' }
    const tenant = await foundTenant(t)
    const issued = await t.call('POST', tenant.path('/initial-access-tokens'), {
      token: tenant.owner.token,
      body: {},
    })
    const token = issued.body.data.initial_access_token
    const { json } = await call(t, 'POST', '/oidc/register', { token, body: service })
    const askForToken = async () => {
      const response = await t.app.handle(
        new Request('http://localhost/oidc/token', {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${json.client_id}:${json.client_secret}`)}` },
          body: new URLSearchParams({ grant_type: 'client_credentials' }),
        }),
      )
      return [response.status, ((await response.json()) as { error?: string }).error]
    }
    expect(await askForToken()).toEqual([200, undefined])
    await t.write(async ({ tx }) => {
      await tx
        .update(tx.t.client)
        .set({ organizationId: null }) // as of an earlier version, which let everybody have the grant
        .where(eq(tx.t.client.id, json.client_id))
    })
    expect(await askForToken()).toEqual([400, 'unauthorized_client'])
  })

  test('takes an initial access token where it is closed, as often as it is good for', async () => {
    const without = await call(closed, 'POST', '/oidc/register', { body: APP })
    expect([without.status, without.json.error]).toEqual([401, 'invalid_token'])

    const tenant = await foundTenant(closed)
    const path = tenant.path('/initial-access-tokens')
    const made = await closed.call('POST', path, { token: tenant.owner.token, body: {} })
    const token = made.body.data.initial_access_token
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call(closed, 'POST', '/oidc/register', { token, body: APP })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
  })
})
