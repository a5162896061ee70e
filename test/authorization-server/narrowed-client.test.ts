/** A client whose scope or audiences are narrowed gets no more than that for what it has been given before, either. */
import { describe, expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { revokeSessions } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, exchangeOf, post, refreshOf } from './application.ts'

const REPORTS = 'https://reports.example.com'
const FILES = 'https://files.example.com'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const WIDE = { scope: 'openid email offline_access', audiences: [REPORTS, FILES] }
const ASKED = { scope: ['openid', 'email', 'offline_access'], resources: [REPORTS, FILES] }
const EMAIL = { name: 'email', isEssential: false, values: [] }

const narrow = async (t: TestServer, { organization, client, person }: Application, body: object) => {
  const path = `/organizations/${organization.id}/clients/${client.id}`
  expect((await t.call('PATCH', path, { token: person.token, body })).status).toBe(200)
}

const audienceOf = ({ access_token }: { access_token: string }) => decodeJwt(access_token).aud

describe.each(testDialects)('on $name', (dialect) => {
  test('a code is redeemed for what is open still, and refreshed for it', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, WIDE)
    const { code, verifier } = await app.code({ ...ASKED, claims: { userinfo: [EMAIL], idToken: [EMAIL] } })
    await narrow(t, app, { scope: 'openid', audiences: [FILES] })
    const { body } = await app.token(exchangeOf(code, verifier))
    expect([body.scope, audienceOf(body)]).toEqual(['openid', [FILES, t.deps.config.oidc.issuer]])
    expect(decodeJwt(body.id_token)).not.toHaveProperty('email')
    expect((await post(t, '/oidc/userinfo', { access_token: body.access_token })).body).toEqual({
      sub: app.person.user.id,
    })
    await narrow(t, app, WIDE) // what the code was redeemed for is what there is
    expect((await app.token(refreshOf(body.refresh_token))).body.scope).toBe('openid')
  })

  test('a refresh token is good for what is open still, at each use', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, WIDE)
    let refreshToken: string = (await app.exchange(ASKED)).body.refresh_token
    const refresh = async (parameters: Record<string, string> = {}) => {
      const { body } = await app.token({ ...refreshOf(refreshToken), ...parameters })
      refreshToken = body.refresh_token ?? refreshToken
      return body
    }
    await narrow(t, app, { scope: 'openid', audiences: [REPORTS] })
    const narrowed = await refresh({ scope: 'openid email' })
    expect([narrowed.scope, audienceOf(narrowed)]).toEqual(['openid', [REPORTS, t.deps.config.oidc.issuer]])
    expect((await refresh({ scope: 'email' })).error).toBe('invalid_scope')
    expect((await refresh({ scope: 'profile' })).error).toBe('invalid_scope')
    expect((await refresh({ resource: FILES })).error).toBe('invalid_target')
    await narrow(t, app, { scope: 'profile' })
    expect((await refresh()).error).toBe('invalid_grant')
    await narrow(t, app, { ...WIDE, audiences: ['https://other.example.com'] })
    expect((await refresh()).error).toBe('invalid_target')
    await narrow(t, app, WIDE)
    expect((await refresh()).scope).toBe('openid email offline_access')
  })

  test('without offline_access it ends with the session', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, WIDE)
    const { refresh_token } = (await app.exchange(ASKED)).body
    await narrow(t, app, { scope: 'openid email' })
    await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))
    expect((await app.token(refreshOf(refresh_token))).body.error).toBe('invalid_grant')
  })

  test('a device code that nothing is left of is none', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { ...WIDE, redirect_uris: [], grant_types: [DEVICE_CODE] })
    const begun = async () => {
      const { body } = await post(t, '/oidc/device', { ...app.credentials, scope: 'openid email' })
      const approval = { user_code: body.user_code, scopes: ['openid', 'email'] }
      const path = '/oidc/device/approve'
      expect((await t.call('POST', path, { token: app.person.token, body: approval })).status).toBe(200)
      return { grant_type: DEVICE_CODE, device_code: body.device_code }
    }
    const [one, two] = [await begun(), await begun()]
    await narrow(t, app, { scope: 'profile' })
    expect((await app.token(one)).body.error).toBe('invalid_grant')
    await narrow(t, app, { scope: 'openid' })
    expect((await app.token(two)).body.scope).toBe('openid')
  })
})
