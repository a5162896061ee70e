import { describe, expect, test } from 'bun:test'
import { setPassword } from '../../src/credentials/index.ts'
import { createSystemRandom } from '../../src/kernel/index.ts'
import { revokeSessions } from '../../src/sessions/index.ts'
import { updateUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import {
  beginWebauthn,
  completeWebauthn,
  firstFactor,
  verifyCode,
  verifyWebauthn,
  withPasskey,
  withTotp,
} from './factors.ts'
import { cookiesOf, eventsOf, signIn, withPassword } from './people.ts'

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]
const UNAUTHENTICATED = [401, 'AUTHENTICATION_ERROR']

const sessionOf = async (t: TestServer, { body }: Answer) =>
  (await t.call('GET', '/auth/me', { token: body.data.token })).body.data.session

const sessionCount = (t: TestServer) => t.read((ctx) => ctx.reader.$count(ctx.reader.t.session))
const attemptCount = (t: TestServer) => t.read((ctx) => ctx.reader.$count(ctx.reader.t.signInAttempt))

describe.each(testDialects)('a password with a second factor on $name', (dialect) => {
  test('gives no session and no cookie, but a token to go on with', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    await withTotp(t, user)
    const answer = await signIn(t, { remember_me: true })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toEqual({
      mfa_required: true,
      mfa_token: expect.stringMatching(/^a2m_[\w-]{49}$/),
      methods: ['totp', 'backup_code'],
      requires_totp: true,
      requires_webauthn: false,
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await sessionCount(t)).toBe(0)
    const [challenge] = await eventsOf(t, 'mfa.challenge')
    expect(challenge).toMatchObject({ targetId: user.id, actorKind: 'anonymous' })
    expect(await eventsOf(t, 'user.login')).toEqual([])
    expect((await t.call('GET', '/auth/me', { token: answer.body.data.mfa_token })).status).toBe(401)
  })

  test('stores only the digest of the token', async () => {
    await using t = await testServer({ dialect })
    await withTotp(t, await withPassword(t))
    const token = await firstFactor(t)
    const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.signInAttempt))
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(rows).toHaveLength(1)
  })

  test('offers a passkey first', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    await withTotp(t, user)
    await withPasskey(t, user)
    expect((await signIn(t)).body.data).toMatchObject({
      methods: ['webauthn', 'totp', 'backup_code'],
      requires_totp: true,
      requires_webauthn: true,
    })
  })

  test('goes on with a code to a session of two factors', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t, { remember_me: true })
    t.clock.advance(20)
    const answer = await verifyCode(t, token, app.code())
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      mfa_required: false,
      user: { id: user.id },
      requires_mfa_enrollment: false,
      expires_at: '2030-01-31T00:00:20.000Z',
      mfa_compliance: { status: 'not_applicable' },
    })
    expect(cookiesOf(answer).get('authy2_session')?.value).toBe(answer.body.data.token)
    expect(await sessionOf(t, answer)).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:authy2:acr:2fa',
      authenticated_at: '2030-01-01T00:00:20.000Z',
      is_remembered: true,
    })
    const [login] = await eventsOf(t, 'user.login')
    expect(login).toMatchObject({ actorId: user.id, details: { method: 'password', second_factor: 'totp' } })
    expect(await eventsOf(t, 'totp.verify')).toHaveLength(1)
    expect(await attemptCount(t)).toBe(0)
  })

  test('takes a code that was copied with its space', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const code = app.code().replace(/^(...)/, '$1 ')
    expect((await verifyCode(t, await firstFactor(t), code)).status).toBe(200)
  })

  test('goes on with a backup code, of which the user is told', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const { backupCodes } = await withTotp(t, user)
    const [code = ''] = backupCodes
    const answer = await verifyCode(t, await firstFactor(t), code.toLowerCase())
    expect(await sessionOf(t, answer)).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:authy2:acr:2fa',
    })
    const [used] = await eventsOf(t, 'backup_code.use')
    expect(used).toMatchObject({ targetId: user.id, details: { left: 9 } })
    const [mail] = await mailsOf(t, 'mfa_changed', user.email)
    expect(mail).toMatchObject({ change: 'backup_code_used', codesLeft: 9 })
    expect(failureOf(await verifyCode(t, await firstFactor(t), code))).toEqual(UNAUTHENTICATED)
  })

  test.each([
    ['a security key', false, 'hwk'],
    ['a synced passkey', true, 'swk'],
  ])('goes on with %s to a phishing-resistant session', async (_, isMultiDevice, keyKind) => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user, { isMultiDevice, isUserVerified: false })
    const answer = await verifyWebauthn(t, key, { mfa_token: await firstFactor(t) })
    expect(answer.status).toBe(200)
    expect(await sessionOf(t, answer)).toMatchObject({
      amr: ['pwd', keyKind, 'user', 'mfa'],
      acr: 'urn:authy2:acr:phr',
      authenticated_at: '2030-01-01T00:00:00.000Z',
    })
    expect(await eventsOf(t, 'webauthn.verify')).toHaveLength(1)
    expect((await eventsOf(t, 'user.login'))[0]?.details).toEqual({
      method: 'password',
      second_factor: 'webauthn',
    })
  })

  test('tells of a new device at the end only', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const from = (address: string) => ({ headers: { 'user-agent': `curl/${address}` } })
    await verifyCode(t, await firstFactor(t), app.code(), from('first'))
    t.clock.advance(60)
    const { body } = await signIn(t, {}, { headers: { 'user-agent': 'Wget/1' } })
    expect(await mailsOf(t, 'new_device')).toEqual([])
    await verifyCode(t, body.data.mfa_token, app.code(), { headers: { 'user-agent': 'Wget/1' } })
    expect(await mailsOf(t, 'new_device', user.email)).toHaveLength(1)
  })

  test('counts a code once, and none that is too old', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const code = app.code()
    expect((await verifyCode(t, await firstFactor(t), code)).status).toBe(200)
    expect(failureOf(await verifyCode(t, await firstFactor(t), code))).toEqual(UNAUTHENTICATED)
    t.clock.advance(120)
    const old = app.code()
    t.clock.advance(120)
    expect(failureOf(await verifyCode(t, await firstFactor(t), old))).toEqual(UNAUTHENTICATED)
    const reasons = (await eventsOf(t, 'totp.verify_failed')).map(({ reason }) => reason)
    expect(reasons).toEqual(['wrong_totp', 'wrong_totp'])
  })

  test('ends after five minutes', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const inTime = await firstFactor(t)
    t.clock.advance(299)
    expect((await verifyCode(t, inTime, app.code())).status).toBe(200)
    const late = await firstFactor(t)
    t.clock.advance(300)
    expect(failureOf(await verifyCode(t, late, app.code()))).toEqual(UNAUTHENTICATED)
    expect((await eventsOf(t, 'user.login_failed')).map(({ reason }) => reason)).toEqual(['attempt_ended'])
  })

  test('ends with the fifth wrong code, also for a right one after it', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    for (let wrong = 1; wrong <= 5; wrong++) {
      expect(failureOf(await verifyCode(t, token, app.wrongCode()))).toEqual(UNAUTHENTICATED)
    }
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
    expect(await eventsOf(t, 'totp.verify_failed')).toHaveLength(5)
    const [end, ...more] = await eventsOf(t, 'mfa.attempt_end')
    expect([end?.targetId, more.length]).toEqual([user.id, 0])
    expect(await sessionCount(t)).toBe(0)
    expect((await verifyCode(t, await firstFactor(t), app.code())).status).toBe(200)
  })

  test('is spent: the token does not begin a second session', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const token = await firstFactor(t)
    expect((await verifyCode(t, token, app.code())).status).toBe(200)
    t.clock.advance(60)
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
    expect(await sessionCount(t)).toBe(1)
  })

  test('is of one user: the code of somebody else is wrong, and theirs is not spent', async () => {
    await using t = await testServer({ dialect })
    await withTotp(t, await withPassword(t))
    const mallory = await withPassword(t, { email: 'mallory@example.com' })
    const theirs = await withTotp(t, mallory)
    const [backupCode = ''] = theirs.backupCodes
    const token = await firstFactor(t)
    expect(failureOf(await verifyCode(t, token, theirs.code()))).toEqual(UNAUTHENTICATED)
    expect(failureOf(await verifyCode(t, token, backupCode))).toEqual(UNAUTHENTICATED)
    const own = await firstFactor(t, { email: 'mallory@example.com' })
    expect((await verifyCode(t, own, theirs.code())).status).toBe(200)
  })

  test.each(['a2m_', 'a2s_x', 'x'.repeat(200), '\u0000'])(
    'does not go on with the token %j',
    async (mfaToken) => {
      await using t = await testServer({ dialect })
      await withTotp(t, await withPassword(t))
      expect(failureOf(await verifyCode(t, mfaToken, '000000'))).toEqual(UNAUTHENTICATED)
    },
  )

  test.each([
    ['too short', '12345'],
    ['too long', '1'.repeat(33)],
    ['a number', 123456],
    ['nothing', undefined],
    ['with control characters', '123\u0000456'],
  ])('refuses a code that is %s', async (_, code) => {
    await using t = await testServer({ dialect })
    await withTotp(t, await withPassword(t))
    const answer = await verifyCode(t, await firstFactor(t), code as string)
    expect(failureOf(answer)).toEqual([400, 'VALIDATION_ERROR'])
  })

  test.each(['abcdef', '１２３４５６', '12345678', "' or 1=1 --"])(
    'takes %j for a wrong code',
    async (code) => {
      await using t = await testServer({ dialect })
      await withTotp(t, await withPassword(t))
      expect(failureOf(await verifyCode(t, await firstFactor(t), code))).toEqual(UNAUTHENTICATED)
    },
  )

  test('is not open to a foreign page, which would sign its visitor in as somebody else', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const headers = { origin: 'https://evil.example' }
    const token = await firstFactor(t)
    expect((await verifyCode(t, token, app.code(), { headers })).status).toBe(403)
    expect((await verifyCode(t, token, app.code())).status).toBe(200)
  })
})

