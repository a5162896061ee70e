/** The way to an application, as somebody with a plain browser goes it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { withTotp } from '../authentication/factors.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { answerOf, authorizePath } from '../authorization-server/browser.ts'
import { type Setting, setUp as setUpClient } from '../authorization-server/setting.ts'
import { clientCalls } from '../clients/requests.ts'
import { setPolicy } from '../policies/compliance.ts'
import { codeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { documentOf, linksOn, problemsOn, secretOn, titleOf, Visitor } from './visitor.ts'

const CALLBACK = 'https://wiki.example.com/callback'

describe.each(testDialects)('on the way to an application on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const setUp = async (settings: object = {}, server = t): Promise<Setting & { visitor: Visitor }> => ({
    ...(await setUpClient(server, settings)),
    visitor: new Visitor(() => server),
  })

  /** To the first page that asks for something. */
  const open = async (
    { visitor, client }: Setting & { visitor: Visitor },
    parameters: Record<string, string | undefined> = {},
  ) => visitor.follow(await visitor.get(authorizePath(client, parameters)))

  test('somebody signs in, agrees, and is handed over with a code', async () => {
    const setting = await setUp()
    const { visitor, email, tenant, client } = setting
    const page = await open(setting)
    expect([titleOf(page), page.text.includes('to go on to Wiki')]).toEqual(['Sign in', true])
    expect(page.text).toContain('Acme Corporation') // whose application it is
    const consent = await visitor.follow(await visitor.byPassword(page, email))
    expect([titleOf(consent), consent.text.includes('offered by Acme Corporation')]).toEqual([
      'Wiki asks for access',
      true,
    ])
    expect(consent.text).toContain(email)
    expect(consent.text).toContain('wiki.example.com')
    const done = await visitor.submit(consent, { decision: 'allow' })
    expect([done.status, titleOf(done)]).toEqual([200, 'Back to Wiki'])
    expect(done.location?.href).toStartWith(`${CALLBACK}?`)
    expect(answerOf(done)).toMatchObject({
      code: expect.stringMatching(/^a2x_/),
      state: 'af0ifjsldkj',
      iss: 'http://localhost:5000',
    })
    const events = (await eventsOf(t, 'oidc.consent')).filter(({ targetId }) => targetId === client.id)
    expect(events).toMatchObject([{ organizationId: tenant.id }])
  })

  // The page that hands over refused its own address past 2,048 characters: a 500, when everything was issued.
  test.each([
    ['a code by query', { response_mode: 'query' }],
    ['a code by form_post', { response_mode: 'form_post' }],
    [
      'tokens in the fragment',
      {
        response_type: 'id_token token',
        nonce: 'n-0S6',
        code_challenge: undefined,
        code_challenge_method: undefined,
      },
    ],
  ])('%s and the longest state that is accepted are handed over', async (_, parameters) => {
    await using own = await testServer({ dialect, env: { OIDC_DYNAMIC_PROFILE: 'true' } })
    const grant_types = 'nonce' in parameters ? ['implicit'] : ['authorization_code']
    const setting = await setUp({ grant_types }, own)
    const { visitor, email } = setting
    const state = 's'.repeat(4_096)
    const consent = await visitor.follow(
      await visitor.byPassword(await open(setting, { state, ...parameters }), email),
    )
    const done = await visitor.submit(consent, { decision: 'allow' })
    expect([done.status, titleOf(done)]).toEqual([200, 'Back to Wiki'])
    const document = documentOf(done)
    const form = document.all('form').find(({ attributes }) => attributes.get('id') === 'hand-over')
    const { hash = '', search = '' } = done.location ?? {}
    const answer = form
      ? document.fieldsOf(form)
      : Object.fromEntries(new URLSearchParams((hash || search).slice(1)))
    expect(answer).toMatchObject({ state, ['nonce' in parameters ? 'id_token' : 'code']: expect.any(String) })
  })

  // The page showed Eve; what she had pressed there gave the application the code of whoever had signed in meanwhile.
  test('consent is asked for anew where somebody else has signed in since, in another tab', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    const shown = await visitor.follow(await visitor.byPassword(await open(setting), email))
    const frank = await withPassword(t, { email: `frank-${email}` })
    await visitor.byPassword(await visitor.get('/login?prompt=another'), frank.email)
    const again = await visitor.submit(shown, { decision: 'allow' })
    expect([titleOf(again), again.text.includes(frank.email), again.location]).toEqual([
      'Wiki asks for access',
      true,
      undefined,
    ])
    for (const session of ['', 'no-session']) {
      const forged = await visitor.submit(again, { decision: 'allow', session })
      expect([titleOf(forged), forged.location]).toEqual(['Wiki asks for access', undefined])
    }
    const done = await visitor.submit(again, { decision: 'allow' })
    expect(answerOf(done).code).toStartWith('a2x_')
    // Also where the other has agreed long ago, and would be asked nothing.
    await visitor.byPassword(await visitor.get('/login?prompt=another'), email)
    const asked = await open(setting)
    expect(asked.text).toContain(email)
    await visitor.byPassword(await visitor.get('/login?prompt=another'), frank.email)
    const anew = await visitor.submit(asked, { decision: 'allow' })
    expect([titleOf(anew), anew.text.includes(frank.email)]).toEqual(['Wiki asks for access', true])
    expect(answerOf(await visitor.submit(anew, { decision: 'allow' })).code).toStartWith('a2x_')
  })

  test('the pages have the colour and the logo that the organization has chosen, and no others do', async () => {
    const setting = await setUp()
    const { visitor, tenant } = setting
    expect((await open(setting)).text).toContain('--fill:#2456c9;')
    const body = { accent_color: '#0B7A4B', logo_url: 'https://acme.example/logo.png' }
    const changed = await t.call('PATCH', tenant.path(), { token: tenant.owner.token, body })
    expect([changed.status, changed.body.data.organization]).toMatchObject([200, body])
    const page = await open(setting)
    expect(page.text).toContain('--fill:#0b7a4b;')
    expect(page.text).toContain('https://acme.example/logo.png')
    expect((await visitor.get('/login')).text).toContain('--fill:#2456c9;')
  })

  test('goes on at once when everything is agreed, and by GET as a redirect', async () => {
    const setting = await setUp()
    const { visitor, email, client } = setting
    const consent = await visitor.follow(await visitor.byPassword(await open(setting), email))
    await visitor.submit(consent, { decision: 'allow' })
    const again = await visitor.get(authorizePath(client))
    expect([again.status, again.location?.origin]).toEqual([303, 'https://wiki.example.com'])
  })

  test('an app of the device gets its answer at once: the press of the button is still the person’s word', async () => {
    const setting = await setUp({
      redirect_uris: ['com.acme.mobile:/callback'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    })
    const { visitor, email } = setting
    const page = await open(setting, { redirect_uri: 'com.acme.mobile:/callback' })
    const consent = await visitor.follow(await visitor.byPassword(page, email))
    expect(consent.headers.get('content-security-policy')).toContain("form-action 'self' com.acme.mobile:")
    const done = await visitor.submit(consent, { decision: 'allow' })
    expect([done.status, done.location?.protocol]).toEqual([303, 'com.acme.mobile:'])
  })

  test('who does not agree is handed over with that, and nothing is kept of it', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    const consent = await visitor.follow(await visitor.byPassword(await open(setting), email))
    const done = await visitor.submit(consent, { decision: 'deny' })
    expect(answerOf(done)).toMatchObject({ error: 'access_denied', state: 'af0ifjsldkj' })
    const again = await visitor.submit(consent, { decision: 'allow' })
    expect([again.status, titleOf(again)]).toEqual([410, 'This sign-in is over'])
  })

  test.each([
    ['no decision', {}],
    ['another word', { decision: 'perhaps' }],
  ])('%s is a no', async (_, entries) => {
    const setting = await setUp()
    const { visitor, email } = setting
    const consent = await visitor.follow(await visitor.byPassword(await open(setting), email))
    expect(answerOf(await visitor.submit(consent, entries)).error).toBe('access_denied')
  })

  test('agrees to what was shown and nothing more: what differs is shown again', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    const consent = await visitor.follow(await visitor.byPassword(await open(setting), email))
    for (const scope of ['openid', 'openid email offline_access', '']) {
      const page = await visitor.submit(consent, { decision: 'allow', scope })
      expect([page.status, titleOf(page)]).toEqual([409, 'Wiki asks for access'])
    }
  })

  // A person let an application have tokens for an address that they were never shown.
  test.each([
    ['en', 'It gets access for you to'],
    ['de', 'Die Anwendung erhält in Ihrem Namen Zugang zu'],
  ])('is shown which resources it is for, in %s, and agrees to those', async (locale, words) => {
    const resource = `https://payroll-${locale}.example/api`
    const setting = await setUp({ audiences: [resource] })
    const { visitor, email } = setting
    const page = await open(setting, { resource, ui_locales: locale })
    const consent = await visitor.follow(await visitor.byPassword(page, email))
    for (const shown of [words, `payroll-${locale}.example</bdi>`, resource]) {
      expect(consent.text).toContain(shown)
    }
    for (const other of ['', 'https://other.example/', `${resource} https://other.example/`]) {
      const again = await visitor.submit(consent, { decision: 'allow', resource: other })
      expect(again.status).toBe(409)
    }
    expect(answerOf(await visitor.submit(consent, { decision: 'allow' })).code).toBeString()
    const plain = await setUp()
    const without = await plain.visitor.follow(
      await plain.visitor.byPassword(await open(plain, { ui_locales: locale }), plain.email),
    )
    expect(without.text).not.toContain(words)
  })

  test('an answer by form_post is a form that sends itself, with nothing of ours in it', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    const page = await open(setting, { response_mode: 'form_post' })
    const consent = await visitor.follow(await visitor.byPassword(page, email))
    const done = await visitor.submit(consent, { decision: 'allow' })
    const document = documentOf(done)
    const [form] = document.all('form')
    expect(form?.attributes.get('action')).toBe(CALLBACK)
    expect(Object.keys(form ? document.fieldsOf(form) : {}).sort()).toEqual(['code', 'iss', 'state'])
    expect(document.all('script').filter(({ attributes }) => !attributes.has('src'))).toHaveLength(1)
  })

  test('whoever has a second factor owes it here, too', async () => {
    const setting = await setUp()
    const { visitor, email, user } = setting
    const app = await withTotp(t, user)
    const second = await visitor.follow(await visitor.byPassword(await open(setting), email))
    expect(titleOf(second)).toBe('One more step')
    const wrong = await visitor.submit(second, { code: app.wrongCode() })
    expect(problemsOn(wrong)).toHaveLength(1)
    expect(titleOf(await visitor.follow(await visitor.submit(wrong, { code: app.code() })))).toBe(
      'Wiki asks for access',
    )
  })

  test('is asked to prove more where the application wants that (acr_values)', async () => {
    const setting = await setUp()
    const { visitor, email, user } = setting
    await visitor.byPassword(await visitor.get('/login'), email)
    const app = await withTotp(t, user)
    const second = await open(setting, { acr_values: 'urn:authy2:acr:2fa' })
    expect(titleOf(second)).toBe('Confirm that it is you')
    t.clock.advance(30)
    const consent = await visitor.follow(await visitor.submit(second, { code: app.code() }))
    expect(titleOf(consent)).toBe('Wiki asks for access')
  })

  test('signs in again where the application asks for it, as nobody else unless they say so', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    await visitor.byPassword(await visitor.get('/login'), email)
    t.clock.advance(60)
    const page = await open(setting, { prompt: 'login' })
    expect(titleOf(page)).toBe('Confirm that it is you')
    expect(page.text).toContain(email)
    const consent = await visitor.follow(await visitor.submit(page, { password: PASSWORD }))
    expect(titleOf(consent)).toBe('Wiki asks for access')

    t.clock.advance(60)
    const other = await open(setting, { prompt: 'login' })
    const another = await visitor.get(linksOn(other)['Sign in as somebody else'] ?? '')
    expect(titleOf(another)).toBe('Sign in')
  })

  test('chooses who goes on', async () => {
    const setting = await setUp()
    const { visitor, email } = setting
    await visitor.byPassword(await visitor.get('/login'), email)
    const page = await open(setting, { prompt: 'select_account' })
    expect([titleOf(page), page.text.includes(email)]).toEqual(['Who is going on?', true])
    const stranger = await visitor.submit(page, { session: 'somebody' })
    expect(stranger.location?.pathname).toBe('/login/choose')
    const [choice] = documentOf(page)
      .all('button')
      .map(({ attributes }) => attributes.get('value') ?? '')
    const consent = await visitor.follow(await visitor.submit(page, { session: choice ?? '' }))
    expect(titleOf(consent)).toBe('Wiki asks for access')
  })

  test('fills in who the application expects', async () => {
    const setting = await setUp()
    const page = await open(setting, { login_hint: 'carol@example.com' })
    expect(page.text).toContain('value="carol@example.com"')
  })

  test('speaks the language that the application asks for', async () => {
    const setting = await setUp()
    expect(titleOf(await open(setting, { ui_locales: 'fr de' }))).toBe('Anmelden')
  })

  test('shows somebody who is not let in why, and a way back that says so to the application', async () => {
    const setting = await setUp({ access: { members_only: true } })
    const { visitor, email } = setting
    const page = await visitor.follow(await visitor.byPassword(await open(setting), email))
    expect([page.status, titleOf(page)]).toEqual([403, 'You have no access to this application'])
    expect(answerOf(await visitor.submit(page, {}, '/login/abort')).error).toBe('access_denied')
  })

  test('sets up the second factor first that an organization has waited for', async () => {
    await using own = await testServer({ dialect })
    const setting = await setUp({ consent: 'first_party' }, own)
    const { tenant, visitor } = setting
    const email = 'due@example.com'
    await withPassword(own, { email })
    await own.call('POST', tenant.path('/members'), {
      token: tenant.owner.token,
      body: { email, role: 'member' },
    })
    await setPolicy(own, tenant, { mfa_policy_mode: 'require_totp', mfa_grace_period_days: 0 })
    own.clock.advance(60)
    const enrol = await visitor.follow(await visitor.byPassword(await open(setting), email))
    expect([titleOf(enrol), enrol.text.includes('Acme Corporation asks for a second factor')]).toEqual([
      'Protect your sign-in',
      true,
    ])
    expect(linksOn(enrol)['Not now']).toBeUndefined()
    const code = codeAt(secretOn(enrol), own.clock.now())
    const codes = await visitor.submit(enrol, { code }, '/enrol/totp')
    expect(titleOf(codes)).toBe('Keep these backup codes')
    const goOn = linksOn(codes)['I have kept them, go on'] ?? ''
    expect(answerOf(await visitor.follow(await visitor.get(goOn)))).toMatchObject({
      code: expect.stringMatching(/^a2x_/),
    })
  })

  test('registers on the way, and goes on', async () => {
    const setting = await setUp()
    const { visitor } = setting
    const page = await open(setting)
    const form = await visitor.get(linksOn(page)['Create your sign-in'] ?? '')
    expect(form.text).toContain('to go on to Wiki')
    const email = `new-${setting.client.id}@example.com`
    const entries = { email, password: PASSWORD, password_confirm: PASSWORD }
    const consent = await visitor.follow(await visitor.submit(form, entries))
    expect([titleOf(consent), await visitor.signedInAs()]).toEqual(['Wiki asks for access', email])
  })

  test('belongs to the browser that began it', async () => {
    const setting = await setUp()
    const page = await open(setting)
    const address = linksOn(page)['Forgot your password?'] ?? ''
    const id = new URLSearchParams(address.split('?')[1]).get('interaction') ?? ''
    for (const path of ['/login', '/consent', '/login/choose']) {
      const elsewhere = await new Visitor(() => t).get(`${path}?interaction=${id}`)
      expect([elsewhere.status, titleOf(elsewhere)]).toEqual([410, 'This sign-in is over'])
    }
  })

  test.each(['x', '01970000-0000-7000-8000-000000000000', "' or 1=1", 'x'.repeat(65)])(
    'that never began is over: %p',
    async (id) => {
      const page = await new Visitor(() => t).get(`/login?interaction=${encodeURIComponent(id)}`)
      expect(page.status).toBeOneOf([400, 410])
      expect(page.text).not.toContain('<form')
    },
  )

  test('nobody signs in for what is over', async () => {
    await using own = await testServer({ dialect })
    const setting = await setUp({}, own)
    const page = await open(setting)
    own.clock.advance(3_601)
    const late = await setting.visitor.byPassword(page, setting.email)
    expect([late.status, titleOf(late)]).toEqual([410, 'This sign-in is over'])
    expect(await setting.visitor.signedInAs()).toBeUndefined()
  })

  describe('what the application got wrong is told on a page', () => {
    test.each([
      [
        'an unknown application',
        { client_id: 'nobody' },
        'This application is not known here',
        'There is no application',
      ],
      [
        'an address that is not registered',
        { redirect_uri: 'https://evil.example/' },
        'This application cannot be answered',
        'The redirect URI is not registered',
      ],
      ['no address', { redirect_uri: undefined }, 'This request cannot be answered', 'redirect_uri'],
    ])('%s', async (_, parameters, title, technical) => {
      const { visitor, client } = await setUp()
      const page = await visitor.get(authorizePath(client, parameters))
      expect([page.status, titleOf(page)]).toEqual([400, title])
      expect(page.text).toContain(technical)
      expect(page.text).not.toContain('evil.example')
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(page.headers.get('x-frame-options')).toBe('DENY')
    })

    test('to a program that asks for JSON in JSON', async () => {
      const { visitor, client } = await setUp()
      const path = authorizePath(client, { client_id: 'nobody' })
      expect((await visitor.get(path, { accept: 'application/json' })).json).toMatchObject({
        error: 'invalid_request',
      })
    })
  })

  test('an application that is deleted meanwhile ends the way to it', async () => {
    const setting = await setUp()
    const page = await open(setting)
    await clientCalls(t, setting.tenant).call('DELETE', `/${setting.client.id}`)
    const late = await setting.visitor.byPassword(page, setting.email)
    expect([late.status, titleOf(late)]).toEqual([410, 'This sign-in is over'])
  })
})
