import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { withTotp } from '../authentication/factors.ts'
import { eventsOf, withPassword } from '../authentication/people.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { setPolicy } from '../policies/compliance.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt, wrongCodeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { ceremonyOn, documentOf, linksOn, problemsOn, secretOn, titleOf, Visitor } from './visitor.ts'

describe.each(testDialects)('setting up a second factor on $name', (dialect) => {
  let t: TestServer
  let count = 0
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  async function signedIn(server = t) {
    const email = `enrolling-${++count}@example.com`
    const user = await withPassword(server, { email })
    const visitor = new Visitor(() => server)
    await visitor.byPassword(await visitor.get('/login'), email)
    return { email, user, visitor }
  }

  test('an authenticator app counts from its first right code, and the backup codes are shown once', async () => {
    const { visitor, user } = await signedIn()
    const page = await visitor.get('/enrol')
    const secret = secretOn(page)
    expect(secretOn(await visitor.get('/enrol'))).toBe(secret) // a page that is loaded again keeps what was scanned
    const empty = await visitor.submit(page, { code: '' }, '/enrol/totp')
    expect(problemsOn(empty)).toEqual(['Enter the code.'])
    const wrong = await visitor.submit(page, { code: wrongCodeAt(secret, t.clock.now()) }, '/enrol/totp')
    expect([wrong.status, problemsOn(wrong), secretOn(wrong)]).toEqual([
      400,
      ['This code is not right, or was used already. Wait for the next one and enter that.'],
      secret,
    ])
    const before = visitor.cookies.get('authy2_session')
    const codes = await visitor.submit(wrong, { code: codeAt(secret, t.clock.now()) }, '/enrol/totp')
    expect(titleOf(codes)).toBe('Keep these backup codes')
    expect(documentOf(codes).all('li')).toHaveLength(10)
    expect(visitor.cookies.get('authy2_session')).not.toBe(before)
    const events = (await eventsOf(t, 'totp.enable')).filter(({ actorId }) => actorId === user.id)
    expect(events).toHaveLength(1)
    const again = await visitor.submit(wrong, { code: codeAt(secret, t.clock.now()) }, '/enrol/totp')
    expect(problemsOn(again)).toEqual([
      'Your app is set up already, or this took too long. If it took too long, scan the new code.',
    ])
    const home = await visitor.get(linksOn(codes)['I have kept them, go on'] ?? '')
    expect(linksOn(home)['Add a second factor']).toBe('/enrol')
  })

  test('a passkey counts at once', async () => {
    const { visitor, email } = await signedIn()
    const page = await visitor.get('/enrol')
    const { action, options } = ceremonyOn(page)
    expect(action).toBe('/enrol/passkey')
    const authenticator = new SoftwareAuthenticator()
    const credential = JSON.stringify(authenticator.register(options))
    const codes = await visitor.submit(page, { credential }, action)
    expect(titleOf(codes)).toBe('Keep these backup codes')
    const again = await visitor.submit(page, { credential }, action)
    expect(problemsOn(again)).toEqual(['This passkey was not accepted. Try another one, or another way.'])

    const other = new Visitor(() => t)
    const signIn = await other.get('/login')
    const asked = ceremonyOn(signIn)
    await other.submit(
      signIn,
      { credential: JSON.stringify(authenticator.sign(asked.options)) },
      asked.action,
    )
    expect(await other.signedInAs()).toBe(email)
  })

  test.each(['', '{}', 'not json', '[1]'])('%p is no passkey', async (credential) => {
    const { visitor } = await signedIn()
    const page = await visitor.submit(await visitor.get('/enrol'), { credential }, '/enrol/passkey')
    expect([page.status, problemsOn(page)]).toEqual([
      400,
      ['This passkey was not accepted. Try another one, or another way.'],
    ])
  })

  test('beside another factor that one is proved first', async () => {
    const { visitor, user } = await signedIn()
    const app = await withTotp(t, user)
    t.clock.advance(601)
    const page = await visitor.get('/enrol?return_to=/device')
    expect(page.location?.pathname).toBe('/login/mfa')
    const second = await visitor.follow(page)
    const wrong = await visitor.submit(second, { code: app.wrongCode() })
    expect([titleOf(wrong), problemsOn(wrong).length]).toEqual(['Confirm that it is you', 1])
    const enrol = await visitor.follow(await visitor.submit(wrong, { code: app.code() }))
    expect([titleOf(enrol), linksOn(enrol)['Not now']]).toEqual(['Protect your sign-in', '/device'])
    expect(enrol.text).toContain('In place of the app that you have now')
    const replaced = await visitor.submit(
      enrol,
      { code: codeAt(secretOn(enrol), t.clock.now()) },
      '/enrol/totp',
    )
    expect(titleOf(replaced)).toBe('Keep these backup codes')
  })

  test('forms do nothing for a session that has not proved the other factor lately', async () => {
    const { visitor, user } = await signedIn()
    const page = await visitor.get('/enrol')
    await withTotp(t, user)
    t.clock.advance(601)
    for (const path of ['/enrol/totp', '/enrol/passkey']) {
      const refused = await visitor.submit(page, { code: '000000', credential: '{}' }, path)
      expect(refused.location?.pathname).toBe('/login/mfa')
    }
  })

  test('whoever is past the deadline is led here, and gets on from here only', async () => {
    await using own = await testServer({ dialect })
    const { visitor, email } = await signedIn(own)
    const tenant = await foundTenant(own)
    const { token } = tenant.owner
    await own.call('POST', tenant.path('/members'), { token, body: { email, role: 'member' } })
    await setPolicy(own, tenant, { mfa_policy_mode: 'require_totp_or_webauthn', mfa_grace_period_days: 7 })
    const home = await visitor.get('/')
    expect(home.text).toContain('Acme Corporation asks for a second factor beside the password.')
    expect(home.text).toContain('There is time until 8 January 2030.')

    own.clock.advance(8 * 86_400)
    await visitor.byPassword(await visitor.get('/login'), email)
    for (const path of ['/', '/device', '/verify-email']) {
      expect((await visitor.get(path)).location?.pathname).toBe('/enrol')
    }
    const enrol = await visitor.get('/enrol')
    expect(enrol.text).toContain('Set it up now to go on.')
    const code = codeAt(secretOn(enrol), own.clock.now())
    expect(titleOf(await visitor.submit(enrol, { code }, '/enrol/totp'))).toBe('Keep these backup codes')
    expect(titleOf(await visitor.get('/'))).toBe('You are signed in')
  })

  test('who is not signed in signs in first, and comes back', async () => {
    const email = `enrolling-${++count}@example.com`
    await withPassword(t, { email })
    const visitor = new Visitor(() => t)
    const page = await visitor.follow(await visitor.get('/enrol'))
    expect(titleOf(page)).toBe('Sign in')
    expect(titleOf(await visitor.follow(await visitor.byPassword(page, email)))).toBe('Protect your sign-in')
  })
})
