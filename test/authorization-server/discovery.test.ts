import { expect, test } from 'bun:test'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { testServer } from '../support/server.ts'
import { application, post, SERVICE } from './application.ts'

test('both documents say the same, and every endpoint that they name is there', async () => {
  await using t = await testServer()
  const get = async (path: string) => t.app.handle(new Request(`${t.deps.config.publicUrl}${path}`))
  const response = await get('/.well-known/openid-configuration')
  expect(response.headers.get('cache-control')).toBe('public, max-age=300')
  const metadata = (await response.json()) as Record<string, string>
  expect(await (await get('/.well-known/oauth-authorization-server')).json()).toEqual(metadata)
  expect(metadata.issuer).toBe(t.deps.config.oidc.issuer)
  const addresses = Object.entries(metadata).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
  expect(addresses.length).toBeGreaterThan(5)
  const mounted = new Set(t.app.routes.map(({ path }) => path))
  for (const [, address] of addresses) expect(mounted).toContain(new URL(address).pathname)
})

test('the keys are public, and nothing of the private ones is told', async () => {
  await using t = await testServer()
  const response = await t.app.handle(new Request(`${t.deps.config.publicUrl}/oidc/jwks`))
  const { keys } = (await response.json()) as { keys: Record<string, string>[] }
  expect(keys.map(({ alg }) => alg).toSorted()).toEqual(['ES256', 'EdDSA', 'RS256'])
  for (const key of keys) expect(Object.keys(key)).not.toContain('d')
})

// Both named the REST API, so that clients had to discard the one at the root.
test('each resource says where to get tokens for it, at the address that is made of its own (RFC 9728 §3.3)', async () => {
  await using t = await testServer()
  const { issuer } = t.deps.config.oidc
  for (const [path, scopes_supported] of [
    ['', ['openid', 'profile', 'email', 'roles', 'organizations', 'groups']],
    ['/api', expect.not.arrayContaining(['admin:write', 'openid'])],
  ] as const) {
    const response = await t.app.handle(new Request(`${issuer}/.well-known/oauth-protected-resource${path}`))
    expect(await response.json()).toMatchObject({
      resource: issuer + path,
      authorization_servers: [issuer],
      scopes_supported,
    })
  }
})

/** What a client without any knowledge finds by the challenge alone. RFC 9728 §5 */
test.each([
  ['/oidc/userinfo', ''],
  ['/api/v1/users/me', '/api'],
])('%s tells whom it refuses where its description is', async (path, resource) => {
  await using t = await testServer()
  const { issuer } = t.deps.config.oidc
  const { status, headers } = await t.app.handle(new Request(issuer + path))
  const challenge = headers.get('www-authenticate') ?? ''
  expect([status, challenge]).toEqual([401, expect.stringMatching(/^Bearer .*, DPoP .*algs="/)])
  const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const described = await t.app.handle(new Request(metadata))
  expect(await described.json()).toMatchObject({ resource: issuer + resource })
})

test('no cache keeps an answer of an endpoint that clients or people call, whatever it is', async () => {
  await using t = await testServer()
  const app = await application(t, SERVICE)
  const endpoints = t.app.routes.filter(
    ({ method, path }) => path.startsWith('/oidc/') && path !== '/oidc/jwks' && method !== 'OPTIONS',
  )
  expect(endpoints.length).toBeGreaterThan(5)
  for (const { method, path } of endpoints) {
    const answers =
      method === 'POST'
        ? await Promise.all([post(t, path, {}), post(t, path, { ...app.credentials, token: 'x' })])
        : [
            await t.app.handle(
              new Request(`${t.deps.config.publicUrl}${path.replace(/:\w+/, 'x')}`, { method }),
            ),
          ]
    for (const { headers } of answers)
      expect([path, headers.get('cache-control')]).toEqual([path, 'no-store'])
  }
})

test('through a rotation every token verifies with keys that were fetched a day before', async () => {
  await using t = await testServer()
  const app = await application(t, SERVICE)
  const fetchKeys = async () => {
    const response = await t.app.handle(new Request(`${t.deps.config.publicUrl}/oidc/jwks`))
    return createLocalJWKSet((await response.json()) as JSONWebKeySet)
  }
  const issue = async (): Promise<string> =>
    (await app.token({ grant_type: 'client_credentials' })).body.access_token
  const keyIdOf = (token: string) => decodeProtectedHeader(token).kid
  const first = await issue()
  await t.deps.signingKeys.rotate({ actor: SYSTEM, log: silentLog })
  const published = await fetchKeys()
  for (let hour = 0; hour < 30; hour++) {
    const token = await issue()
    await jwtVerify(token, published, { currentDate: t.clock.now() })
    expect((await app.introspect(token)).body.active).toBe(true)
    expect(keyIdOf(token) === keyIdOf(first)).toBe(hour < 24)
    t.clock.advance(3_600)
  }
  await jwtVerify(first, await fetchKeys(), { currentDate: new Date('2030-01-01T00:00:00Z') })
})
