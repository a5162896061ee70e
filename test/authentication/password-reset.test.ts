import { describe, expect, test } from 'bun:test'
import { createMailProof, findPasswordHash } from '../../src/credentials/index.ts'
import { createApiKey } from '../../src/sessions/index.ts'
import { createUser, normalizeEmail, updateUser } from '../../src/users/index.ts'
import { ALL_TOKENS, heldTokens, NO_TOKENS, plantTokens } from '../authorization-server/held-tokens.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { eventsOf, OTHER_PASSWORD, PASSWORD, signIn, withPassword } from './people.ts'

const forgot = (t: TestServer, email = 'alice@example.com') =>
  t.call('POST', '/auth/forgot-password', { body: { email } })
const reset = (t: TestServer, token: string | undefined, body: object = {}) =>
  t.call('POST', '/auth/reset-password', { body: { token, password: OTHER_PASSWORD, ...body } })

/** Asks for a reset, and returns the token from the last mail. */
async function mailedToken(t: TestServer, email = 'alice@example.com'): Promise<string | undefined> {
  await forgot(t, email)
  return (await mailsOf(t, 'reset_password', email)).at(-1)?.token
}

describe.each(testDialects)('a forgotten password on $name', (dialect) => {
  test('is replaced by the link of a mail', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const token = await mailedToken(t)
    expect((await reset(t, token, { password_confirm: OTHER_PASSWORD })).status).toBe(200)
    expect((await signIn(t)).status).toBe(401)
    expect((await signIn(t, { password: OTHER_PASSWORD })).status).toBe(200)
    expect(await mailsOf(t, 'password_changed')).toMatchObject([
      { to: 'alice@example.com', at: '2030-01-01T00:00:00.000Z' },
    ])
  })

  test('a known and an unknown address get the same answer, and only one of them a mail', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const suspended = await withPassword(t, { email: 'suspended@example.com' })
    await t.write((ctx) => updateUser(ctx, suspended.id, { status: 'suspended' }))
    const answers = [
      await forgot(t),
      await forgot(t, 'nobody@example.com'),
      await forgot(t, 'suspended@example.com'),
    ]
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect({ ...body, request_id: '' }).toEqual({ ...answers[0]?.body, request_id: '' })
    }
    expect(await mailsOf(t, 'reset_password')).toMatchObject([{ to: 'alice@example.com' }])
    const events = await eventsOf(t, 'user.password_reset_request')
    expect(events.map(({ reason }) => reason)).toEqual([null, 'unknown_email', 'suspended'])
    expect(JSON.stringify(events)).not.toContain('example.com')
  })

  test('ends every session, and leaves API keys', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const tokens = [
      (await signIn(t)).body.data.token,
      (await signIn(t, { remember_me: true })).body.data.token,
    ]
    const caller = await t.deps.authenticate(tokens[0], false)
    if (!caller) throw new Error('The session does not work')
    const { key } = await t.write((ctx) =>
      createApiKey(ctx, caller, { name: 'ci', scopes: ['profile:read'] }),
    )
    await reset(t, await mailedToken(t))
    for (const token of tokens) expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(200)
    expect(await eventsOf(t, 'user.password_reset')).toMatchObject([{ details: { sessions_revoked: 2 } }])
  })

  // Once applications went on with the tokens that whoever knew the old password had let them have.
  test('ends what applications hold, and nobody else’s', async () => {
    await using t = await testServer({ dialect })
    const alice = await withPassword(t)
    const bob = await withPassword(t, { email: 'bob@example.com' })
    for (const { id } of [alice, bob]) await plantTokens(t, id)
    const token = await mailedToken(t)
    expect((await reset(t, token, { password: 'short' })).status).toBe(400)
    expect(await heldTokens(t, alice.id)).toEqual(ALL_TOKENS)
    expect((await reset(t, token)).status).toBe(200)
    expect(await heldTokens(t, alice.id)).toEqual(NO_TOKENS)
    expect(await heldTokens(t, bob.id)).toEqual(ALL_TOKENS)
  })

  test('proves the address that the mail went to', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t, { isEmailVerified: false })
    await reset(t, await mailedToken(t))
    const { body } = await signIn(t, { password: OTHER_PASSWORD })
    expect(body.data.user.email_verified).toBe(true)
  })

  test('gives a first password to a user without one', async () => {
    await using t = await testServer({ dialect })
    await t.write((ctx) => createUser(ctx, { email: 'alice@example.com' }))
    expect((await reset(t, await mailedToken(t))).status).toBe(200)
    expect((await signIn(t, { password: OTHER_PASSWORD })).status).toBe(200)
  })

  test('of twenty resets at once with one link, one wins', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const token = await mailedToken(t)
    const passwords = Array.from({ length: 20 }, (_, index) => `battery staple number ${index + 100}`)
    const answers = await Promise.all(passwords.map((password) => reset(t, token, { password })))
    const winners = passwords.filter((_, index) => answers[index]?.status === 200)
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19)
    const hash = (await t.read((ctx) => findPasswordHash(ctx, user.id))) ?? ''
    expect(await t.deps.hasher.verify(winners[0] ?? '', hash)).toMatchObject({ valid: true })
    expect(await mailsOf(t, 'password_changed')).toHaveLength(1)
  })

  test('ends a change of address that was asked for, and a link to verify', async () => {
    await using t = await testServer({ dialect })
    const { id: userId } = await withPassword(t)
    const token = await mailedToken(t)
    const email = 'attacker@example.com'
    const change = await t.write((ctx) => createMailProof(ctx, { purpose: 'change_email', userId, email }))
    await reset(t, token)
    expect((await t.call('POST', '/auth/verify-email', { body: { token: change } })).status).toBe(400)
  })

  // A sign-in that had read the old hash could begin its session after the reset had ended all of them.
  test('no session outlives a reset that runs at the same time as sign-ins', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const token = await mailedToken(t)
    const attempts = Array.from({ length: 10 }, () => signIn(t))
    const [{ status }] = await Promise.all([reset(t, token), ...attempts])
    expect(status).toBe(200)
    const live = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.session))
    expect(live.filter(({ userId }) => userId === user.id)).toEqual([])
  })

  describe('the link counts no more', () => {
    const refused = async (t: TestServer, token: string | undefined) => {
      const answer = await reset(t, token)
      expect(answer.status).toBe(400)
      expect(answer.body.error.type).toBe('BAD_REQUEST')
      expect((await signIn(t)).status).toBe(200)
    }

    test('after an hour', async () => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const token = await mailedToken(t)
      t.clock.advance(3_600)
      await refused(t, token)
    })

    test('once a later one was sent', async () => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const first = await mailedToken(t)
      const second = await mailedToken(t)
      await refused(t, first)
      expect((await reset(t, second)).status).toBe(200)
    })

    test('once it was used', async () => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const token = await mailedToken(t)
      await reset(t, token, { password: PASSWORD })
      await refused(t, token)
    })

    test('when the user has another address by now', async () => {
      await using t = await testServer({ dialect })
      const user = await withPassword(t, { email: 'old@example.com' })
      const token = await mailedToken(t, 'old@example.com')
      const email = 'alice@example.com'
      await t.write((ctx) => updateUser(ctx, user.id, { email, emailNormalized: normalizeEmail(email) }))
      await refused(t, token)
    })

    test('when the user is suspended', async () => {
      await using t = await testServer({ dialect })
      const user = await withPassword(t)
      const token = await mailedToken(t)
      await t.write((ctx) => updateUser(ctx, user.id, { status: 'suspended' }))
      expect((await reset(t, token)).status).toBe(400)
    })

    test('nor do links of another kind, or what is none', async () => {
      await using t = await testServer({ dialect })
      const user = await withPassword(t)
      const session = (await signIn(t)).body.data.token
      await t.write((ctx) => updateUser(ctx, user.id, { emailVerifiedAt: null }))
      await t.call('POST', '/auth/resend-verification', { token: session })
      const [verification] = await mailsOf(t, 'verify_email')
      for (const token of [verification?.token, session, 'a2p_', 'x'.repeat(200)]) await refused(t, token)
    })
  })

  test('a weak new password is refused and does not spend the link', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const token = await mailedToken(t)
    for (const password of ['password1', 'short', 'my name is alice', 'x'.repeat(2000)]) {
      const answer = await reset(t, token, { password })
      expect(answer.status).toBe(400)
      expect(Object.keys(answer.body.error.details.fields)).toEqual(['password'])
    }
    const mismatch = await reset(t, token, { password_confirm: 'something else' })
    expect(Object.keys(mismatch.body.error.details.fields)).toEqual(['password_confirm'])
    expect((await reset(t, token)).status).toBe(200)
  })

  test('asking is limited for each address, known or not', async () => {
    await using t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', RATELIMIT_FORGOT_PASSWORD: '2/1m' },
    })
    await withPassword(t)
    const statuses = []
    for (let index = 0; index < 3; index++) statuses.push((await forgot(t)).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})
