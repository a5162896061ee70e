import { describe, expect, test } from 'bun:test'
import { decodeQR } from 'qr/decode.js'
import type { Row } from '../../src/db/index.ts'
import { createApiKey, issueSession } from '../../src/sessions/index.ts'
import { updateUser } from '../../src/users/index.ts'
import { codeAt, decodeBase32, wrongCodeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { cookiesOf, eventsOf } from './people.ts'

const STEP_UP_SECONDS = 600

const enroll = (t: TestServer, token?: string) => t.call('POST', '/auth/totp/enroll', { token })
const verify = (t: TestServer, token: string | undefined, code: unknown) =>
  t.call('POST', '/auth/totp/verify-enrollment', { token, body: { code } })
const status = (t: TestServer, token?: string) => t.call('GET', '/auth/totp/status', { token })
const disable = (t: TestServer, token?: string) => t.call('POST', '/auth/totp/disable', { token })
const regenerate = (t: TestServer, token?: string) =>
  t.call('POST', '/auth/totp/backup-codes/regenerate', { token })

const codeOf = (t: TestServer, secret: string) => codeAt(secret, t.clock.now())

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]
const refusal = (answer: Answer, code: number, type: string) =>
  expect(failureOf(answer)).toEqual([code, type])

/** Somebody who has just enrolled an app, signed in with the token that this gave. */
async function enrolled(t: TestServer, email = 'alice@example.com') {
  const { user, token: before } = await t.signedIn({ email })
  const { secret } = (await enroll(t, before)).body.data
  const { token, backup_codes } = (await verify(t, before, codeOf(t, secret))).body.data
  return { user, before, token, secret, backupCodes: backup_codes as string[] }
}

/** A passkey in the database, as far as anything here looks at it. */
const addPasskey = (t: TestServer, user: Row<'user'>) =>
  t.write(async (ctx) => {
    const { webauthnCredential } = ctx.tx.t
    await ctx.tx.insert(webauthnCredential).values({
      id: ctx.newId(),
      userId: user.id,
      credentialId: ctx.newId(),
      publicKey: ctx.random.bytes(8),
      signCount: 0,
      transports: [],
      aaguid: '00000000-0000-0000-0000-000000000000',
      isAttested: false,
      isMultiDevice: true,
      isBackedUp: true,
      isDiscoverable: null,
      name: 'Passkey',
      createdAt: ctx.now,
      lastUsedAt: null,
    })
  })

/** Membership of an organization that asks for a second factor, past its deadline if nothing was enrolled. */
const joinStrict = (t: TestServer, user: Row<'user'>, mfaMode: 'require_totp' | 'require_totp_or_webauthn') =>
  t.write(async (ctx) => {
    const { organization, member, securityPolicy } = ctx.tx.t
    const id = ctx.newId()
    const longAgo = new Date(ctx.now.getTime() - 90 * 86_400_000)
    const at = { createdAt: longAgo, updatedAt: longAgo }
    await ctx.tx
      .insert(organization)
      .values({ id, slug: 'strict', name: 'Strict Ltd', description: null, logoUrl: null, ...at })
    await ctx.tx.insert(securityPolicy).values({
      organizationId: id,
      version: 1,
      mfaMode,
      mfaGraceDays: 14,
      notifyDaysBefore: 7,
      mfaInForceAt: longAgo,
      passwordMinLength: 8,
      passwordRequireUpper: false,
      passwordRequireNumber: false,
      passwordRequireSpecial: false,
      sessionMaxHours: null,
      sessionIdleMinutes: null,
      allowedAuthMethods: [],
      allowedEmailDomains: [],
      webauthnAllowedAaguids: [],
      updatedAt: longAgo,
    })
    await ctx.tx.insert(member).values({
      organizationId: id,
      userId: user.id,
      role: 'member',
      status: 'active',
      joinedAt: longAgo,
      mfaStatus: 'past_due',
      mfaDeadlineAt: longAgo,
      mfaMissing: ['totp'],
    })
  })

