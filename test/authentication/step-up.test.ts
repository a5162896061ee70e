import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createApiKey } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type CallOptions, type TestServer, testServer } from '../support/server.ts'
import { beginWebauthn, firstFactor, verifyWebauthn, withPasskey, withTotp } from './factors.ts'
import { cookiesOf, eventsOf, OTHER_PASSWORD, PASSWORD, signIn, withPassword } from './people.ts'

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]
const UNAUTHENTICATED = [401, 'AUTHENTICATION_ERROR']
/** Longer than presence counts, shorter than a session lasts. */
const LATER = 601

const stepUp = (t: TestServer, token: string | undefined, body: object, options: CallOptions = {}) =>
  t.call('POST', '/auth/step-up', { ...options, token, body })
const begin = (t: TestServer, token: string | undefined) => t.call('POST', '/auth/step-up/begin', { token })
/** Something that asks for presence. */
const sensitive = async (t: TestServer, token: string) =>
  failureOf(await t.call('GET', '/users/me/export', { token }))

/** Somebody with a password whose sign-in is too long ago. */
async function signedInBefore(t: TestServer) {
  const user = await withPassword(t)
  const { body } = await signIn(t)
  t.clock.advance(LATER)
  return { user, token: body.data.token as string }
}
const sessionOf = async (t: TestServer, token: string) =>
  (await t.call('GET', '/auth/me', { token })).body.data.session

