import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { cookiesOf, eventsOf, register, signIn, withPassword } from './people.ts'

const HTTPS = { PUBLIC_URL: 'https://id.example.com' }
const SITE = 'https://id.example.com'
const FOREIGN = { origin: 'https://evil.example' }

describe.each(testDialects)('the session cookie on $name', (dialect) => {
  test('over HTTPS is bound to this host, out of reach of scripts and of other sites', async () => {
    await using t = await testServer({ dialect, env: HTTPS })
    for (const answer of [await register(t), await signIn(t)]) {
      const cookies = cookiesOf(answer)
      expect([...cookies.keys()]).toEqual(['__Host-authy2_session', '__Host-authy2_device'])
      expect(cookies.get('__Host-authy2_session')).toEqual({
        value: answer.body.data.token,
        attributes: 'Path=/; HttpOnly; SameSite=Lax; Secure',
      })
      expect(cookies.get('__Host-authy2_device')?.attributes).toBe(
        'Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=34560000',
      )
    }
  })

  test('outlives the browser only when the user asked to be remembered', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const brief = cookiesOf(await signIn(t)).get('authy2_session')
    expect(brief?.attributes).toBe('Path=/; HttpOnly; SameSite=Lax')
    const remembered = cookiesOf(await signIn(t, { remember_me: true })).get('authy2_session')
    expect(remembered?.attributes).toBe('Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000')
  })

  test('is a credential, and is cleared by signing out', async () => {
    await using t = await testServer({ dialect, env: HTTPS })
    const { value } = cookiesOf(await register(t)).get('__Host-authy2_session') ?? {}
    const cookie = `theme=dark; __Host-authy2_session=${value}`
    expect((await t.call('GET', '/auth/me', { headers: { cookie } })).status).toBe(200)

    const out = await t.call('POST', '/auth/logout', { headers: { cookie, origin: SITE } })
    expect(out.status).toBe(200)
    expect(cookiesOf(out).get('__Host-authy2_session')).toEqual({
      value: '',
      attributes: 'Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0',
    })
    expect((await t.call('GET', '/auth/me', { headers: { cookie } })).status).toBe(401)
    expect(await eventsOf(t, 'user.logout')).toHaveLength(1)
  })

  test.each([
    ['from another site', FOREIGN],
    ['from a sandbox', { origin: 'null' }],
    ['without a word of where it comes from', {}],
    ['marked as cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['marked as of a sibling host', { 'sec-fetch-site': 'same-site' }],
  ])('signs nobody out by a request %s', async (_, headers) => {
    await using t = await testServer({ dialect, env: HTTPS })
    const { token } = (await register(t)).body.data
    const cookie = `__Host-authy2_session=${token}`
    for (const path of ['/auth/logout', '/auth/sessions/revoke-others', '/auth/resend-verification'])
      expect((await t.call('POST', path, { headers: { ...headers, cookie } })).status).toBe(403)
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)
  })

  test('nobody is signed in or registered by another site', async () => {
    await using t = await testServer({ dialect, env: HTTPS })
    await withPassword(t)
    for (const headers of [FOREIGN, { 'sec-fetch-site': 'cross-site' }]) {
      for (const answer of [
        await signIn(t, {}, { headers }),
        await register(t, { email: 'b@example.com' }, { headers }),
      ]) {
        expect(answer.status).toBe(403)
        expect(answer.body.error.type).toBe('AUTHORIZATION_ERROR')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
    for (const headers of [{ origin: SITE }, { 'sec-fetch-site': 'same-origin' }, {}])
      expect((await signIn(t, {}, { headers })).status).toBe(200)
  })

  test('a session that the browser held before ends with the sign-in, whoever planted it', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const attacker = await t.signedIn()
    const headers = { cookie: `authy2_session=${attacker.token}` }
    const { body } = await signIn(t, {}, { headers })
    expect(body.data.token).not.toBe(attacker.token)
    expect((await t.call('GET', '/auth/me', { token: attacker.token })).status).toBe(401)
    expect((await t.call('GET', '/auth/me', { token: body.data.token })).status).toBe(200)
    expect(await eventsOf(t, 'session.revoke')).toMatchObject([{ targetId: attacker.sessionId }])
  })

  test('a failed sign-in leaves the session that the browser holds', async () => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    await signIn(t, { email: 'nobody@example.com' }, { headers: { cookie: `authy2_session=${token}` } })
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)
  })

  test.each(['', 'a2s_', 'x'.repeat(4000), 'a2k_0000'])(
    'garbage in it is nobody and hurts nobody',
    async (value) => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const headers = { cookie: `authy2_session=${value}; authy2_device=${value}` }
      expect((await t.call('GET', '/auth/me', { headers })).status).toBe(401)
      expect((await signIn(t, {}, { headers })).status).toBe(200)
    },
  )
})