describe.each(testDialects)('of what happens at the same time on $name', (dialect) => {
  const successes = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200)

  test('twenty verifications of one code in one sign-in: one wins', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const token = await firstFactor(t)
    const code = app.code()
    const answers = await Promise.all(Array.from({ length: 20 }, () => verifyCode(t, token, code)))
    expect(successes(answers)).toHaveLength(1)
    expect(await sessionCount(t)).toBe(1)
  })

  test('twenty sign-ins with one code: one wins', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const tokens = await Promise.all(Array.from({ length: 20 }, () => firstFactor(t)))
    const code = app.code()
    const answers = await Promise.all(tokens.map((token) => verifyCode(t, token, code)))
    expect(successes(answers)).toHaveLength(1)
    expect(await sessionCount(t)).toBe(1)
  })

  test('ten backup codes in one sign-in: one is spent', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const { backupCodes } = await withTotp(t, user)
    const token = await firstFactor(t)
    const answers = await Promise.all(backupCodes.map((code) => verifyCode(t, token, code)))
    expect(successes(answers)).toHaveLength(1)
    expect(await t.read((ctx) => ctx.reader.$count(ctx.reader.t.backupCode))).toBe(9)
    expect(await mailsOf(t, 'mfa_changed', user.email)).toHaveLength(1)
  })

  test('twenty wrong codes in one sign-in: five are looked at', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const token = await firstFactor(t)
    const wrong = app.wrongCode()
    await Promise.all(Array.from({ length: 20 }, () => verifyCode(t, token, wrong)))
    expect(await eventsOf(t, 'totp.verify_failed')).toHaveLength(5)
    expect(await eventsOf(t, 'mfa.attempt_end')).toHaveLength(1)
  })

  test('four answers to one challenge: one wins', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const mfa_token = await firstFactor(t)
    const { data } = (await beginWebauthn(t, { mfa_token })).body
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => completeWebauthn(t, { mfa_token, credential: key.sign(data) })),
    )
    expect(successes(answers)).toHaveLength(1)
    expect(await sessionCount(t)).toBe(1)
  })

  test('a code and a passkey in one sign-in: one wins, and the code counts later if it has lost', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const key = await withPasskey(t, user)
    const mfa_token = await firstFactor(t)
    const { data } = (await beginWebauthn(t, { mfa_token })).body
    const [byCode, byKey] = await Promise.all([
      verifyCode(t, mfa_token, app.code()),
      completeWebauthn(t, { mfa_token, credential: key.sign(data) }),
    ])
    expect(successes([byCode, byKey])).toHaveLength(1)
    const later = await verifyCode(t, await firstFactor(t), app.code())
    expect(later.status).toBe(byCode.status === 200 ? 401 : 200)
  })
})