describe.each(testDialects)('stepping up on $name', (dialect) => {
  test('with a password, by who has nothing better, counts for ten minutes and replaces the token', async () => {
    await using t = await testServer({ dialect })
    const { user, token: before } = await signedInBefore(t)
    expect(await sensitive(t, before)).toEqual([403, 'STEP_UP_REQUIRED'])
    const answer = await stepUp(t, before, { method: 'password', password: PASSWORD })
    expect(answer.status).toBe(200)
    const { token, expires_at } = answer.body.data
    expect(expires_at).toBe('2030-01-01T00:20:01.000Z')
    expect(cookiesOf(answer).get('authy2_session')?.value).toBe(token)
    expect((await t.call('GET', '/auth/me', { token: before })).status).toBe(401)
    expect(await sensitive(t, token)).toEqual([200, undefined])
    expect(await sessionOf(t, token)).toMatchObject({
      amr: ['pwd'],
      acr: 'urn:authy2:acr:1fa',
      authenticated_at: '2030-01-01T00:00:00.000Z',
    })
    const [event] = await eventsOf(t, 'mfa.step_up')
    expect(event).toMatchObject({
      actorId: user.id,
      targetId: user.id,
      details: { method: 'password' },
    })
    t.clock.advance(600)
    expect(await sensitive(t, token)).toEqual([403, 'STEP_UP_REQUIRED'])
  })

  test('with a code makes it a session of two factors', async () => {
    await using t = await testServer({ dialect })
    const { user, token: before } = await signedInBefore(t)
    const app = await withTotp(t, user)
    const { body } = await stepUp(t, before, { method: 'totp', code: app.code() })
    expect(await sensitive(t, body.data.token)).toEqual([200, undefined])
    expect(await sessionOf(t, body.data.token)).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:authy2:acr:2fa',
    })
    const again = await stepUp(t, body.data.token, { method: 'totp', code: app.code() })
    expect(failureOf(again)).toEqual(UNAUTHENTICATED)
  })

  test('with a backup code spends it, and tells the user', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const { backupCodes } = await withTotp(t, user)
    const proof = { method: 'backup_code', code: backupCodes[0] }
    const { body } = await stepUp(t, token, proof)
    expect(await sensitive(t, body.data.token)).toEqual([200, undefined])
    expect(failureOf(await stepUp(t, body.data.token, proof))).toEqual(UNAUTHENTICATED)
    expect((await mailsOf(t, 'mfa_changed', user.email)).map(({ change }) => change)).toEqual([
      'backup_code_used',
    ])
  })

  test('with a passkey makes it phishing-resistant, and a code afterwards does not make it less', async () => {
    await using t = await testServer({ dialect })
    const { user, token: before } = await signedInBefore(t)
    const key = await withPasskey(t, user)
    const app = await withTotp(t, user)
    const { data: options } = (await begin(t, before)).body
    expect(options.allowCredentials).toHaveLength(1)
    const { body } = await stepUp(t, before, { method: 'webauthn', credential: key.sign(options) })
    expect(await sessionOf(t, body.data.token)).toMatchObject({
      amr: ['pwd', 'hwk', 'user', 'mfa'],
      acr: 'urn:authy2:acr:phr',
    })
    const again = await stepUp(t, body.data.token, { method: 'totp', code: app.code() })
    expect(await sessionOf(t, again.body.data.token)).toMatchObject({
      amr: ['pwd', 'hwk', 'user', 'mfa', 'otp'],
      acr: 'urn:authy2:acr:phr',
    })
  })

  test('with a password is not open to who has a second factor, nor to who has no password', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const federated = await t.signedIn()
    await withTotp(t, user)
    const answer = await stepUp(t, token, { method: 'password', password: PASSWORD })
    expect(failureOf(answer)).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(answer.body.error.details.methods).toEqual(['totp', 'backup_code'])
    const without = await stepUp(t, federated.token, { method: 'password', password: PASSWORD })
    expect(failureOf(without)).toEqual([400, 'VALIDATION_ERROR'])
  })

  test('fails with what is wrong, once in the log, and the session stays as it was', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const wrongPassword = { method: 'password', password: OTHER_PASSWORD }
    expect(failureOf(await stepUp(t, token, wrongPassword))).toEqual(UNAUTHENTICATED)
    const app = await withTotp(t, user)
    const key = await withPasskey(t, user)
    const ofSignIn = (await beginWebauthn(t, { mfa_token: await firstFactor(t) })).body.data
    const wrong = [
      { method: 'totp', code: app.wrongCode() },
      { method: 'totp', code: app.backupCodes[0] },
      { method: 'backup_code', code: app.code() },
      { method: 'webauthn', credential: key.sign(ofSignIn) },
    ]
    for (const proof of wrong) expect(failureOf(await stepUp(t, token, proof))).toEqual(UNAUTHENTICATED)
    expect((await eventsOf(t, 'mfa.step_up_failed')).map(({ reason }) => reason)).toEqual([
      'wrong_password',
      'wrong_totp',
      'wrong_totp',
      'wrong_backup_code',
      'unknown_challenge',
    ])
    expect(await sensitive(t, token)).toEqual([403, 'STEP_UP_REQUIRED'])
    expect((await stepUp(t, token, { method: 'totp', code: app.code() })).status).toBe(200)
  })

  test('by the passkey, code and challenge of somebody else fails', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    await withPasskey(t, user)
    const mallory = await withPassword(t, { email: 'mallory@example.com' })
    const theirKey = await withPasskey(t, mallory)
    const theirApp = await withTotp(t, mallory)
    const theirs = (await verifyWebauthn(t, theirKey)).body.data.token
    const { data: theirChallenge } = (await begin(t, theirs)).body
    const { data: ownChallenge } = (await begin(t, token)).body
    for (const proof of [
      { method: 'webauthn', credential: theirKey.sign(theirChallenge) },
      { method: 'webauthn', credential: theirKey.sign({ ...ownChallenge, allowCredentials: [] }) },
      { method: 'totp', code: theirApp.code() },
      { method: 'backup_code', code: theirApp.backupCodes[0] },
    ]) {
      expect(failureOf(await stepUp(t, token, proof))).toEqual(UNAUTHENTICATED)
    }
  })

  test('counts guesses together with those of signing in', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const app = await withTotp(t, user)
    const headers = { 'user-agent': 'thief/1' }
    for (let n = 1; n <= 10; n++) {
      const answer = await stepUp(t, token, { method: 'totp', code: app.wrongCode() }, { headers })
      expect(failureOf(answer)).toEqual(UNAUTHENTICATED)
    }
    const right = await stepUp(t, token, { method: 'totp', code: app.code() }, { headers })
    expect(failureOf(right)).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    expect(await mailsOf(t, 'second_factor_guessing', user.email)).toHaveLength(1)
  })

  test('by one code twenty times at once succeeds once', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const app = await withTotp(t, user)
    const proof = { method: 'totp', code: app.code() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => stepUp(t, token, proof)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('of a session that ends at this moment spends nothing', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const app = await withTotp(t, user)
    const { session } = await t.read(async ({ reader }) => ({
      session: (await reader.select().from(reader.t.session))[0],
    }))
    const caller = await t.deps.authenticate(token, false)
    if (!caller || !session) throw new Error('Not signed in')
    await using ended = await testServer({ dialect, deps: { ...t.deps, authenticate: async () => caller } })
    await t.write((ctx) => ctx.tx.delete(ctx.tx.t.session).where(eq(ctx.tx.t.session.id, session.id)))
    const answer = await stepUp(ended, token, { method: 'totp', code: app.code() })
    expect(failureOf(answer)).toEqual(UNAUTHENTICATED)
    const again = await t.call('POST', '/auth/totp/verify', {
      body: { mfa_token: await firstFactor(t), code: app.code() },
    })
    expect(again.status).toBe(200)
  })

  test('is for sessions: not for strangers, nor for API keys', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await signedInBefore(t)
    const caller = { user, memberships: [] }
    const { key } = await t.write((ctx) =>
      createApiKey(ctx, caller, { name: 'k', scopes: ['profile:read', 'profile:write'] }),
    )
    const proof = { method: 'password', password: PASSWORD }
    expect(failureOf(await stepUp(t, undefined, proof))).toEqual(UNAUTHENTICATED)
    expect(failureOf(await stepUp(t, key, proof))).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(failureOf(await begin(t, undefined))).toEqual(UNAUTHENTICATED)
    expect(failureOf(await begin(t, key))).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(failureOf(await begin(t, token))).toEqual([400, 'BAD_REQUEST'])
  })

  test.each([
    {},
    { method: 'sms', code: '123456' },
    { method: 'totp' },
    { method: 'totp', code: '1'.repeat(100) },
    { method: 'webauthn', credential: {} },
    { method: 'password', password: 'x'.repeat(2000) },
  ])('refuses %j', async (body) => {
    await using t = await testServer({ dialect })
    const { token } = await signedInBefore(t)
    expect(failureOf(await stepUp(t, token, body))).toEqual([400, 'VALIDATION_ERROR'])
  })
})
