import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { endUserAccess } from '../../src/access/index.ts'
import { cleanUp } from '../../src/jobs/clean-up.ts'
import type { OutboundRequest } from '../../src/outbound/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Page, VERIFIER } from './browser.ts'
import { type Setting, setUp, signInToClient } from './setting.ts'

const SESSION = 'authy2_session'
const HOME = 'https://wiki.example.com/'
const WITH_HOME = { post_logout_redirect_uris: [HOME] }

describe.each(testDialects)('signing out on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  /** An ID token of somebody who has signed in to the client. */
  const idTokenOf = (setting: Setting) => redeem(setting, signInToClient(setting))

  const logoutPath = (parameters: Record<string, string>) => `/oidc/logout?${new URLSearchParams(parameters)}`
  const isSignedIn = async ({ browser }: Setting) =>
    (await t.deps.authenticate(browser.cookies.get(SESSION) ?? '', true)) !== undefined

  test('happens at once where an ID token proves that it is about this person', async () => {
    const setting = await setUp(t, WITH_HOME)
    const id_token_hint = await idTokenOf(setting)
    const page = await setting.browser.get(
      logoutPath({ id_token_hint, post_logout_redirect_uri: HOME, state: 'x y' }),
    )
    expect([page.status, page.location?.href]).toEqual([303, `${HOME}?state=x+y`])
    expect(setting.browser.cookies.has(SESSION)).toBe(false)
    expect(await isSignedIn(setting)).toBe(false)
    expect((await eventsOf(t, 'user.logout')).slice(-1)).toMatchObject([
      { actorId: setting.user.id, details: { client_id: setting.client.id } },
    ])
  })

  test('happens by the pairwise subject that only the client knows the person by', async () => {
    const setting = await setUp(t, { ...WITH_HOME, subject_type: 'pairwise' })
    const id_token_hint = await idTokenOf(setting)
    expect(claimsOf(id_token_hint).sub).not.toBe(setting.user.id)
    const page = await setting.browser.get(logoutPath({ id_token_hint, post_logout_redirect_uri: HOME }))
    expect(page.location?.href).toBe(HOME)
  })

  test('happens by an ID token that has expired', async () => {
    await using own = await testServer({ dialect })
    const setting = await setUp(own, { ...WITH_HOME, id_token_lifetime: 60 })
    const id_token_hint = await redeem(setting, signInToClient(setting))
    own.clock.advance(120)
    const page = await setting.browser.get(logoutPath({ id_token_hint, post_logout_redirect_uri: HOME }))
    expect(page.location?.href).toBe(HOME)
  })

  test('is asked about where nothing proves it, and happens when the person says so', async () => {
    const setting = await setUp(t, WITH_HOME)
    await signInToClient(setting)
    const request = { client_id: setting.client.id, post_logout_redirect_uri: HOME, state: '"><b>' }
    const question = await setting.browser.get(logoutPath(request))
    expect([question.status, question.location]).toEqual([200, undefined])
    expect(question.text).toContain('Wiki asks to sign you out here, too.')
    expect(question.text).not.toContain('<b>')
    expect(question.headers.get('content-security-policy')).toContain("form-action 'self';")
    expect(await isSignedIn(setting)).toBe(true)

    const confirmed = await setting.browser.submit(question, { decision: 'sign_out' })
    expect(confirmed.location?.href).toBe(`${HOME}?state=%22%3E%3Cb%3E`)
    expect(await isSignedIn(setting)).toBe(false)
  })

  test('is asked about where the ID token is about somebody else', async () => {
    const setting = await setUp(t, WITH_HOME)
    const id_token_hint = await idTokenOf(setting)
    const bob = { ...(await setUp(t)), client: setting.client }
    await signInToClient(bob)
    const page = await bob.browser.get(logoutPath({ id_token_hint, post_logout_redirect_uri: HOME }))
    expect(page.status).toBe(200)
    expect(await isSignedIn(bob)).toBe(true)
  })

  test.each([
    ['by another site', { csrf: 'kept' }, 'https://evil.example'],
    ['without the seal of the form', { csrf: '' }, undefined],
    ['by the seal of another browser', { csrf: 'A'.repeat(43) }, undefined],
  ])('is not confirmed %s', async (_, { csrf }, origin) => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const question = await setting.browser.get('/oidc/logout')
    const seal = csrf === 'kept' ? sealOn(question) : csrf
    const headers = origin === undefined ? {} : { origin }
    const page = await setting.browser.form('/logout', { csrf: seal, decision: 'sign_out' }, headers)
    expect(page.status).toBe(403)
    expect(page.text).toContain('This form was not accepted')
    expect(await isSignedIn(setting)).toBe(true)
  })

  test.each(['/oidc/logout', '/oidc/logout?decision=sign_out'])(
    'is not confirmed by what comes to %s',
    async (path) => {
      const setting = await setUp(t)
      await signInToClient(setting)
      const page = await setting.browser.form(path, { decision: 'sign_out' })
      expect(page.location?.pathname).toBe('/oidc/logout')
      expect(
        (await setting.browser.get(page.location?.href.slice(t.deps.config.publicUrl.length) ?? '')).status,
      ).toBe(200)
      expect(await isSignedIn(setting)).toBe(true)
    },
  )

  test('does not happen to who stays', async () => {
    const setting = await setUp(t, WITH_HOME)
    await signInToClient(setting)
    const question = await setting.browser.get(
      logoutPath({ client_id: setting.client.id, post_logout_redirect_uri: HOME }),
    )
    const page = await setting.browser.submit(question, { decision: 'stay' })
    expect(page.location?.pathname).toBe('/')
    expect(await isSignedIn(setting)).toBe(true)
  })

  test('by a form goes on as the same request by GET, which brings the cookies of this site along', async () => {
    const setting = await setUp(t)
    const page = await setting.browser.form(
      '/oidc/logout',
      { client_id: setting.client.id },
      { origin: 'https://wiki.example.com' },
    )
    expect(page.location?.pathname).toBe('/oidc/logout')
  })

  test('of nobody leads back just the same', async () => {
    const setting = await setUp(t, WITH_HOME)
    const request = { client_id: setting.client.id, post_logout_redirect_uri: HOME }
    expect((await setting.browser.get(logoutPath(request))).location?.href).toBe(HOME)
    expect((await setting.browser.get('/oidc/logout')).text).toContain('You are signed out')
  })

  describe('is refused on a page, and leads nowhere,', () => {
    test.each<[string, (setting: Setting, hint: string) => Record<string, string>]>([
      [
        'to an address that is not registered',
        (s) => ({ client_id: s.client.id, ...to('https://evil.example') }),
      ],
      ['to an address below', (s) => ({ client_id: s.client.id, ...to(`${HOME}deeper`) })],
      [
        'to a host that begins alike',
        (s) => ({ client_id: s.client.id, ...to('https://wiki.example.com.evil.example/') }),
      ],
      [
        'to a user name in front',
        (s) => ({ client_id: s.client.id, ...to('https://wiki.example.com@evil.example/') }),
      ],
      ['to a script', (s) => ({ client_id: s.client.id, ...to('javascript:alert(1)') })],
      ['without a client that vouches for it', () => to(HOME)],
      ['for a client that there is not', () => ({ client_id: 'nobody', ...to(HOME) })],
      [
        'for another client than the ID token’s',
        (_, id_token_hint) => ({ client_id: 'other', id_token_hint }),
      ],
      [
        'for an ID token of somebody else',
        () => ({ id_token_hint: 'eyJhbGciOiJub25lIn0.e30.', ...to(HOME) }),
      ],
      ['for a changed ID token', (_, hint) => ({ id_token_hint: `${hint.slice(0, -4)}AAAA`, ...to(HOME) })],
    ])('%s', async (_, parameters) => {
      const setting = await setUp(t, WITH_HOME)
      const hint = await idTokenOf(setting)
      const page = await setting.browser.get(logoutPath(parameters(setting, hint)))
      expect([page.status, page.location]).toEqual([400, undefined])
      expect(page.text).not.toContain('evil')
      expect(await isSignedIn(setting)).toBe(true)
    })

    test('for repeated parameters', async () => {
      const { browser } = await setUp(t, WITH_HOME)
      expect((await browser.get('/oidc/logout?state=a&state=b')).status).toBe(400)
    })
  })

  describe('tells every client of the session (Back-Channel Logout 1.0)', () => {
    const LISTENING = { backchannel_logout_uri: 'https://wiki.example.com/signed-out' }

    const listen = async (env: Record<string, string> = {}, status = 200) => {
      const notices: { url: string; request: OutboundRequest }[] = []
      const answer = { status }
      const server = await testServer({
        dialect,
        env,
        outbound: {
          async send(url, request = {}) {
            notices.push({ url, request })
            return { status: answer.status, mediaType: '', body: new Uint8Array() }
          },
          fetchJson: () => Promise.reject(new Error('Nothing is fetched here')),
        },
      })
      const tokens = () =>
        notices.map(({ request }) => new URLSearchParams(request.body).get('logout_token') ?? '')
      return { server, notices, tokens, answer }
    }

    test.each<[string, (server: TestServer, setting: Setting) => Promise<unknown>]>([
      ['signing out', (_, setting) => signOut(setting)],
      [
        'the API',
        (server, { browser }) => server.call('POST', '/auth/logout', { token: browser.cookies.get(SESSION) }),
      ],
      [
        'the suspension of the person',
        (server, { user }) =>
          server.write((ctx) => endUserAccess(ctx, { userId: user.id, reason: 'suspended' })),
      ],
    ])('by %s', async (_, end) => {
      const { server, notices, tokens } = await listen()
      await using own = server
      const setting = await setUp(own, LISTENING)
      const idToken = await redeem(setting, signInToClient(setting))
      const { sid } = claimsOf(idToken)
      await end(own, setting)
      await own.deps.outbox.runOnce()

      expect(notices.map(({ url }) => url)).toEqual([LISTENING.backchannel_logout_uri])
      const [token = ''] = tokens()
      const keys = createLocalJWKSet({ keys: [...(await own.deps.signingKeys.publicKeys())] })
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: own.deps.config.oidc.issuer,
        audience: setting.client.id,
        typ: 'logout+jwt',
        currentDate: own.clock.now(),
      })
      expect(protectedHeader.alg).toBe('RS256')
      expect(payload).toMatchObject({
        sub: setting.user.id,
        sid,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
      expect(payload.nonce).toBeUndefined()
    })

    test('one that knows people by subjects of its own by the session id of its ID token', async () => {
      const { server, tokens } = await listen()
      await using own = server
      const setting = await setUp(own, { ...LISTENING, subject_type: 'pairwise' })
      const { sid, sub } = claimsOf(await redeem(setting, signInToClient(setting)))
      const [session] = await own.read(({ reader }) => reader.select().from(reader.t.clientSession))
      expect(sid).not.toBe(session?.sessionId)
      await signOut(setting)
      await own.deps.outbox.runOnce()
      expect(tokens().map(claimsOf)).toMatchObject([{ sub, sid }])
    })

    // Once only a client that had signed somebody in by a code was told.
    test('also one that was signed in to by a device, and none that learned of nobody', async () => {
      const { server, notices, tokens } = await listen()
      await using own = server
      const { client, browser } = await setUp(own, {
        ...LISTENING,
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
        scope: 'openid email',
      })
      const headers = { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` }
      const { token, user } = await own.signedIn()
      const signIn = async (scope: string) => {
        const { json } = await browser.form('/oidc/device', { scope }, headers)
        const body = { user_code: json.user_code, scopes: scope.split(' ') }
        expect((await own.call('POST', '/oidc/device/approve', { token, body })).status).toBe(200)
        const request = {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: json.device_code,
        }
        return () => browser.form('/oidc/token', request, headers)
      }
      const told = () => own.read(({ reader }) => reader.$count(reader.t.clientSession))
      await (await signIn('email'))()
      const redeem = await signIn('openid email')
      expect(await told()).toBe(0)
      const { sid } = claimsOf((await redeem()).json.id_token)
      await own.call('POST', '/auth/logout', { token })
      await own.deps.outbox.runOnce()
      expect(notices.map(({ url }) => url)).toEqual([LISTENING.backchannel_logout_uri])
      expect(claimsOf(tokens()[0] ?? '')).toMatchObject({ aud: client.id, sub: user.id, sid })
    })

    const cleanUpAfter = async (server: TestServer, seconds: number) => {
      server.clock.advance(seconds)
      const { signal } = new AbortController()
      await cleanUp.run(server.deps, { signal, now: server.clock.now() })
      await server.deps.outbox.runOnce()
    }

    // Its tokens are dead from then on: whoever asked to be told would show somebody as signed in who is not.
    test('when its time is up', async () => {
      const { server, notices, tokens } = await listen({ MAX_SESSION_DURATION: '1h' })
      await using own = server
      const setting = await setUp(own, LISTENING)
      const { sid } = claimsOf(await redeem(setting, signInToClient(setting)))
      await cleanUpAfter(own, 3_599)
      expect(notices).toEqual([])
      await cleanUpAfter(own, 1)
      expect(tokens().map((token) => claimsOf(token).sid)).toEqual([sid])
      await cleanUpAfter(own, 86_400)
      expect(notices).toHaveLength(1)
    })

    test('no sooner when nobody came here for a while, who may well be busy there', async () => {
      const { server, notices } = await listen({ MAX_SESSION_DURATION: '2h', SESSION_IDLE_TIMEOUT: '1h' })
      await using own = server
      const setting = await setUp(own, LISTENING)
      await signInToClient(setting)
      await cleanUpAfter(own, 3_600)
      expect(await own.read(({ reader }) => reader.$count(reader.t.session))).toBe(0)
      expect(notices).toEqual([])
      await cleanUpAfter(own, 3_600)
      expect(notices).toHaveLength(1)
    })

    test('again while one is away, and no more once it refuses', async () => {
      const { server, notices, answer } = await listen({}, 503)
      await using own = server
      const setting = await setUp(own, LISTENING)
      await signInToClient(setting)
      await signOut(setting)
      await own.deps.outbox.runOnce()
      expect(notices).toHaveLength(1)
      answer.status = 400
      own.clock.advance(3_600)
      await own.deps.outbox.runOnce()
      own.clock.advance(3_600)
      await own.deps.outbox.runOnce()
      expect(notices).toHaveLength(2)
    })

    test('and nobody who does not ask for it', async () => {
      const { server, notices } = await listen()
      await using own = server
      const setting = await setUp(own)
      await signInToClient(setting)
      await signOut(setting)
      await own.deps.outbox.runOnce()
      expect(notices).toEqual([])
    })
  })
})

const sealOn = ({ text }: Page): string => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''

/** As a person does who wants to. */
const signOut = async ({ browser }: Setting): Promise<Page> =>
  browser.submit(await browser.get('/logout'), { decision: 'sign_out' })

const to = (uri: string) => ({ post_logout_redirect_uri: uri })

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

async function redeem({ browser, client }: Setting, location: Promise<URL>): Promise<string> {
  const page = await browser.form(
    '/oidc/token',
    {
      grant_type: 'authorization_code',
      code: (await location).searchParams.get('code') ?? '',
      redirect_uri: 'https://wiki.example.com/callback',
      code_verifier: VERIFIER,
    },
    { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
  )
  return page.json.id_token
}