describe.each(testDialects)('the own authenticator app on $name', (dialect) => {
  test('is enrolled, verified, shown, given new backup codes and disabled', async () => {
    await using t = await testServer({ dialect })
    const { user, token: before, sessionId } = await t.signedIn({ email: 'alice@example.com' })
    const nothing = { enabled: false, verified_at: null, last_used_at: null, backup_codes_left: 0 }
    expect((await status(t, before)).body.data).toEqual(nothing)

    const { body } = await enroll(t, before)
    expect(Object.keys(body.data)).toEqual(['secret', 'otpauth_uri', 'qr_svg'])
    expect(body.data.otpauth_uri).toStartWith('otpauth://totp/localhost:alice%40example.com?secret=')
    expect((await status(t, before)).body.data).toEqual(nothing)

    const verified = await verify(t, before, codeOf(t, body.data.secret))
    const { token, expires_at, backup_codes } = verified.body.data
    expect(backup_codes).toHaveLength(10)
    const me = (await t.call('GET', '/auth/me', { token })).body.data
    expect(me.session).toMatchObject({
      id: sessionId,
      expires_at,
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:authy2:acr:2fa',
    })
    const now = t.clock.now().toISOString()
    expect((await status(t, token)).body.data).toEqual({
      ...nothing,
      enabled: true,
      verified_at: now,
      backup_codes_left: 10,
    })

    const renewed = (await regenerate(t, token)).body.data.backup_codes
    expect(renewed).toHaveLength(10)
    expect(renewed.filter((code: string) => backup_codes.includes(code))).toEqual([])
    expect((await disable(t, token)).status).toBe(200)
    expect((await status(t, token)).body.data).toEqual(nothing)

    const events = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.auditEvent))
    const own = events.filter(({ action }) => /^(totp|backup_code)\./.test(action))
    expect(own.sort((a, b) => a.id.localeCompare(b.id)).map(({ action }) => action)).toEqual([
      'totp.enroll',
      'totp.enable',
      'backup_code.generate',
      'backup_code.generate',
      'totp.disable',
    ])
    for (const event of own) {
      expect(event).toMatchObject({
        outcome: 'success',
        actorId: user.id,
        targetId: user.id,
        credentialId: sessionId,
      })
    }
    const mails = await mailsOf(t, 'mfa_changed', 'alice@example.com')
    expect(mails.map(({ change, codesLeft }) => [change, codesLeft])).toEqual([
      ['totp_enabled', 10],
      ['backup_codes_regenerated', 10],
      ['totp_disabled', 0],
    ])
  })

  test('gives the session another token, also as its cookie', async () => {
    await using t = await testServer({ dialect })
    const { token: before } = await t.signedIn()
    const { secret } = (await enroll(t, before)).body.data
    const answer = await verify(t, before, codeOf(t, secret))
    const { token } = answer.body.data
    expect(cookiesOf(answer).get('authy2_session')).toEqual({
      value: token,
      attributes: 'Path=/; HttpOnly; SameSite=Lax',
    })
    refusal(await status(t, before), 401, 'AUTHENTICATION_ERROR')
    expect((await status(t, token)).status).toBe(200)
  })

  test('keeps a remembered session remembered, and a stronger one strong', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    const { token } = await t.write((ctx) =>
      issueSession(ctx, {
        userId: user.id,
        amr: ['hwk', 'user', 'mfa'],
        acr: 'urn:authy2:acr:phr',
        isRemembered: true,
      }),
    )
    const { secret } = (await enroll(t, token)).body.data
    const answer = await verify(t, token, codeOf(t, secret))
    expect(cookiesOf(answer).get('authy2_session')?.attributes).toContain('Max-Age=2592000')
    const me = await t.call('GET', '/auth/me', { token: answer.body.data.token })
    expect(me.body.data.session).toMatchObject({
      amr: ['hwk', 'user', 'mfa', 'otp'],
      acr: 'urn:authy2:acr:phr',
    })
  })

  test('a wrong code is refused and recorded, and the right one still counts', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await t.signedIn()
    const { secret } = (await enroll(t, token)).body.data
    refusal(await verify(t, token, wrongCodeAt(secret, t.clock.now())), 401, 'AUTHENTICATION_ERROR')
    expect(await eventsOf(t, 'totp.verify_failed')).toMatchObject([
      { outcome: 'failure', reason: 'wrong_code', actorId: user.id, targetId: user.id },
    ])
    expect((await status(t, token)).body.data).toMatchObject({ enabled: false, backup_codes_left: 0 })
    expect(await mailsOf(t, 'mfa_changed')).toEqual([])
    expect((await verify(t, token, codeOf(t, secret))).status).toBe(200)
  })

  test.each([
    ['12345', 'VALIDATION_ERROR'],
    ['1'.repeat(33), 'VALIDATION_ERROR'],
    ['1'.repeat(100_000), 'VALIDATION_ERROR'],
    [123_456, 'VALIDATION_ERROR'],
    [null, 'VALIDATION_ERROR'],
    [['123456'], 'VALIDATION_ERROR'],
    ['12345\u0000', 'VALIDATION_ERROR'],
    ['\ud800\ud800\ud800\ud800\ud800\ud800', 'VALIDATION_ERROR'],
    ['abcdef', 'AUTHENTICATION_ERROR'],
    ['१२३४५६', 'AUTHENTICATION_ERROR'],
    ['1'.repeat(32), 'AUTHENTICATION_ERROR'],
    ['-12345', 'AUTHENTICATION_ERROR'],
    ['      ', 'AUTHENTICATION_ERROR'],
  ])('what is no code is refused as such: %p', async (code, type) => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    await enroll(t, token)
    expect((await verify(t, token, code)).body.error.type).toBe(type)
  })

  test('finishing what was not begun is a bad request, also once it is finished', async () => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    refusal(await verify(t, token, '123456'), 400, 'BAD_REQUEST')
    refusal(await disable(t, token), 409, 'CONFLICT')
    refusal(await regenerate(t, token), 409, 'CONFLICT')
    const alice = await enrolled(t)
    refusal(await verify(t, alice.token, codeOf(t, alice.secret)), 400, 'BAD_REQUEST')
    expect((await status(t, alice.token)).body.data).toMatchObject({ enabled: true, backup_codes_left: 10 })
  })

  test('of twenty that finish at once one does, and one session goes on', async () => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    const { secret } = (await enroll(t, token)).body.data
    const code = codeOf(t, secret)
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(t, token, code)))
    const winners = answers.filter((answer) => answer.status === 200)
    expect(winners).toHaveLength(1)
    const others = answers.filter((answer) => answer.status !== 200).map((answer) => answer.status)
    expect(others.filter((code) => code !== 400 && code !== 401)).toEqual([])
    expect((await status(t, winners[0]?.body.data.token)).body.data.backup_codes_left).toBe(10)
    expect(await eventsOf(t, 'totp.enable')).toHaveLength(1)
    expect(await mailsOf(t, 'mfa_changed')).toHaveLength(1)
  })

  test('of twenty that replace the backup codes at once the last ten count', async () => {
    await using t = await testServer({ dialect })
    const { token } = await enrolled(t)
    const answers = await Promise.all(Array.from({ length: 20 }, () => regenerate(t, token)))
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThan(0)
    expect((await status(t, token)).body.data.backup_codes_left).toBe(10)
  })

  test('another user’s enrolment is out of reach', async () => {
    await using t = await testServer({ dialect })
    const alice = await t.signedIn()
    const bob = await t.signedIn()
    const { secret } = (await enroll(t, alice.token)).body.data
    refusal(await verify(t, bob.token, codeOf(t, secret)), 400, 'BAD_REQUEST')
    await enroll(t, bob.token)
    refusal(await verify(t, bob.token, codeOf(t, secret)), 401, 'AUTHENTICATION_ERROR')
    expect((await status(t, bob.token)).body.data.enabled).toBe(false)
  })

  test('strangers, API keys and the suspended are refused', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await enrolled(t)
    const caller = await t.deps.authenticate(token, false)
    if (!caller) throw new Error('The session does not work')
    const { key } = await t.write((ctx) =>
      createApiKey(ctx, caller, { name: 'ci', scopes: ['profile:read', 'profile:write'] }),
    )
    for (const call of [enroll, disable, regenerate]) {
      refusal(await call(t), 401, 'AUTHENTICATION_ERROR')
      refusal(await call(t, key), 403, 'AUTHORIZATION_ERROR')
    }
    refusal(await verify(t, undefined, '123456'), 401, 'AUTHENTICATION_ERROR')
    refusal(await verify(t, key, '123456'), 403, 'AUTHORIZATION_ERROR')
    expect((await status(t, key)).body.data.enabled).toBe(true)
    await t.write((ctx) => updateUser(ctx, user.id, { status: 'suspended' }))
    for (const call of [enroll, status, disable, regenerate]) {
      refusal(await call(t, token), 401, 'AUTHENTICATION_ERROR')
    }
  })

  describe('presence is asked for', () => {
    test('before the app or the backup codes change', async () => {
      await using t = await testServer({ dialect })
      const { token } = await enrolled(t)
      t.clock.advance(STEP_UP_SECONDS)
      for (const call of [disable, regenerate]) {
        const answer = await call(t, token)
        refusal(answer, 403, 'STEP_UP_REQUIRED')
        expect(answer.body.error.details.methods).toEqual(['totp', 'backup_code'])
      }
      expect((await status(t, token)).body.data).toMatchObject({ enabled: true, backup_codes_left: 10 })
    })

    test('before a second factor is added to another, at both steps', async () => {
      await using t = await testServer({ dialect })
      const { user, token } = await t.signedIn()
      t.clock.advance(STEP_UP_SECONDS)
      const { secret } = (await enroll(t, token)).body.data // the first one: nobody could prove more
      await addPasskey(t, user)
      refusal(await enroll(t, token), 403, 'STEP_UP_REQUIRED')
      refusal(await verify(t, token, codeOf(t, secret)), 403, 'STEP_UP_REQUIRED')
      expect((await status(t, token)).body.data.enabled).toBe(false)
    })
  })

  describe('backup codes', () => {
    test('stand in for a passkey, too', async () => {
      await using t = await testServer({ dialect })
      const { user, token } = await t.signedIn()
      await addPasskey(t, user)
      expect((await regenerate(t, token)).body.data.backup_codes).toHaveLength(10)
      expect((await status(t, token)).body.data).toMatchObject({ enabled: false, backup_codes_left: 10 })
    })

    test('stay with a passkey when the app goes', async () => {
      await using t = await testServer({ dialect })
      const { user, token } = await enrolled(t)
      await addPasskey(t, user)
      expect((await disable(t, token)).status).toBe(200)
      expect((await status(t, token)).body.data).toMatchObject({ enabled: false, backup_codes_left: 10 })
      expect((await mailsOf(t, 'mfa_changed')).at(-1)).toMatchObject({
        change: 'totp_disabled',
        codesLeft: 10,
      })
    })
  })

  describe('an organization that requires one', () => {
    test('lets its member enrol past the deadline, and by that in again', async () => {
      await using t = await testServer({ dialect })
      const { user, token: before } = await t.signedIn()
      await joinStrict(t, user, 'require_totp')
      const refused = await t.call('GET', '/auth/sessions', { token: before })
      refusal(refused, 403, 'COMPLIANCE_REQUIRED')
      expect(refused.body.message).toContain('an authenticator app (POST /api/v1/auth/totp/enroll)')
      refusal(await disable(t, before), 403, 'COMPLIANCE_REQUIRED')
      const { secret } = (await enroll(t, before)).body.data
      const { token } = (await verify(t, before, codeOf(t, secret))).body.data
      expect((await t.call('GET', '/auth/sessions', { token })).status).toBe(200)
    })

    test('is not got round: a session for getting a passkey stays one', async () => {
      await using t = await testServer({ dialect })
      const { user } = await t.signedIn()
      const proof = { amr: ['pwd'], acr: 'urn:authy2:acr:1fa', isRemembered: false } as const
      const { token: before } = await t.write((ctx) =>
        issueSession(ctx, { ...proof, userId: user.id, isComplianceOnly: true }),
      )
      const { secret } = (await enroll(t, before)).body.data
      const { token } = (await verify(t, before, codeOf(t, secret))).body.data
      refusal(await t.call('GET', '/auth/sessions', { token }), 403, 'COMPLIANCE_REQUIRED')
    })

    // Once this needed the app to be disabled first, which such an organization does not allow: a dead end.
    test('lets its member change to another app, without a moment without one', async () => {
      await using t = await testServer({ dialect })
      const { user, token: before, secret: old, backupCodes } = await enrolled(t)
      await joinStrict(t, user, 'require_totp')
      await t.write((ctx) =>
        ctx.tx.update(ctx.tx.t.member).set({ mfaStatus: 'compliant', mfaMissing: [] }).returning(),
      )
      t.clock.advance(STEP_UP_SECONDS)
      refusal(await enroll(t, before), 403, 'STEP_UP_REQUIRED')
      const stepUp = { method: 'totp', code: codeOf(t, old) }
      const { token } = (await t.call('POST', '/auth/step-up', { token: before, body: stepUp })).body.data
      const { secret } = (await enroll(t, token)).body.data
      refusal(await verify(t, token, wrongCodeAt(secret, t.clock.now())), 401, 'AUTHENTICATION_ERROR')
      expect((await status(t, token)).body.data).toMatchObject({ enabled: true, backup_codes_left: 10 })
      const { body } = await verify(t, token, codeOf(t, secret))
      expect(body.data.backup_codes.filter((code: string) => backupCodes.includes(code))).toEqual([])
      expect((await status(t, body.data.token)).body.data).toMatchObject({
        enabled: true,
        last_used_at: null,
      })
      expect((await eventsOf(t, 'totp.enable')).map(({ details }) => details)).toEqual([
        { is_replacement: false },
        { is_replacement: true },
      ])
      const mails = await mailsOf(t, 'mfa_changed', 'alice@example.com')
      expect(mails.map(({ change }) => change)).toEqual(['totp_enabled', 'totp_replaced'])
      t.clock.advance(60)
      const stepUpWith = (secret: string) =>
        t.call('POST', '/auth/step-up', {
          token: body.data.token,
          body: { method: 'totp', code: codeOf(t, secret) },
        })
      refusal(await stepUpWith(old), 401, 'AUTHENTICATION_ERROR')
      expect((await stepUpWith(secret)).status).toBe(200)
    })

    test('keeps the last one that will do', async () => {
      await using t = await testServer({ dialect })
      const { user, token } = await enrolled(t)
      await joinStrict(t, user, 'require_totp_or_webauthn')
      await t.write((ctx) =>
        ctx.tx.update(ctx.tx.t.member).set({ mfaStatus: 'compliant', mfaMissing: [] }).returning(),
      )
      refusal(await disable(t, token), 409, 'CONFLICT')
      expect((await status(t, token)).body.data).toMatchObject({ enabled: true, backup_codes_left: 10 })
      await addPasskey(t, user)
      expect((await disable(t, token)).status).toBe(200)
    })
  })

  test('guessing is limited for an address, and for a user from everywhere', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_TOTP_VERIFY: '3/1m' }
    await using t = await testServer({ dialect, env })
    const { user, token } = await t.signedIn()
    await enroll(t, token)
    for (const expected of [401, 401, 401, 429]) {
      expect((await verify(t, token, 'wrong!')).status).toBe(expected)
    }
    t.clock.advance(60)
    for (let count = 0; count < 3; count++)
      await t.deps.rateLimits.spend('totpVerify', `user:${user.id}:known_device`)
    refusal(await verify(t, token, 'wrong!'), 429, 'RATE_LIMIT_EXCEEDED')
  })

  test('no secret is in an audit event, a mail or the log', async () => {
    const lines: string[] = []
    const write = (event: string, fields?: Record<string, unknown>) =>
      void lines.push(JSON.stringify({ event, fields }))
    const log = { debug: write, info: write, warn: write, error: write }
    await using t = await testServer({ dialect, deps: { log } })
    const { token, secret, backupCodes } = await enrolled(t)
    const wrong = wrongCodeAt(secret, t.clock.now())
    const other = await t.signedIn()
    await enroll(t, other.token)
    await verify(t, other.token, wrong)
    const renewed = (await regenerate(t, token)).body.data.backup_codes as string[]
    await disable(t, token)
    const told = await t.read(async ({ reader }) => [
      JSON.stringify(await reader.select().from(reader.t.auditEvent)),
      JSON.stringify([...(await mailsOf(t, 'mfa_changed'))]),
    ])
    const everything = [...lines, ...told].join('\n')
    expect(lines.length).toBeGreaterThan(0)
    for (const kept of [secret, ...backupCodes, ...renewed]) expect(everything).not.toContain(kept)
    expect(everything).not.toContain(`"${wrong}"`)
  })
})

