import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { withPasskey, withTotp } from '../authentication/factors.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { ceremonyOn, linksOn, problemsOn, titleOf, Visitor } from './visitor.ts'

const WRONG = 'E-mail address or password is not right. Check both, or ask for a new password.'

describe.each(testDialects)('the sign-in page on $name', (dialect) => {
  let t: TestServer
  let count = 0
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  /** Somebody with a password, and their browser at the sign-in. */
  async function arrive(path = '/login', server = t) {
    const email = `visitor-${++count}@example.com`
    const user = await withPassword(server, { email })
    const visitor = new Visitor(() => server)
    return { email, user, visitor, page: await visitor.get(path) }
  }

  test('signs in by a password, and shows who is signed in', async () => {
    const { visitor, page, email } = await arrive()
    expect([page.status, titleOf(page)]).toEqual([200, 'Sign in'])
    const sent = await visitor.byPassword(page, email)
    expect([sent.status, sent.location?.pathname]).toEqual([303, '/'])
    const home = await visitor.follow(sent)
    expect(titleOf(home)).toBe('You are signed in')
    expect(home.text).toContain(`as ${email}`)
    expect(await visitor.signedInAs()).toBe(email)
  })

  test.each([
    ['a wrong password', { password: 'not this one 7' }],
    ['an address that nobody has', { email: 'nobody@example.com' }],
  ])('says the same for %s, and keeps the address that was entered', async (_, entries) => {
    const { visitor, page, email } = await arrive()
    const again = await visitor.byPassword(page, email, entries)
    expect([again.status, titleOf(again), problemsOn(again)]).toEqual([400, 'Sign in', [WRONG]])
    expect(again.text).toContain(`value="${'email' in entries ? entries.email : email}"`)
    expect(again.text).not.toContain('not this one')
    expect(await visitor.signedInAs()).toBeUndefined()
  })

  test.each([
    [{ email: '', password: '' }, ['Enter your e-mail address.', 'Enter your password.']],
    [{ email: 'bob' }, ['Enter an address such as name@example.com.']],
    [{ password: '' }, ['Enter your password.']],
  ])('says next to each entry what is wrong with %j', async (entries, problems) => {
    const { visitor, page, email } = await arrive()
    const again = await visitor.byPassword(page, email, entries)
    expect([again.status, problemsOn(again)]).toEqual([400, problems])
  })

  test('leads on to where somebody wanted to go, on this server and nowhere else', async () => {
    const there = await arrive('/login?return_to=%2Fdevice%3Fuser_code%3DWDJB')
    const sent = await there.visitor.byPassword(there.page, there.email)
    expect(sent.location?.href).toBe('http://localhost:5000/device?user_code=WDJB')
    const again = await there.visitor.get('/login?return_to=%2Fenrol')
    expect(again.location?.pathname).toBe('/enrol')
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/\r\nLocation: https://evil.example',
    '\t//evil.example',
  ])('leads nowhere by %p', async (address) => {
    const { visitor, page, email } = await arrive(`/login?return_to=${encodeURIComponent(address)}`)
    const sent = await visitor.byPassword(page, email)
    expect(sent.location?.origin).toBe('http://localhost:5000')
    expect(sent.headers.get('location')).not.toMatch(/evil|[\r\n]/)
  })

  test('keeps somebody signed in who asks for it, and others until their browser closes', async () => {
    const [forgotten, remembered] = [await arrive(), await arrive()]
    const one = await forgotten.visitor.byPassword(forgotten.page, forgotten.email)
    const other = await remembered.visitor.byPassword(remembered.page, remembered.email, {
      remember_me: 'on',
    })
    expect(sessionCookie(one.headers)).not.toContain('Max-Age')
    expect(sessionCookie(other.headers)).toContain('Max-Age=2592000')
  })

  test('sends whoever is signed in already on, unless somebody else is to sign in', async () => {
    const { visitor, page, email } = await arrive()
    await visitor.byPassword(page, email)
    expect((await visitor.get('/login')).location?.pathname).toBe('/')
    expect(titleOf(await visitor.get('/login?prompt=another'))).toBe('Sign in')
  })

  test('asks for the second factor, and begins no session before', async () => {
    const { visitor, page, email, user } = await arrive()
    const app = await withTotp(t, user)
    const sent = await visitor.byPassword(page, email)
    expect(sent.location?.pathname).toBe('/login/mfa')
    expect(await visitor.signedInAs()).toBeUndefined()
    const second = await visitor.follow(sent)
    expect([titleOf(second), second.text.includes(`You are signing in as ${email}.`)]).toEqual([
      'One more step',
      true,
    ])

    const empty = await visitor.submit(second, { code: ' ' })
    expect([empty.status, problemsOn(empty)]).toEqual([400, ['Enter the code.']])
    const wrong = await visitor.submit(empty, { code: app.wrongCode() })
    expect([wrong.status, problemsOn(wrong)]).toEqual([
      400,
      ['This code is not right, or was used already. Wait for the next one and enter that.'],
    ])
    const right = await visitor.submit(wrong, { code: app.code() })
    expect(right.location?.pathname).toBe('/')
    expect(await visitor.signedInAs()).toBe(email)
    expect(visitor.cookies.has('authy2_attempt')).toBe(false)
  })

  test('takes a backup code in its place', async () => {
    const { visitor, page, email, user } = await arrive()
    const app = await withTotp(t, user)
    const second = await visitor.follow(await visitor.byPassword(page, email))
    const other = await visitor.get(linksOn(second)['Use a backup code'] ?? '')
    const wrong = await visitor.submit(other, { code: 'AAAAA-AAAAA' })
    expect(problemsOn(wrong)).toEqual([
      'This backup code is not right, or was used already. Enter another one.',
    ])
    await visitor.submit(wrong, { code: app.backupCodes[0] ?? '' })
    expect(await visitor.signedInAs()).toBe(email)
  })

  test('ends a sign-in after five wrong codes, and says to begin again', async () => {
    const { visitor, page, email, user } = await arrive()
    const app = await withTotp(t, user)
    let here = await visitor.follow(await visitor.byPassword(page, email))
    for (let wrong = 1; wrong <= 4; wrong++) here = await visitor.submit(here, { code: app.wrongCode() })
    expect(titleOf(here)).toBe('One more step')
    const over = await visitor.submit(here, { code: app.wrongCode() })
    expect([titleOf(over), problemsOn(over)]).toEqual([
      'Sign in',
      ['Too many wrong codes, or it took too long. Sign in again from the start.'],
    ])
    expect(visitor.cookies.has('authy2_attempt')).toBe(false)
    const late = await visitor.submit(here, { code: app.code() })
    expect(titleOf(late)).toBe('Sign in')
    expect(await visitor.signedInAs()).toBeUndefined()
  })

  test('a sign-in that waited too long is over', async () => {
    await using own = await testServer({ dialect })
    const { visitor, page, email, user } = await arrive('/login', own)
    const app = await withTotp(own, user)
    const second = await visitor.follow(await visitor.byPassword(page, email))
    own.clock.advance(301)
    expect(titleOf(await visitor.submit(second, { code: app.code() }))).toBe('Sign in')
    expect((await visitor.get('/login/mfa')).location?.pathname).toBe('/login')
    expect(await visitor.signedInAs()).toBeUndefined()
  })

  test('signs in by a passkey alone', async () => {
    const { visitor, page, email, user } = await arrive()
    const authenticator = await withPasskey(t, user)
    const { action, options } = ceremonyOn(page)
    expect([action, options.allowCredentials]).toEqual(['/login/passkey', undefined])
    const credential = JSON.stringify(authenticator.sign(options))
    const sent = await visitor.submit(page, { credential }, action)
    expect(sent.location?.pathname).toBe('/')
    expect(await visitor.signedInAs()).toBe(email)

    const other = new Visitor(() => t)
    const replayed = await other.submit(await other.get('/login'), { credential }, action)
    expect(problemsOn(replayed)).toEqual(['This passkey was not accepted. Try another one, or another way.'])
    expect(await other.signedInAs()).toBeUndefined()
  })

  test.each(['', '{', 'null', '{"id":"AA"}', '[]'])('refuses %p as a passkey', async (credential) => {
    const { visitor, page } = await arrive()
    const again = await visitor.submit(page, { credential }, '/login/passkey')
    expect([again.status, problemsOn(again)]).toEqual([
      400,
      ['This passkey was not accepted. Try another one, or another way.'],
    ])
  })

  test('takes a security key as the second factor, the best that there is first', async () => {
    const { visitor, page, email, user } = await arrive()
    await withTotp(t, user)
    const authenticator = await withPasskey(t, user)
    const second = await visitor.follow(await visitor.byPassword(page, email))
    const { action, options } = ceremonyOn(second)
    expect([action, options.allowCredentials.length]).toEqual(['/login/mfa/passkey', 1])
    const refused = await visitor.submit(second, { credential: '{}' }, action)
    expect(problemsOn(refused)).toEqual(['This passkey was not accepted. Try another one, or another way.'])
    const again = ceremonyOn(refused)
    const credential = JSON.stringify(authenticator.sign(again.options))
    await visitor.submit(refused, { credential }, action)
    expect(await visitor.signedInAs()).toBe(email)
  })

  test('lets nobody in who is suspended, in the words of a wrong password', async () => {
    const { visitor, page, email, user } = await arrive()
    await t.write(async ({ tx }) => {
      await tx.update(tx.t.user).set({ status: 'suspended' })
    })
    const again = await visitor.byPassword(page, email)
    expect(problemsOn(again)).toEqual([WRONG])
    const events = (await eventsOf(t, 'user.login_failed')).filter(({ targetId }) => targetId === user.id)
    expect(events).toMatchObject([{ reason: 'suspended' }])
    await t.write(async ({ tx }) => {
      await tx.update(tx.t.user).set({ status: 'active' })
    })
  })

  test('gives the browser a new session at each sign-in, and ends the one that it had', async () => {
    const { visitor, page, email } = await arrive()
    await visitor.byPassword(page, email)
    const before = visitor.cookies.get('authy2_session') ?? ''
    await visitor.byPassword(await visitor.get('/login?prompt=another'), email)
    expect(visitor.cookies.get('authy2_session')).not.toBe(before)
    expect(await t.deps.authenticate(before, true)).toBeUndefined()
  })

  test('speaks the language of the browser', async () => {
    const { visitor } = await arrive()
    const page = await visitor.get('/login', { 'accept-language': 'de-CH, en;q=0.8' })
    expect([titleOf(page), page.text.includes('<html lang="de">')]).toEqual(['Anmelden', true])
  })
})

