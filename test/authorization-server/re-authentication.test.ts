/** Who is signed in and is asked once more who they are stays signed in everywhere else. Core §3.1.2.1, `prompt` */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { withPasskey, withTotp } from '../authentication/factors.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { clientCalls } from '../clients/requests.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { REDIRECT_URI } from './application.ts'
import { VERIFIER } from './browser.ts'
import { agree, begin, type Setting, setUp, signIn, signInToClient } from './setting.ts'

const SESSION = 'authy2_session'
const REFRESHED = { grant_types: ['authorization_code', 'refresh_token'] }
const BACK_CHANNEL = { backchannel_logout_uri: 'https://wiki.example.com/signed-out' }

describe.each(testDialects)('signing in again on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const token = (setting: Setting, parameters: Record<string, string>) =>
    setting.browser.form('/oidc/token', parameters, {
      authorization: `Basic ${btoa(`${setting.client.id}:${setting.client.secret}`)}`,
    })
  const redeem = async (setting: Setting, location: URL) => {
    const code = location.searchParams.get('code') ?? ''
    const exchange = { code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }
    const { json } = await token(setting, { grant_type: 'authorization_code', ...exchange })
    return { ...json, claims: decodeJwt(json.id_token) }
  }
  /** A second application of the same organization, in the same browser. */
  const another = async (setting: Setting, settings: object = {}): Promise<Setting> => ({
    ...setting,
    client: await clientCalls(t, setting.tenant).make({ access: { members_only: false }, ...settings }),
  })
  const sessionOf = ({ browser }: Setting) => browser.cookies.get(SESSION) ?? ''
  const sessionsOf = ({ user }: Pick<Setting, 'user'>) =>
    t.read(({ reader }) => reader.select().from(reader.t.session).where(eq(reader.t.session.userId, user.id)))
  /** How many clients are to be told that somebody is signed out. */
  const noticesOf = async () => {
    const messages = await t.read(({ reader }) => reader.select().from(reader.t.outboxMessage))
    return messages.filter(({ kind }) => kind === 'back_channel.logout').length
  }
  const again = async (setting: Setting) => {
    t.clock.advance(10)
    const id = await begin(setting, { prompt: 'login' })
    t.clock.advance(10)
    const { json } = await signIn(setting, id)
    const { data } = json.data.next === 'interaction' ? (await agree(setting, id)).json : json
    return redeem(setting, new URL(data.location))
  }

  // It was replaced, so that one application's prompt=login signed the person out of all the others.
  test('keeps the session, renews when and how, and lets every other application go on', async () => {
    const wiki = await setUp(t, { ...REFRESHED, ...BACK_CHANNEL })
    const first = await redeem(wiki, await signInToClient(wiki))
    const before = sessionOf(wiki)
    const told = await noticesOf()
    t.clock.advance(1_000)
    const second = await again(await another(wiki))

    expect(second.claims.sid).toBe(first.claims.sid)
    expect(first.claims.auth_time).toBe(Number(first.claims.iat))
    expect(second.claims.auth_time).toBe(Math.floor(t.clock.now().getTime() / 1_000))
    expect(await sessionsOf(wiki)).toHaveLength(1)
    expect(
      (await token(wiki, { grant_type: 'refresh_token', refresh_token: first.refresh_token })).status,
    ).toBe(200)
    expect(await noticesOf()).toBe(told)
    expect((await eventsOf(t, 'session.renew')).slice(-1)).toMatchObject([
      { actorId: wiki.user.id, targetId: first.claims.sid },
    ])
    // What copied the session before is out (session fixation).
    expect(sessionOf(wiki)).not.toBe(before)
    expect(await t.deps.authenticate(before, true)).toBeUndefined()
    expect(await t.deps.authenticate(sessionOf(wiki), true)).toBeDefined()
  })

  test('says how it was done this time', async () => {
    const setting = await setUp(t)
    const password = await redeem(setting, await signInToClient(setting))
    expect(password.claims).toMatchObject({ amr: ['pwd'], acr: 'urn:authy2:acr:1fa' })

    const app = await withTotp(t, setting.user)
    t.clock.advance(30)
    const id = await begin(setting, { prompt: 'login' })
    t.clock.advance(30)
    const { mfa_token } = (await signIn(setting, id)).json.data.second_factor
    const proved = await setting.browser.step(id, 'mfa', { mfa_token, code: app.code() })
    const code = await redeem(setting, new URL(proved.json.data.location))
    expect(code.claims).toMatchObject({
      sid: password.claims.sid,
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:authy2:acr:2fa',
    })

    const passkey = await withPasskey(t, setting.user)
    t.clock.advance(30)
    const next = await begin(setting, { prompt: 'login' })
    const question = await t.call('POST', '/auth/webauthn/login/begin', { body: {} })
    const { json } = await setting.browser.step(next, 'login', {
      credential: passkey.sign(question.body.data),
    })
    const strong = await redeem(setting, new URL(json.data.location))
    expect(strong.claims).toMatchObject({ sid: password.claims.sid, acr: 'urn:authy2:acr:phr' })
    expect(strong.claims.amr).not.toContain('pwd')
  })

  test('as somebody else ends the session, and all that came of it', async () => {
    const wiki = await setUp(t, { ...REFRESHED, ...BACK_CHANNEL })
    const first = await redeem(wiki, await signInToClient(wiki))
    const told = await noticesOf()
    const bob = await withPassword(t, { email: `bob-${wiki.email}` })
    const asBob = { ...wiki, email: bob.email }
    const second = await again(asBob)

    expect(second.claims).toMatchObject({ sub: bob.id })
    expect(second.claims.sid).not.toBe(first.claims.sid)
    expect(await sessionsOf(wiki)).toEqual([])
    const refreshed = await token(wiki, { grant_type: 'refresh_token', refresh_token: first.refresh_token })
    expect(refreshed.json.error).toBe('invalid_grant')
    expect(await noticesOf()).toBe(told + 1)
  })

  test('revives no session that is over', async () => {
    const setting = await setUp(t)
    const first = await redeem(setting, await signInToClient(setting))
    await t.write(({ tx, now }) =>
      tx.update(tx.t.session).set({ expiresAt: now }).where(eq(tx.t.session.userId, setting.user.id)),
    )
    const second = await again(setting)
    expect(second.claims.sid).not.toBe(first.claims.sid)
    expect(await sessionsOf(setting)).toMatchObject([{ id: second.claims.sid }])
  })

  test('lasts from then on, for the clients that are told of its end, too', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const [{ expiresAt: before } = { expiresAt: new Date(0) }] = await sessionsOf(setting)
    t.clock.advance(1_000)
    await again(setting)
    const [after] = await sessionsOf(setting)
    expect(after?.expiresAt.getTime()).toBe(before.getTime() + 1_020_000)
    const held = await t.read(
      ({
        reader: {
          select,
          t: { clientSession },
        },
      }) =>
        select()
          .from(clientSession)
          .where(eq(clientSession.sessionId, after?.id ?? '')),
    )
    expect(held.map(({ expiresAt }) => expiresAt)).toEqual([after?.expiresAt ?? before])
  })

  test('anywhere else begins another session, as ever', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const [before] = await sessionsOf(setting)
    const body = { email: setting.email, password: PASSWORD }
    const { status } = await setting.browser.json('/api/v1/auth/login', body)
    expect(status).toBe(200)
    const after = await sessionsOf(setting)
    expect(after).toHaveLength(1)
    expect(after[0]?.id).not.toBe(before?.id)
  })
})
