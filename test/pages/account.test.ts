/** Registration, passwords, addresses and invites, as somebody with a plain browser goes through them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createRecoveryLink } from '../../src/authentication/index.ts'
import { findOrCreateGrant } from '../../src/authorization-server/index.ts'
import { withTotp } from '../authentication/factors.ts'
import { invite } from '../authentication/invites.ts'
import { eventsOf, OTHER_PASSWORD, PASSWORD, withPassword } from '../authentication/people.ts'
import { application } from '../authorization-server/application.ts'
import type { Page } from '../authorization-server/browser.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { documentOf, linksOn, problemsOn, titleOf, Visitor } from './visitor.ts'

describe.each(testDialects)('on $name', (dialect) => {
  let t: TestServer
  let count = 0
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())
  const newEmail = () => `account-${++count}@example.com`
  const chosen = (password = PASSWORD) => ({ password, password_confirm: password })

  /** A browser that is signed in by a password. */
  async function signedIn(server = t) {
    const email = newEmail()
    const user = await withPassword(server, { email })
    const visitor = new Visitor(() => server)
    await visitor.byPassword(await visitor.get('/login'), email)
    return { email, user, visitor }
  }

  describe('registering', () => {
    test('signs in, and says that the address is to be confirmed', async () => {
      const [visitor, email] = [new Visitor(() => t), newEmail()]
      const form = await visitor.get('/register')
      const home = await visitor.follow(
        await visitor.submit(form, { email, full_name: 'Alice Liddell', ...chosen() }),
      )
      expect([titleOf(home), await visitor.signedInAs()]).toEqual(['You are signed in', email])
      expect(home.text).toContain(`Confirm that ${email} is yours`)
      const again = await visitor.submit(home, {}, '/verify-email/resend')
      expect(titleOf(again)).toBe('Look into your mailbox')
      expect(again.text).toMatch(/Sent again at .* UTC\./)
      expect(linksOn(again)['Go on']).toBe('/')
      expect(await mailsOf(t, 'verify_email', email)).toHaveLength(2)
    })

    test('is in a language, which mails are then written in', async () => {
      const [visitor, email] = [new Visitor(() => t), newEmail()]
      const german = { 'accept-language': 'de' }
      const form = await visitor.get('/register', german)
      await visitor.submit(form, { email, ...chosen() }, '/register', german)
      expect(await mailsOf(t, 'verify_email', email)).toMatchObject([{ locale: 'de' }])
    })

    test.each([
      [{ password: 'short' }, ['The two passwords are not the same. Enter them once more.']],
      [chosen('k7-Vd2x'), ['Use at least 8 characters.']],
      [chosen('password1'), ['Choose another: this is one of the most used passwords.']],
      [chosen('x'.repeat(129)), ['Use at most 128 characters.']],
      [{ email: 'x' }, ['Enter an address such as name@example.com.']],
      [{ full_name: 'a\u0007b' }, ['Use at most 200 characters, without line breaks.']],
      [{ password: '', password_confirm: '' }, ['Enter your password.']],
    ])('says what is wrong with %j, and keeps the rest', async (entries, problems) => {
      const visitor = new Visitor(() => t)
      const form = await visitor.get('/register')
      const page = await visitor.submit(form, {
        email: 'dora@example.com',
        full_name: 'Dora',
        ...chosen(),
        ...entries,
      })
      expect([page.status, problemsOn(page)]).toEqual([400, problems])
      if (!('email' in entries)) expect(page.text).toContain('value="dora@example.com"')
      expect(page.text).not.toContain(PASSWORD)
      expect(await visitor.signedInAs()).toBeUndefined()
    })

    test('tells who has signed up already', async () => {
      const { email } = await signedIn()
      const visitor = new Visitor(() => t)
      const page = await visitor.submit(await visitor.get('/register'), { email, ...chosen() })
      expect([page.status, problemsOn(page)]).toEqual([
        409,
        ['Somebody has signed up with this address already. If it was you, sign in.'],
      ])
    })

    test('tells nobody where existence is hidden', async () => {
      await using own = await testServer({ dialect, env: { AUTH_HIDE_EXISTENCE: 'true' } })
      await withPassword(own, { email: 'known@example.com' })
      const titles = []
      for (const email of ['known@example.com', 'unknown@example.com']) {
        const visitor = new Visitor(() => own)
        const page = await visitor.submit(await visitor.get('/register'), { email, ...chosen() })
        titles.push([page.status, titleOf(page), await visitor.signedInAs()])
      }
      expect(titles).toEqual([
        [200, 'Look into your mailbox', undefined],
        [200, 'Look into your mailbox', undefined],
      ])
    })

    test.each(['closed', 'invite'])('is not offered where it is %s', async (mode) => {
      await using own = await testServer({ dialect, env: { REGISTRATION: mode } })
      const visitor = new Visitor(() => own)
      expect(linksOn(await visitor.get('/login'))['Create your sign-in']).toBeUndefined()
      const page = await visitor.get('/register')
      expect([page.status, titleOf(page)]).toEqual([403, 'Registration is closed'])
      const forced = await visitor.form('/register', { email: 'x@example.com', ...chosen() })
      expect(forced.status).toBe(403)
    })

    test('refuses addresses of other domains where only some may', async () => {
      const env = { REGISTRATION_EMAIL_DOMAINS: 'acme-corp.com' }
      await using own = await testServer({ dialect, env })
      const visitor = new Visitor(() => own)
      const entries = { email: 'x@example.com', ...chosen() }
      const page = await visitor.submit(await visitor.get('/register'), entries)
      expect(problemsOn(page)).toEqual([
        'This address cannot be used here. Use the one of your organization.',
      ])
    })
  })

  describe('an invitation', () => {
    test('is accepted by somebody new, who registers by it', async () => {
      const email = newEmail()
      const { token } = await invite(t, { email, organization: 'Road Runner' })
      const visitor = new Visitor(() => t)
      const page = await visitor.get(`/invites/${token}`)
      expect([page.status, titleOf(page)]).toEqual([200, 'Join Road Runner'])
      expect(page.text).not.toContain(email) // a link may have been passed on
      const form = await visitor.get(linksOn(page)['Create your sign-in'] ?? '')
      expect(form.text).toContain('to join Road Runner')
      const stranger = await visitor.submit(form, { email: newEmail(), ...chosen() })
      expect(problemsOn(stranger)).toEqual(['The invitation went to another address. Enter that one.'])
      const home = await visitor.follow(await visitor.submit(stranger, { email, ...chosen() }))
      expect(home.text).toContain('Road Runner')
      expect(home.text).not.toContain('not confirmed')
      expect((await visitor.get(`/invites/${token}`)).status).toBe(410)
    })

    test('is accepted by somebody who signs in for it', async () => {
      const email = newEmail()
      await withPassword(t, { email })
      const { token } = await invite(t, { email, organization: 'Road Runner' })
      const visitor = new Visitor(() => t)
      const page = await visitor.get(`/invites/${token}`)
      const signIn = await visitor.get(linksOn(page)['Sign in to accept'] ?? '')
      expect(signIn.text).toContain('to see your invitation')
      const back = await visitor.follow(await visitor.byPassword(signIn, email))
      expect(back.text).toContain(`You are signed in as ${email}.`)
      const home = await visitor.follow(await visitor.submit(back))
      expect(home.text).toContain('Road Runner')
    })

    test('is for the address that it went to', async () => {
      const { token } = await invite(t, { email: newEmail() })
      const { visitor } = await signedIn()
      const page = await visitor.get(`/invites/${token}`)
      expect(page.text).toContain('Sign in with that address to accept it.')
      const home = await visitor.get('/logout')
      const csrf = /name="csrf" value="([^"]+)"/.exec(home.text)?.[1] ?? ''
      const forced = await visitor.form(`/invites/${token}`, { csrf })
      expect([forced.status, titleOf(forced)]).toEqual([403, 'Join Acme Corporation'])
    })

    test.each(['a2i_x', 'x', '%F0%9F%92%A9', '..%2f..%2fetc'])(
      'that is none does not count: %s',
      async (token) => {
        const page = await new Visitor(() => t).get(`/invites/${token}`)
        expect([page.status, titleOf(page)]).toEqual([410, 'This invitation does not count any more'])
      },
    )
  })

  describe('a forgotten password', () => {
    test('is replaced by the link of a mail, once', async () => {
      const { email, visitor } = await signedIn()
      const form = await visitor.get('/forgot-password')
      const sent = await visitor.submit(form, { email })
      expect(sent.text).toContain(`If somebody signs in with ${email}`)
      const [mail] = await mailsOf(t, 'reset_password', email)
      const page = await visitor.get(`/reset-password?token=${mail?.token}`)
      expect(page.text).toContain('At least 8 characters')
      const weak = await visitor.submit(page, chosen('password1'))
      expect(problemsOn(weak)).toEqual(['Choose another: this is one of the most used passwords.'])
      const done = await visitor.follow(await visitor.submit(weak, chosen(OTHER_PASSWORD)))
      expect(done.text).toContain('Your new password is in place. Sign in with it.')
      expect(await visitor.signedInAs()).toBeUndefined()
      await visitor.byPassword(done, email, { password: OTHER_PASSWORD })
      expect(await visitor.signedInAs()).toBe(email)
      const spent = await visitor.submit(weak, chosen(PASSWORD))
      expect([spent.status, titleOf(spent)]).toEqual([410, 'This link does not work any more'])
      expect(linksOn(spent)['Ask for a new link']).toBe('/forgot-password')
    })

    test('is asked for in the language of the page, unless its owner has one', async () => {
      const { email } = await signedIn()
      const german = { 'accept-language': 'de' }
      const ask = async () => {
        const visitor = new Visitor(() => t)
        const form = await visitor.get('/forgot-password', german)
        return visitor.submit(form, { email }, '/forgot-password', german)
      }
      expect(titleOf(await ask())).toBe('Sehen Sie in Ihr Postfach')
      await t.write(({ tx }) => tx.update(tx.t.user).set({ locale: 'fr' }).where(eq(tx.t.user.email, email)))
      await ask()
      const locales = (await mailsOf(t, 'reset_password', email)).map(({ locale }) => locale)
      expect(locales).toEqual(['de', 'fr'])
    })

    test('says the same for an address that nobody has', async () => {
      const visitor = new Visitor(() => t)
      const page = await visitor.submit(await visitor.get('/forgot-password'), {
        email: 'nobody@example.com',
      })
      expect([page.status, titleOf(page)]).toEqual([200, 'Look into your mailbox'])
      const wrong = await visitor.submit(await visitor.get('/forgot-password'), { email: 'nobody' })
      expect(problemsOn(wrong)).toEqual(['Enter an address such as name@example.com.'])
    })

    test.each(['/reset-password', '/recover'])('%s without a link that counts says so', async (path) => {
      const visitor = new Visitor(() => t)
      for (const query of ['', '?token=', '?token=a2p_x', `?token=${'x'.repeat(300)}`]) {
        expect((await visitor.get(path + query)).status).toBe(410)
      }
    })
  })

  test('an administrator’s recovery link takes the second factors away', async () => {
    const { email, user, visitor } = await signedIn()
    await withTotp(t, user)
    const { url } = await t.write((ctx) => createRecoveryLink(ctx, user))
    const { pathname, search } = new URL(url)
    const page = await visitor.get(pathname + search)
    expect(page.text).toContain('authenticator app and backup codes stop working')
    const done = await visitor.follow(await visitor.submit(page, chosen(OTHER_PASSWORD)))
    expect(done.text).toContain('second factors are removed')
    await visitor.byPassword(done, email, { password: OTHER_PASSWORD })
    expect(await visitor.signedInAs()).toBe(email)
  })

  describe('an address', () => {
    test('is confirmed by a press, and by no look at the link', async () => {
      const [visitor, email] = [new Visitor(() => t), newEmail()]
      const entries = { email, ...chosen() }
      await visitor.submit(await visitor.get('/register'), entries)
      const [mail] = await mailsOf(t, 'verify_email', email)
      const elsewhere = new Visitor(() => t)
      const page = await elsewhere.get(`/verify-email?token=${mail?.token}`)
      await elsewhere.get(`/verify-email?token=${mail?.token}`)
      expect((await visitor.get('/')).text).toContain('not confirmed yet')
      expect(titleOf(await elsewhere.submit(page))).toBe('Your address is confirmed')
      expect((await visitor.get('/')).text).not.toContain('not confirmed yet')
      const again = await elsewhere.submit(page)
      expect([again.status, titleOf(again)]).toEqual([410, 'This link does not work any more'])
      expect(titleOf(await visitor.get('/verify-email'))).toBe('Your address is confirmed')
    })

    test('is changed by the link that went to the new one', async () => {
      const { visitor, user } = await signedIn()
      const email = newEmail()
      const token = visitor.cookies.get('authy2_session')
      await t.call('PATCH', '/users/me', { token, body: { email } })
      const [mail] = await mailsOf(t, 'change_email', email)
      const page = await visitor.get(`/confirm-email?token=${mail?.token}`)
      expect(titleOf(page)).toBe('Confirm your new address')
      expect(titleOf(await visitor.submit(page))).toBe('Your address is confirmed')
      expect(await visitor.signedInAs()).toBe(email)
      expect(user.email).not.toBe(email)
    })

    test.each(['/verify-email', '/confirm-email'])(
      '%s leads who is not signed in to the sign-in',
      async (path) => {
        const page = await new Visitor(() => t).get(path)
        expect(page.location?.pathname).toBe('/login')
      },
    )
  })

  describe('the start page', () => {
    const applicationsOn = (page: Page) =>
      documentOf(page)
        .all('li')
        .map(({ text }) => text.replaceAll(/\s+/g, ' ').trim())

    async function withApplication() {
      const { visitor, user } = await signedIn()
      const { client } = await application(t)
      const grant = await t.write((ctx) =>
        findOrCreateGrant(ctx, { client: { ...client, secrets: [] }, userId: user.id, scopes: ['openid'] }),
      )
      return { visitor, user, grant }
    }

    test('lists the applications that hold something, and ends what they hold', async () => {
      const { visitor, user } = await withApplication()
      const home = await visitor.get('/')
      expect(applicationsOn(home)).toEqual(['Wikisince 1 January 2030Disconnect'])
      const after = await visitor.follow(await visitor.submit(home, {}, '/disconnect'))
      expect([titleOf(after), applicationsOn(after)]).toEqual(['You are signed in', []])
      const events = await eventsOf(t, 'oidc.grant.revoke')
      expect(events.filter(({ actorId }) => actorId === user.id)).toHaveLength(1)
      const again = await visitor.submit(home, {}, '/disconnect')
      expect([again.status, again.location?.pathname]).toEqual([303, '/'])
    })

    test('ends nothing of somebody else', async () => {
      const [mine, theirs] = [await withApplication(), await withApplication()]
      await mine.visitor.submit(await mine.visitor.get('/'), { grant: theirs.grant.id }, '/disconnect')
      expect(applicationsOn(await theirs.visitor.get('/'))).toHaveLength(1)
    })

    test('goes on where there are more than it holds', async () => {
      const { visitor, user } = await signedIn()
      for (let count = 0; count < 21; count++) {
        const { client } = await application(t)
        await t.write((ctx) =>
          findOrCreateGrant(ctx, { client: { ...client, secrets: [] }, userId: user.id, scopes: ['openid'] }),
        )
      }
      const first = await visitor.get('/')
      const more = await visitor.get(linksOn(first)['More applications'] ?? '')
      expect([applicationsOn(first).length, applicationsOn(more).length]).toEqual([20, 1])
      expect((await visitor.get('/?cursor=x')).status).toBe(400)
    })
  })

  test('signing out ends the session', async () => {
    const { visitor, email } = await signedIn()
    const page = await visitor.get('/logout')
    expect(page.text).toContain(email)
    const done = await visitor.submit(page, { decision: 'sign_out' })
    expect(titleOf(done)).toBe('You are signed out')
    expect(visitor.cookies.has('authy2_session')).toBe(false)
    expect(titleOf(await visitor.get('/logout'))).toBe('You are signed out')
  })
})