test('the QR code says what the URI says, dark on light with a quiet zone, and has nothing else in it', async () => {
  await using t = await testServer()
  const { token } = await t.signedIn({ email: 'a.rather.long.name+with.a.tag@subdomain.example.com' })
  const { otpauth_uri, qr_svg, secret } = (await enroll(t, token)).body.data
  expect(decodeBase32(secret)).toHaveLength(20)
  expect(qr_svg.replaceAll(/ d="[MhHvz\d -]+"/g, '')).toBe(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 61 61" shape-rendering="crispEdges">' +
      '<path fill="#fff"/><path fill="#000"/></svg>',
  )
  expect(decodeQR(pixelsOf(qr_svg))).toBe(otpauth_uri)
})

/** The image as a camera would see it, four pixels a module. Throws where the quiet zone is not light. */
function pixelsOf(svg: string) {
  const scale = 4
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  const [, , dark = ''] = svg.split('<path ')
  const width = size * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y, length] of dark.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
    const [left, top, right] = [Number(x), Number(y), Number(x) + Number(length)]
    if (Math.min(left, top) < 4 || Math.max(right, top + 1) > size - 4)
      throw new Error('The quiet zone is dark')
    for (let row = top * scale; row < (top + 1) * scale; row++) {
      for (let column = left * scale; column < right * scale; column++) {
        data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3)
      }
    }
  }
  return { width, height: width, data }
}
