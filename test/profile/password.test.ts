import { describe, expect, test } from 'bun:test'
import { cookiesOf, eventsOf, OTHER_PASSWORD, PASSWORD, signIn } from '../authentication/people.ts'
import { ALL_TOKENS, heldTokens, NO_TOKENS, plantTokens } from '../authorization-server/held-tokens.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { anotherSession, apiKeyOf, signedInWithPassword } from './people.ts'

const change = (server: TestServer, token: string | undefined, body: object) =>
  server.call('POST', '/users/me/password', { token, body })

const isIn = async (server: TestServer, token: string) =>
  (await server.call('GET', '/users/me', { token })).status === 200

const NEW = { current_password: PASSWORD, new_password: OTHER_PASSWORD }

describe.each(testDialects)('changing the own password on $name', (dialect) => {
  test('replaces it: the new one signs in, the old one does not', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await signedInWithPassword(server)
    expect((await change(server, token, NEW)).status).toBe(200)
    expect((await signIn(server)).status).toBe(401)
    expect((await signIn(server, { password: OTHER_PASSWORD })).status).toBe(200)
    expect(await mailsOf(server, 'password_changed', user.email)).toHaveLength(1)
    expect(await eventsOf(server, 'user.password_change')).toMatchObject([
      { outcome: 'success', actorId: user.id, targetId: user.id },
    ])
  })

  test('gives this session another token, ends the others and leaves API keys', async () => {
    await using server = await testServer({ dialect })
    const { token, user, sessionId } = await signedInWithPassword(server)
    const other = await anotherSession(server, user.id)
    const key = await apiKeyOf(server, token, { scopes: ['profile:read'] })
    const answer = await change(server, token, NEW)
    const { token: rotated, sessions_revoked } = answer.body.data
    expect(sessions_revoked).toBe(1)
    expect(await isIn(server, token)).toBe(false)
    expect(await isIn(server, other.token)).toBe(false)
    expect(await isIn(server, rotated)).toBe(true)
    expect(await isIn(server, key)).toBe(true)
    expect(cookiesOf(answer).get('authy2_session')).toMatchObject({ value: rotated })
    const { body } = await server.call('GET', '/auth/me', { token: rotated })
    expect(body.data.session.id).toBe(sessionId)
  })

  test('ends what applications hold, and nobody else’s', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await signedInWithPassword(server)
    const bob = await server.signedIn({ email: 'bob@example.com' })
    for (const { id } of [user, bob.user]) await plantTokens(server, id)
    expect((await change(server, token, { ...NEW, current_password: 'wrong' })).status).toBe(401)
    expect(await heldTokens(server, user.id)).toEqual(ALL_TOKENS)
    expect((await change(server, token, NEW)).status).toBe(200)
    expect(await heldTokens(server, user.id)).toEqual(NO_TOKENS)
    expect(await heldTokens(server, bob.user.id)).toEqual(ALL_TOKENS)
  })

  test('keeps the other sessions, and what applications hold, where that is asked for', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await signedInWithPassword(server)
    await plantTokens(server, user.id)
    const other = await anotherSession(server, user.id)
    await change(server, token, { ...NEW, revoke_other_sessions: false })
    expect(await isIn(server, other.token)).toBe(true)
    expect(await heldTokens(server, user.id)).toEqual(ALL_TOKENS)
  })

  test('is refused with a wrong current one, which is recorded', async () => {
    await using server = await testServer({ dialect })
    const { token } = await signedInWithPassword(server)
    const answer = await change(server, token, { ...NEW, current_password: 'wrong' })
    expect(answer.body.error.type).toBe('AUTHENTICATION_ERROR')
    expect(await isIn(server, token)).toBe(true)
    expect(await eventsOf(server, 'user.password_change')).toMatchObject([
      { outcome: 'failure', reason: 'wrong_password' },
    ])
    expect((await signIn(server)).status).toBe(200)
  })

  test('does not let a stolen session guess the password', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_LOGIN: '3/1m' }
    await using server = await testServer({ dialect, env })
    const { token } = await signedInWithPassword(server)
    const guess = async (current_password: string) =>
      (await change(server, token, { ...NEW, current_password })).status
    expect([await guess('a'), await guess('b'), await guess('c')]).toEqual([401, 401, 401])
    expect(await guess(PASSWORD)).toBe(429)
    const farewell = { token, body: { password: PASSWORD } }
    expect((await server.call('DELETE', '/users/me', farewell)).status).toBe(429)
  })

  test('is refused without the current one, also right after signing in', async () => {
    await using server = await testServer({ dialect })
    const { token } = await signedInWithPassword(server)
    const answer = await change(server, token, { new_password: OTHER_PASSWORD })
    expect(answer.body.error.details.fields).toHaveProperty('current_password')
  })

  test('sets a first one after a recent sign-in, and only then', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await server.signedIn()
    server.clock.advance(601)
    const late = await change(server, token, { new_password: OTHER_PASSWORD })
    expect(late.body.error.type).toBe('STEP_UP_REQUIRED')
    const recent = await anotherSession(server, user.id)
    const guessed = await change(server, recent.token, NEW)
    expect(guessed.body.error.type).toBe('VALIDATION_ERROR')
    expect((await change(server, recent.token, { new_password: OTHER_PASSWORD })).status).toBe(200)
    expect((await signIn(server, { email: user.email, password: OTHER_PASSWORD })).status).toBe(200)
  })

  test.each([
    ['too short', { new_password: 'short1!' }],
    ['common', { new_password: 'password123' }],
    ['too long', { new_password: 'x'.repeat(129) }],
    ['oversize', { new_password: 'x'.repeat(1025) }],
    ['no text', { new_password: 12345678 }],
    ['missing', { new_password: undefined }],
  ])('refuses a new one that is %s', async (_, body) => {
    await using server = await testServer({ dialect })
    const { token } = await signedInWithPassword(server)
    const answer = await change(server, token, { ...NEW, ...body })
    expect(answer.body.error.type).toBe('VALIDATION_ERROR')
    expect(answer.body.error.details.fields).toHaveProperty('new_password')
    expect(await isIn(server, token)).toBe(true)
  })

  test('refuses one that contains the name of an own organization', async () => {
    await using server = await testServer({ dialect })
    const { token } = await signedInWithPassword(server)
    await server.call('POST', '/organizations', { token, body: { name: 'Wonderland' } })
    const answer = await change(server, token, { ...NEW, new_password: 'my-wonderland-77' })
    expect(answer.body.error.type).toBe('VALIDATION_ERROR')
  })

  test('is for a session, not for an API key or nobody', async () => {
    await using server = await testServer({ dialect })
    const { token } = await signedInWithPassword(server)
    const key = await apiKeyOf(server, token, { scopes: ['profile:write'] })
    expect((await change(server, key, NEW)).status).toBe(403)
    expect((await change(server, undefined, NEW)).status).toBe(401)
  })

  test('twenty times at once succeeds once: the others knew a password that was no more', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await signedInWithPassword(server)
    const sessions = await Promise.all(Array.from({ length: 19 }, () => anotherSession(server, user.id)))
    const answers = await Promise.all(
      [token, ...sessions.map((session) => session.token)].map((each, number) =>
        change(server, each, { current_password: PASSWORD, new_password: `new staple ${number} magnet` }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await mailsOf(server, 'password_changed')).toHaveLength(1)
  })
})