describe('too many sign-ins', () => {
  test('are told when to try again, on the form with what was entered', async () => {
    await using t = await testServer({ env: { RATELIMIT_ENABLED: 'true', RATELIMIT_LOGIN: '2/1m' } })
    await withPassword(t, { email: 'alice@example.com' })
    const visitor = new Visitor(() => t)
    let page = await visitor.get('/login')
    for (let wrong = 1; wrong <= 2; wrong++) {
      page = await visitor.submit(page, { email: 'alice@example.com', password: 'not this one 7' })
    }
    const limited = await visitor.submit(page, { email: 'alice@example.com', password: PASSWORD })
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '60'])
    expect(problemsOn(limited)).toEqual(['Too many attempts. Try again in one minute.'])
    expect(limited.text).toContain('value="alice@example.com"')
  })

  test('a page that is opened too often is a page that says so', async () => {
    await using t = await testServer({ env: { RATELIMIT_ENABLED: 'true', RATELIMIT_INTERACTION: '1/1m' } })
    const visitor = new Visitor(() => t)
    await visitor.get('/login')
    const page = await visitor.get('/login')
    expect([page.status, titleOf(page), page.headers.get('retry-after')]).toEqual([
      429,
      'Too many attempts',
      '60',
    ])
  })

  test('whoever asks for too many challenges gets the page without the button', async () => {
    await using t = await testServer({ env: { RATELIMIT_ENABLED: 'true', RATELIMIT_PASSKEY: '1/1m' } })
    const visitor = new Visitor(() => t)
    expect((await visitor.get('/login')).text).toContain('data-ceremony')
    const page = await visitor.get('/login')
    expect([page.status, page.text.includes('data-ceremony')]).toEqual([200, false])
  })
})

const sessionCookie = (headers: Headers): string =>
  headers.getSetCookie().find((cookie) => cookie.startsWith('authy2_session=')) ?? ''
