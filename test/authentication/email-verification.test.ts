import { describe, expect, test } from 'bun:test'
import { createMailProof } from '../../src/credentials/index.ts'
import { normalizeEmail, updateUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { eventsOf, register, signIn, withPassword } from './people.ts'

const verify = (t: TestServer, token: string | undefined) =>
  t.call('POST', '/auth/verify-email', { body: { token } })
const resend = (t: TestServer, token?: string) => t.call('POST', '/auth/resend-verification', { token })

const isVerified = async (t: TestServer, token: string): Promise<boolean> =>
  (await t.call('GET', '/auth/me', { token })).body.data.user.email_verified

/** A registered user, with the session and the token from the mail. */
async function registered(t: TestServer) {
  const { body } = await register(t)
  const [mail] = await mailsOf(t, 'verify_email')
  return { session: body.data.token as string, userId: body.data.user.id as string, token: mail?.token }
}

describe.each(testDialects)('an address on $name', (dialect) => {
  test('is verified by the link of a mail, without a session', async () => {
    await using t = await testServer({ dialect })
    const { session, userId, token } = await registered(t)
    expect((await verify(t, token)).status).toBe(200)
    expect(await isVerified(t, session)).toBe(true)
    expect(await eventsOf(t, 'user.email_verify')).toMatchObject([{ actorId: userId, targetId: userId }])
  })

  test('of twenty verifications at once with one link, one wins', async () => {
    await using t = await testServer({ dialect })
    const { token } = await registered(t)
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(t, token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(400)])
    expect(await eventsOf(t, 'user.email_verify')).toHaveLength(1)
  })

  test('a link counts for a day, and the last one that was sent', async () => {
    await using t = await testServer({ dialect })
    const { session, token } = await registered(t)
    expect((await resend(t, session)).status).toBe(200)
    expect((await verify(t, token)).status).toBe(400)
    const [, second] = await mailsOf(t, 'verify_email')
    t.clock.advance(86_400)
    expect((await verify(t, second?.token)).status).toBe(400)
  })

  test('a link proves nothing about an address that the user has taken since', async () => {
    await using t = await testServer({ dialect })
    const { session, userId, token } = await registered(t)
    const email = 'other@example.com'
    await t.write((ctx) => updateUser(ctx, userId, { email, emailNormalized: normalizeEmail(email) }))
    expect((await verify(t, token)).status).toBe(400)
    expect(await isVerified(t, session)).toBe(false)
  })

  test.each(['', 'a2v_', 'a2v_nonsense', 'x'.repeat(257)])('%p is no link', async (token) => {
    await using t = await testServer({ dialect })
    expect((await verify(t, token)).status).toBe(400)
  })

  test('a link to reset the password verifies nothing', async () => {
    await using t = await testServer({ dialect })
    const { session } = await registered(t)
    await t.call('POST', '/auth/forgot-password', { body: { email: 'alice@example.com' } })
    const [reset] = await mailsOf(t, 'reset_password')
    expect((await verify(t, reset?.token)).status).toBe(400)
    expect(await isVerified(t, session)).toBe(false)
  })

  test('a mail is sent again to whoever is signed in and not verified', async () => {
    await using t = await testServer({ dialect })
    const { session, token } = await registered(t)
    expect((await resend(t)).status).toBe(401)
    await verify(t, token)
    const answer = await resend(t, session)
    expect(answer.status).toBe(409)
    expect(await mailsOf(t, 'verify_email')).toHaveLength(1)
  })

  test('sending again is limited', async () => {
    await using t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', RATELIMIT_VERIFICATION: '2/1m' },
    })
    const { session } = await registered(t)
    const statuses = []
    for (let index = 0; index < 3; index++) statuses.push((await resend(t, session)).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})

describe.each(testDialects)('a change of address on $name', (dialect) => {
  const asked = (t: TestServer, userId: string, email: string) =>
    t.write((ctx) => createMailProof(ctx, { purpose: 'change_email', userId, email }))

  test('takes effect by the link of the mail to the new one, and the old one is told', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const token = await asked(t, user.id, 'Alice@New.example.com')
    expect((await signIn(t, { email: 'alice@new.example.com' })).status).toBe(401)
    expect((await verify(t, token)).status).toBe(200)
    expect((await signIn(t)).status).toBe(401)
    const { body } = await signIn(t, { email: 'alice@new.example.com' })
    expect(body.data.user).toMatchObject({ email: 'Alice@New.example.com', email_verified: true })
    expect(await mailsOf(t, 'email_changed')).toMatchObject([
      { to: 'alice@example.com', newEmail: 'Alice@New.example.com' },
    ])
    expect(await eventsOf(t, 'user.email_change')).toMatchObject([{ actorId: user.id }])
    expect((await verify(t, token)).status).toBe(400)
  })

  test('ends what was mailed to the old one', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    await t.call('POST', '/auth/forgot-password', { body: { email: 'alice@example.com' } })
    const [reset] = await mailsOf(t, 'reset_password')
    await verify(t, await asked(t, user.id, 'new@example.com'))
    const body = { token: reset?.token, password: 'yet another 5 words' }
    expect((await t.call('POST', '/auth/reset-password', { body })).status).toBe(400)
  })

  test('to one that somebody has taken meanwhile is refused', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const token = await asked(t, user.id, 'wanted@example.com')
    await withPassword(t, { email: 'Wanted@example.com' })
    expect((await verify(t, token)).status).toBe(409)
    expect((await signIn(t)).status).toBe(200)
  })

  test('to one that several users want goes to one of them', async () => {
    await using t = await testServer({ dialect })
    const tokens = []
    for (let index = 0; index < 8; index++) {
      const { id } = await withPassword(t, { email: `user${index}@example.com` })
      tokens.push(await asked(t, id, 'wanted@example.com'))
    }
    const answers = await Promise.all(tokens.map((token) => verify(t, token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)])
  })
})
