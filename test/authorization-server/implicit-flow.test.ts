/** The implicit flow, which is there with OIDC_DYNAMIC_PROFILE alone. OpenID Connect Core 1.0 §3.2 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { tokenHash } from '../../src/protocol/oidc/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { post, REDIRECT_URI } from './application.ts'
import { authorizePath } from './browser.ts'
import { expectErrorByBrowser } from './error-table.ts'
import { agree, begin, type Setting, setUp, signIn, signInToClient } from './setting.ts'

const IMPLICIT = { grant_types: ['implicit'] }
const NO_PKCE = { code_challenge: undefined, code_challenge_method: undefined }
const ID_TOKEN = { response_type: 'id_token', nonce: 'n-0S6_WzA2Mj', ...NO_PKCE }
const WITH_TOKEN = { ...ID_TOKEN, response_type: 'id_token token' }

const fragmentOf = ({ hash }: URL): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(hash.slice(1)))

describe.each(testDialects)('the implicit flow on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect, env: { OIDC_DYNAMIC_PROFILE: 'true' } })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const idTokenOf = async (jwt: string | undefined, { client }: Setting) => {
    const response = await t.app.handle(new Request(`${t.deps.config.publicUrl}/oidc/jwks`))
    const keys = createLocalJWKSet((await response.json()) as JSONWebKeySet)
    const expected = {
      issuer: t.deps.config.oidc.issuer,
      audience: client.id,
      currentDate: t.clock.now(),
    }
    return (await jwtVerify(jwt ?? '', keys, expected)).payload
  }
  const userinfo = (accessToken: string | undefined) =>
    t.app.handle(
      new Request(`${t.deps.config.publicUrl}/oidc/userinfo`, {
        headers: { authorization: `Bearer ${accessToken}` },
      }),
    )
  const tokensOf = async ({ client }: Setting) => {
    const isOfClient = ({ clientId }: { clientId: string }) => clientId === client.id
    return t.read(async ({ reader }) => ({
      access: (await reader.select().from(reader.t.accessToken)).filter(isOfClient),
      refresh: (await reader.select().from(reader.t.refreshToken)).filter(isOfClient),
    }))
  }

  test('hands an ID token with the claims of its scopes over in the fragment, and nothing else (§5.4)', async () => {
    const setting = await setUp(t, IMPLICIT)
    const location = await signInToClient(setting, ID_TOKEN)
    expect(location.href).toStartWith(`${REDIRECT_URI}#`)
    const { id_token, ...rest } = fragmentOf(location)
    expect(rest).toEqual({ state: 'af0ifjsldkj', iss: t.deps.config.oidc.issuer })
    const claims = await idTokenOf(id_token, setting)
    expect(claims).toMatchObject({ sub: setting.user.id, nonce: ID_TOKEN.nonce, email: setting.email })
    expect(claims.at_hash).toBeUndefined()
    expect(await tokensOf(setting)).toEqual({ access: [], refresh: [] })
    const event = (await eventsOf(t, 'oidc.token')).at(-1)
    expect(event).toMatchObject({
      actorKind: 'user',
      targetId: setting.user.id,
      details: { client_id: setting.client.id, grant_type: 'implicit', token_id: null },
    })
    const metrics = await t.deps.metrics.registry.metrics()
    expect(metrics).toMatch(/^authy2_tokens_issued_total\{grant_type="implicit"\} \d+$/m)
  })

  test('hands an access token over beside it, which is kept and recorded as any other', async () => {
    const setting = await setUp(t, IMPLICIT)
    const given = fragmentOf(await signInToClient(setting, WITH_TOKEN))
    expect(given).toMatchObject({ token_type: 'Bearer', expires_in: '3600', scope: 'openid email' })
    const claims = await idTokenOf(given.id_token, setting)
    expect(claims.at_hash).toBe(tokenHash(given.access_token ?? '', 'RS256'))
    expect((await userinfo(given.access_token)).status).toBe(200)
    const { access, refresh } = await tokensOf(setting)
    expect(refresh).toEqual([])
    expect(access).toMatchObject([{ userId: setting.user.id, scopes: ['openid', 'email'] }])
    const event = (await eventsOf(t, 'oidc.token')).at(-1)
    expect(event?.details).toMatchObject({ grant_type: 'implicit', token_id: access[0]?.id })
    expect(JSON.stringify(event)).not.toMatch(/eyJ/)
  })

  test.each(['session', 'grant'] as const)('the access token ends with the %s', async (table) => {
    const setting = await setUp(t, IMPLICIT)
    const given = fragmentOf(await signInToClient(setting, WITH_TOKEN))
    await t.write(({ tx }) => tx.delete(tx.t[table]).where(eq(tx.t[table].userId, setting.user.id)))
    expect((await userinfo(given.access_token)).status).toBe(401)
  })

  test('nothing outlives the session, whatever is asked for (§11)', async () => {
    const both = ['implicit', 'authorization_code', 'refresh_token']
    const setting = await setUp(t, { grant_types: both })
    const asked = { ...WITH_TOKEN, scope: 'openid offline_access' }
    const given = fragmentOf(await signInToClient(setting, asked))
    expect(given.scope).toBe('openid')
    const { access, refresh } = await tokensOf(setting)
    expect(refresh).toEqual([])
    expect(access[0]?.sessionId).toBeString()
  })

  test('the words of the response type have no order (Multiple Response Types §3)', async () => {
    const setting = await setUp(t, IMPLICIT)
    const location = await signInToClient(setting, { ...WITH_TOKEN, response_type: 'token id_token' })
    expect(fragmentOf(location)).toMatchObject({
      access_token: expect.any(String),
      id_token: expect.any(String),
    })
  })

  test('answers by a form where that is asked for', async () => {
    const setting = await setUp(t, IMPLICIT)
    const id = await begin(setting, { ...WITH_TOKEN, response_mode: 'form_post' })
    await signIn(setting, id)
    const { data } = (await agree(setting, id)).json
    expect(data).toMatchObject({
      next: 'form_post',
      action: REDIRECT_URI,
      fields: { id_token: expect.any(String), expires_in: '3600' },
    })
  })

  test('a token of a request with a key is bound to the key (RFC 9449 §10)', async () => {
    const setting = await setUp(t, IMPLICIT)
    const dpop_jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
    const given = fragmentOf(await signInToClient(setting, { ...WITH_TOKEN, dpop_jkt }))
    expect(given.token_type).toBe('DPoP')
    expect((await userinfo(given.access_token)).status).toBe(401)
  })

  test('the person is asked as always: silently only after they agreed', async () => {
    const setting = await setUp(t, IMPLICIT)
    const silent = authorizePath(setting.client, { ...ID_TOKEN, prompt: 'none' })
    const refused = { mode: 'fragment', code: 'login_required', callback: REDIRECT_URI } as const
    expectErrorByBrowser(t, await setting.browser.get(silent), refused)
    await signInToClient(setting, ID_TOKEN)
    const page = await setting.browser.get(silent)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(fragmentOf(page.location ?? new URL('x:'))).toMatchObject({ id_token: expect.any(String) })
  })

  test('is no grant of the token endpoint', async () => {
    const { client } = await setUp(t, IMPLICIT)
    const sent = { client_id: client.id, client_secret: client.secret, grant_type: 'implicit' }
    expect((await post(t, '/oidc/token', sent)).body.error).toBe('unsupported_grant_type')
  })

  test('a pushed request may ask for it, and is answered once', async () => {
    const setting = await setUp(t, IMPLICIT)
    const { client, browser } = setting
    const whole = Object.fromEntries(new URLSearchParams(authorizePath(client, ID_TOKEN).split('?')[1]))
    const { request_uri } = (await post(t, '/oidc/par', { ...whole, client_secret: client.secret })).body
    const pushed = authorizePath(client, { request_uri, response_type: 'id_token' })
    const location = await signInToClient(setting, { request_uri, response_type: 'id_token' })
    expect(fragmentOf(location)).toMatchObject({ id_token: expect.any(String) })
    const again = await browser.get(pushed)
    expect([again.status, again.location]).toEqual([400, undefined])
  })

  test('goes on to a client that is registered for it still, and to no other', async () => {
    const setting = await setUp(t, { grant_types: ['implicit', 'authorization_code'] })
    const id = await begin(setting, ID_TOKEN)
    const { tenant, client } = setting
    const path = tenant.path(`/clients/${client.id}`)
    const change = { token: tenant.owner.token, body: { grant_types: ['authorization_code'] } }
    expect((await t.call('PATCH', path, change)).status).toBe(200)
    expect((await setting.browser.interaction(id)).status).toBe(404)
  })
})

describe.each(testDialects)('with the Dynamic profile off, on $name', (dialect) => {
  /** As if the client had been registered while it was on. */
  async function leftOver(t: TestServer): Promise<Setting> {
    const setting = await setUp(t)
    await t.write(async ({ tx }) => {
      const { client } = tx.t
      const isIt = eq(client.id, setting.client.id)
      const [row] = await tx.select().from(client).where(isIt)
      if (!row) throw new Error('The client is gone')
      const metadata = {
        ...row.metadata,
        grant_types: [...row.metadata.grant_types, 'implicit' as const],
        response_types: ['code' as const, 'id_token' as const, 'id_token token' as const],
        request_object_signing_alg: 'none' as const,
        request_uris: ['https://wiki.example.com/request'],
      }
      await tx.update(client).set({ metadata }).where(isIt)
    })
    return setting
  }

  test('nothing of it can be had by a client that was registered for it', async () => {
    const called: string[] = []
    const call = async (url: string) => {
      called.push(url)
      throw new Error('Nothing is called')
    }
    await using t = await testServer({ dialect, outbound: { send: call, fetchJson: call } })
    const { client, browser } = await leftOver(t)
    const callback = REDIRECT_URI
    const ask = (asked: Record<string, string | undefined>) => browser.get(authorizePath(client, asked))
    for (const asked of [ID_TOKEN, WITH_TOKEN]) {
      const code = 'unsupported_response_type'
      expectErrorByBrowser(t, await ask(asked), { mode: 'query', code, callback })
    }
    const byReference = await ask({ request_uri: 'https://wiki.example.com/request' })
    const code = 'request_uri_not_supported'
    expectErrorByBrowser(t, byReference, { mode: 'query', code, callback })
    expect(called).toEqual([])
  })

  test('an interaction that began before goes no further', async () => {
    await using t = await testServer({ dialect })
    const setting = await leftOver(t)
    const id = await begin(setting)
    await t.write(async ({ tx }) => {
      const { interaction } = tx.t
      const [row] = await tx.select().from(interaction).where(eq(interaction.id, id))
      if (!row) throw new Error('The interaction is gone')
      const request = { ...row.request, responseType: 'id_token token' as const, nonce: 'n' }
      await tx.update(interaction).set({ request }).where(eq(interaction.id, id))
    })
    expect((await signIn(setting, id)).status).toBe(404)
  })

  test('its administrator still changes the client, and cannot ask for more of it', async () => {
    await using t = await testServer({ dialect })
    const { tenant, client } = await leftOver(t)
    const change = (body: object) =>
      t.call('PATCH', tenant.path(`/clients/${client.id}`), { token: tenant.owner.token, body })
    expect((await change({ client_name: 'Renamed' })).status).toBe(200)
    const refused = await change({ grant_types: ['implicit'] })
    expect([refused.status, refused.body.error?.type]).toEqual([400, 'VALIDATION_ERROR'])
  })
})