describe.each(testDialects)('an open sign-in on $name', (dialect) => {
  test('ends when the password changes', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    const hash = await t.deps.hasher.hash('another staple 8 magnet')
    await t.write((ctx) => setPassword(ctx, { userId: user.id, hash }))
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
  })

  test('ends when the user is suspended', async () => {
    await using t = await testServer({ dialect })
    const admin = await t.signedIn()
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    await t.call('POST', `/admin/users/${user.id}/suspend`, { token: admin.token, body: {} })
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
    await t.call('POST', `/admin/users/${user.id}/unsuspend`, { token: admin.token })
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
  })

  test('is refused to a user who is suspended at this very moment', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    await t.write((ctx) => updateUser(ctx, user.id, { status: 'suspended' }))
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
    expect(await sessionCount(t)).toBe(0)
  })

  test('goes with the user', async () => {
    await using t = await testServer({ dialect })
    const admin = await t.signedIn()
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    await t.call('DELETE', `/admin/users/${user.id}`, { token: admin.token })
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual(UNAUTHENTICATED)
    expect(await attemptCount(t)).toBe(0)
  })

  test('outlives the sessions that end meanwhile', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    await t.write((ctx) => revokeSessions(ctx, { userId: user.id }))
    expect((await verifyCode(t, token, app.code())).status).toBe(200)
  })

  test('says nothing in the words of the failure', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const random = createSystemRandom()
    const unknown = `a2m_${Buffer.from(random.bytes(36)).toString('base64url')}`
    const answers = [
      await verifyCode(t, unknown, app.code()),
      await verifyCode(t, (await firstFactor(t)).replace('a2m_', 'a2s_'), app.code()),
    ]
    for (const { body } of answers) {
      expect({ ...body, request_id: '' }).toEqual({ ...answers[0]?.body, request_id: '' })
    }
  })
})
