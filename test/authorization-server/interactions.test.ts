import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { withPasskey, withTotp } from '../authentication/factors.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { clientCalls } from '../clients/requests.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { answerOf, authorizePath, Browser, interactionOf } from './browser.ts'
import { agree, begin, type Setting, setUp, signIn, signInToClient } from './setting.ts'

const SESSION = 'authy2_session'
const INTERACTION = 'authy2_interaction'

describe.each(testDialects)('an interaction on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const REFUSED = { outcome: 'failure', actorKind: 'user' }
  const refusalsOf = async ({ client }: Setting) =>
    (await eventsOf(t, 'oidc.authorize')).filter(
      ({ outcome, targetId }) => outcome === 'failure' && targetId === client.id,
    )

  const stepOf = async ({ browser }: Setting, id: string): Promise<string> =>
    (await browser.interaction(id)).json.data.interaction.step

  test('says what is missing, in words, and shows what the person decides about', async () => {
    const setting = await setUp(t, {
      logo_uri: 'https://wiki.example.com/logo.png',
      policy_uri: 'https://wiki.example.com/privacy',
    })
    const id = await begin(setting, { login_hint: 'alice@example.com', ui_locales: 'de en' })
    const { status, json } = await setting.browser.interaction(id)
    expect(status).toBe(200)
    expect(json.data.interaction).toEqual({
      id,
      step: 'sign_in',
      reason: 'nobody_signed_in',
      required_acr: null,
      client: {
        client_id: setting.client.id,
        name: 'Wiki',
        logo_uri: 'https://wiki.example.com/logo.png',
        client_uri: null,
        policy_uri: 'https://wiki.example.com/privacy',
        tos_uri: null,
        organization_id: setting.tenant.id,
      },
      redirect_host: 'wiki.example.com',
      scopes: [
        { name: 'openid', description: 'Know that it is you' },
        { name: 'email', description: 'See your e-mail address' },
      ],
      resources: [],
      user: null,
      session_id: null,
      login_hint: 'alice@example.com',
      ui_locales: ['de', 'en'],
      expires_at: '2030-01-01T01:00:00.000Z',
    })
  })

  describe('belongs to the browser that began it', () => {
    test('and is not there for another one, even with the same person signed in', async () => {
      const setting = await setUp(t)
      const id = await begin(setting)
      const other = new Browser(() => t)
      const elsewhere = { ...setting, browser: other }
      const own = await begin(elsewhere)
      await signIn(elsewhere, own)
      expect((await other.interaction(id)).status).toBe(404)
      for (const [step, body] of [
        ['login', { email: setting.email, password: PASSWORD }],
        ['mfa', { code: '123456' }],
        ['continue', {}],
        ['consent', { scopes: ['openid', 'email'] }],
        ['abort', {}],
      ] as const) {
        expect([step, (await other.step(id, step, body)).status]).toEqual([step, 404])
      }
      expect(await stepOf(setting, id)).toBe('sign_in')
    })

    test('and one browser may have several', async () => {
      const setting = await setUp(t)
      const first = await begin(setting)
      const cookie = setting.browser.cookies.get(INTERACTION)
      const second = await begin(setting)
      expect(setting.browser.cookies.get(INTERACTION)).toBe(cookie)
      await signIn(setting, second)
      expect(await stepOf(setting, first)).toBe('consent')
      expect((await agree(setting, second)).json.data.next).toBe('redirect')
      expect((await setting.browser.step(first, 'continue')).json.data.next).toBe('redirect')
    })

    test('and not to one whose cookie was made up', async () => {
      const setting = await setUp(t)
      const id = await begin(setting)
      setting.browser.cookies.set(INTERACTION, 'made-up')
      expect((await setting.browser.interaction(id)).status).toBe(404)
      await begin(setting)
      expect(setting.browser.cookies.get(INTERACTION)).toMatch(/^a2b_/)
    })
  })

  test.each(['login', 'mfa', 'continue', 'consent', 'abort'])(
    'takes no %s from another site (login CSRF)',
    async (step) => {
      const setting = await setUp(t)
      const id = await begin(setting)
      const bodies = {
        login: { email: setting.email, password: PASSWORD },
        mfa: { code: '123456' },
        consent: { scopes: ['openid', 'email'] },
      }
      const body = bodies[step as keyof typeof bodies] ?? {}
      const foreign = await setting.browser.step(id, step, body, { origin: 'https://evil.example' })
      expect(foreign.status).toBe(403)
      expect(setting.browser.cookies.has(SESSION)).toBe(false)
      expect(await stepOf(setting, id)).toBe('sign_in')
    },
  )

  test('begins a new session at sign-in and ends the one that the browser held (session fixation)', async () => {
    const setting = await setUp(t)
    const planted = await t.signedIn()
    setting.browser.cookies.set(SESSION, planted.token)
    const id = await begin(setting)
    await signIn(setting, id)
    expect(setting.browser.cookies.get(SESSION)).not.toBe(planted.token)
    expect(await t.deps.authenticate(planted.token, true)).toBeUndefined()
  })

  test('does not go on after a wrong password', async () => {
    const setting = await setUp(t)
    const id = await begin(setting)
    const wrong = await setting.browser.step(id, 'login', { email: setting.email, password: 'wrong' })
    expect(wrong.status).toBe(401)
    expect(await stepOf(setting, id)).toBe('sign_in')
  })

  test('cannot be answered before its person has signed in', async () => {
    const setting = await setUp(t)
    const id = await begin(setting)
    for (const [step, body] of [
      ['continue', {}],
      ['consent', { scopes: ['openid', 'email'] }],
    ] as const) {
      expect((await setting.browser.step(id, step, body)).json.data).toMatchObject({
        next: 'interaction',
        interaction: { step: 'sign_in' },
      })
    }
  })

  describe('at the consent', () => {
    test.each([
      ['less', ['openid']],
      ['more', ['openid', 'email', 'profile']],
      ['something else', ['openid', 'profile']],
      ['nothing', []],
      ['one twice', ['openid', 'openid']],
    ])('is not satisfied by %s than what is asked for', async (_, scopes) => {
      const setting = await setUp(t)
      const id = await begin(setting)
      await signIn(setting, id)
      expect((await setting.browser.step(id, 'consent', { scopes })).status).toBe(409)
      expect(await stepOf(setting, id)).toBe('consent')
    })

    test('shows the scopes of claims that are asked for by name', async () => {
      const setting = await setUp(t)
      const claims = JSON.stringify({ id_token: { email: null } })
      const id = await begin(setting, { scope: 'openid', claims })
      const { json } = await signIn(setting, id)
      const names = json.data.interaction.scopes.map(({ name }: { name: string }) => name)
      expect(names).toEqual(['openid', 'email'])
      expect((await setting.browser.step(id, 'consent', { scopes: ['openid'] })).status).toBe(409)
    })

    test('is recorded with what was agreed to, and by whom', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const [event] = (await eventsOf(t, 'oidc.consent')).slice(-1)
      expect(event).toMatchObject({
        actorKind: 'user',
        actorId: setting.user.id,
        targetId: setting.client.id,
        details: { scope: ['openid', 'email'] },
      })
      expect((await eventsOf(t, 'oidc.authorize')).slice(-1)).toMatchObject([
        { outcome: 'success', targetId: setting.client.id },
      ])
    })

    test('gives one of twenty answers at once a code', async () => {
      const setting = await setUp(t)
      const id = await begin(setting)
      await signIn(setting, id)
      const scopes = ['openid', 'email']
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => setting.browser.step(id, 'consent', { scopes })),
      )
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 404)])
    })

    test('is refused once the session has ended meanwhile', async () => {
      const setting = await setUp(t)
      const id = await begin(setting)
      await signIn(setting, id)
      await t.write(({ tx }) => tx.delete(tx.t.session).where(eq(tx.t.session.userId, setting.user.id)))
      const answer = await setting.browser.step(id, 'consent', { scopes: ['openid', 'email'] })
      expect(answer.json.data.interaction.step).toBe('sign_in')
    })
  })

  test('tells the client when the person does not want to, and is over then', async () => {
    const setting = await setUp(t)
    const id = await begin(setting)
    const { json } = await setting.browser.step(id, 'abort')
    const { searchParams } = new URL(json.data.location)
    expect(searchParams.get('error')).toBe('access_denied')
    expect(searchParams.get('state')).toBe('af0ifjsldkj')
    expect((await setting.browser.interaction(id)).status).toBe(404)
  })

  test('is over after an hour', async () => {
    await using own = await testServer({ dialect })
    const setting = await setUp(own)
    const id = await begin(setting)
    own.clock.advance(3_601)
    expect((await setting.browser.interaction(id)).status).toBe(404)
  })

  test('is over when its client has changed its redirect URIs or scope', async () => {
    const setting = await setUp(t)
    const id = await begin(setting)
    const calls = clientCalls(t, setting.tenant)
    await calls.call('PATCH', `/${setting.client.id}`, { redirect_uris: ['https://wiki.example.com/new'] })
    expect((await setting.browser.interaction(id)).status).toBe(404)
  })

  describe('asks for more than a session', () => {
    test('with prompt=login, once', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      t.clock.advance(10)
      const id = await begin(setting, { prompt: 'login' })
      expect((await setting.browser.interaction(id)).json.data.interaction).toMatchObject({
        step: 'sign_in',
        reason: 'sign_in_again',
      })
      expect((await setting.browser.step(id, 'continue')).json.data.next).toBe('interaction')
      t.clock.advance(10)
      expect((await signIn(setting, id)).json.data.next).toBe('redirect')
    })

    test('with max_age, once the sign-in is older', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      t.clock.advance(100)
      const path = (max_age: string) => authorizePath(setting.client, { max_age })
      expect(answerOf(await setting.browser.get(path('200'))).code).toBeString()
      expect(interactionOf(await setting.browser.get(path('99')))).toBeString()
    })

    test('with prompt=select_account: whether it is this one', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const id = await begin(setting, { prompt: 'select_account' })
      expect(await stepOf(setting, id)).toBe('select_account')
      expect((await setting.browser.step(id, 'continue')).json.data.next).toBe('redirect')
    })

    test('with claims that name somebody else: that one', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const bob = await withPassword(t, { email: `bob-${setting.email}` })
      const claims = JSON.stringify({ id_token: { sub: { value: bob.id } } })
      const id = await begin(setting, { claims })
      const shown = (await setting.browser.interaction(id)).json.data.interaction
      expect(shown).toMatchObject({ step: 'sign_in', reason: 'somebody_else' })
      const asBob = { ...setting, email: bob.email }
      expect((await signIn(asBob, id)).json.data.interaction.step).toBe('consent')
    })

    test('of somebody whose organization waits for a second factor: to enrol it, and nothing before', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const owe = (isComplianceOnly: boolean) =>
        t.write(({ tx }) =>
          tx.update(tx.t.session).set({ isComplianceOnly }).where(eq(tx.t.session.userId, setting.user.id)),
        )
      await owe(true)
      const id = await begin(setting)
      expect(await stepOf(setting, id)).toBe('enrol')
      for (const [step, body] of [
        ['continue', {}],
        ['consent', { scopes: ['openid', 'email'] }],
      ] as const) {
        expect((await setting.browser.step(id, step, body)).json.data.next).toBe('interaction')
      }
      const silent = await setting.browser.get(authorizePath(setting.client, { prompt: 'none' }))
      expect(answerOf(silent).error).toBe('interaction_required')
      await owe(false)
      expect((await setting.browser.step(id, 'continue')).json.data.next).toBe('redirect')
    })

    test('of a stranger to a members-only application: that they are another', async () => {
      const setting = await setUp(t, { access: { members_only: true } })
      const id = await begin(setting)
      const { json } = await signIn(setting, id)
      expect(json.data.interaction.step).toBe('not_admitted')
      const recorded = [{ ...REFUSED, actorId: setting.user.id, reason: 'not_admitted' }]
      expect(await refusalsOf(setting)).toMatchObject(recorded)
      await Promise.all(Array.from({ length: 8 }, () => stepOf(setting, id)))
      await setting.browser.step(id, 'continue')
      const aborted = await setting.browser.step(id, 'abort')
      expect(new URL(aborted.json.data.location).searchParams.get('error')).toBe('access_denied')
      expect(await refusalsOf(setting)).toMatchObject(recorded)
    })

    // It was recorded as anonymous, or, of somebody who just left, not at all.
    test('of somebody who is signed in already and may not: that too is recorded, once', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      await t.write(({ tx }) =>
        tx
          .update(tx.t.client)
          .set({ access: { membersOnly: true, roles: [], departmentIds: [] } })
          .where(eq(tx.t.client.id, setting.client.id)),
      )
      const id = await begin(setting)
      const seen = await Promise.all(Array.from({ length: 8 }, () => stepOf(setting, id)))
      expect(new Set(seen)).toEqual(new Set(['not_admitted']))
      expect(await refusalsOf(setting)).toMatchObject([
        { ...REFUSED, actorId: setting.user.id, reason: 'not_admitted' },
      ])
    })

    test('of somebody who does not agree: their no is recorded as theirs', async () => {
      const setting = await setUp(t)
      const id = await begin(setting)
      await signIn(setting, id)
      expect(await refusalsOf(setting)).toEqual([])
      await setting.browser.step(id, 'abort')
      const denied = { ...REFUSED, reason: 'denied_by_person', details: { scope: ['openid', 'email'] } }
      expect(await refusalsOf(setting)).toMatchObject([{ ...denied, actorId: setting.user.id }])
      // Before a sign-in it is nobody's.
      const stranger = { ...setting, browser: new Browser(() => t) }
      await stranger.browser.step(await begin(stranger), 'abort')
      expect((await refusalsOf(setting)).at(-1)).toMatchObject({ ...denied, actorKind: 'anonymous' })
    })
  })

  // The page showed Eve, and Frank signed in meanwhile: what Eve had pressed gave the application Frank's code.
  test('counts what somebody agreed to for them alone, in one of two tabs', async () => {
    const eve = await setUp(t)
    const id = await begin(eve)
    const shown = (await signIn(eve, id)).json.data.interaction
    expect(shown).toMatchObject({ step: 'consent', user: { email: eve.email } })
    const frank = { ...eve, email: 'frank-of-two@example.com' }
    await withPassword(t, { email: frank.email })
    await signIn(frank, await begin(frank))
    const scopes = ['openid', 'email']
    const stale = await eve.browser.step(id, 'consent', { scopes, session_id: shown.session_id })
    expect([stale.status, stale.json.error.type]).toEqual([409, 'CONFLICT'])
    const { session_id, user } = (await eve.browser.interaction(id)).json.data.interaction
    expect(user.email).toBe(frank.email)
    expect((await eve.browser.step(id, 'consent', { scopes, session_id })).json.data.next).toBe('redirect')
  })

  describe('with a second factor', () => {
    test('owes it at sign-in', async () => {
      const setting = await setUp(t)
      const app = await withTotp(t, setting.user)
      const id = await begin(setting)
      const first = await signIn(setting, id)
      expect(first.json.data).toMatchObject({ next: 'second_factor', second_factor: { mfa_required: true } })
      expect(await stepOf(setting, id)).toBe('sign_in')
      const { mfa_token } = first.json.data.second_factor
      const wrong = await setting.browser.step(id, 'mfa', { mfa_token, code: app.wrongCode() })
      expect(wrong.status).toBe(401)
      const right = await setting.browser.step(id, 'mfa', { mfa_token, code: app.code() })
      expect(right.json.data.interaction.step).toBe('consent')
    })

    test('is told of what is no proof, and it is recorded once', async () => {
      const setting = await setUp(t)
      await withTotp(t, setting.user)
      const id = await begin(setting)
      const { mfa_token } = (await signIn(setting, id)).json.data.second_factor
      const refused = async () => {
        const rows = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
        return rows.filter(({ outcome, targetId }) => outcome === 'failure' && targetId === setting.user.id)
      }
      for (const [proof, action] of [
        [{ code: '1'.repeat(33) }, 'totp.verify_failed'],
        [{ code: '12345' }, 'totp.verify_failed'],
        [{ credential: {} }, 'webauthn.verify_failed'],
      ] as const) {
        const before = await refused()
        const { status, json } = await setting.browser.step(id, 'mfa', { mfa_token, ...proof })
        expect([status, json.error.type]).toEqual([400, 'VALIDATION_ERROR'])
        const known = new Set(before.map((event) => event.id))
        const told = (await refused()).filter((event) => !known.has(event.id))
        expect(told).toMatchObject([{ action, reason: 'malformed' }])
      }
    })

    test('has it proved where the session is weaker than what is asked for', async () => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const app = await withTotp(t, setting.user)
      const id = await begin(setting, { acr_values: 'urn:authy2:acr:2fa' })
      const shown = (await setting.browser.interaction(id)).json.data.interaction
      expect(shown).toMatchObject({ step: 'second_factor', required_acr: 'urn:authy2:acr:2fa' })
      const before = setting.browser.cookies.get(SESSION)
      const proved = await setting.browser.step(id, 'mfa', { code: app.code() })
      expect(proved.json.data.next).toBe('redirect')
      expect(setting.browser.cookies.get(SESSION)).not.toBe(before)
      const [event] = (await eventsOf(t, 'mfa.step_up')).slice(-1)
      const { id: userId } = setting.user
      expect(event).toMatchObject({ actorKind: 'user', actorId: userId, targetId: userId })
    })

    test('is signed in to by a passkey alone', async () => {
      const setting = await setUp(t)
      const passkey = await withPasskey(t, setting.user)
      const id = await begin(setting)
      const question = await t.call('POST', '/auth/webauthn/login/begin', { body: {} })
      const credential = passkey.sign(question.body.data)
      const { json } = await setting.browser.step(id, 'login', { credential })
      expect(json.data.interaction).toMatchObject({ step: 'consent', user: { email: setting.email } })
    })
  })
})
