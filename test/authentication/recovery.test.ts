import { describe, expect, test } from 'bun:test'
import { createRecoveryLink } from '../../src/authentication/index.ts'
import type { Row } from '../../src/db/index.ts'
import { createApiKey } from '../../src/sessions/index.ts'
import { updateUser } from '../../src/users/index.ts'
import { ALL_TOKENS, heldTokens, NO_TOKENS, plantTokens } from '../authorization-server/held-tokens.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { firstFactor, verifyCode, verifyWebauthn, withPasskey, withTotp } from './factors.ts'
import { eventsOf, OTHER_PASSWORD, PASSWORD, signIn, withPassword } from './people.ts'

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]
const HOUR = 3_600

const recover = (t: TestServer, token: string, password = OTHER_PASSWORD) =>
  t.call('POST', '/auth/recover', { body: { token, password } })

/** The first user is the administrator. Alice has everything that one can have. */
async function arrange(t: TestServer) {
  const root = await t.signedIn({ email: 'root@example.com' })
  const user = await withPassword(t)
  const { token } = (await signIn(t)).body.data
  const { key: apiKey } = await t.write((ctx) =>
    createApiKey(ctx, { user, memberships: [] }, { name: 'k', scopes: ['profile:read'] }),
  )
  const app = await withTotp(t, user)
  const passkey = await withPasskey(t, user)
  return { root, user, token, apiKey, app, passkey }
}

const linkFor = async (t: TestServer, user: Row<'user'>): Promise<string> => {
  const { url } = await t.write((ctx) => createRecoveryLink(ctx, user))
  return new URL(url).searchParams.get('token') ?? ''
}

const leftOf = (t: TestServer) =>
  t.read(async ({ reader }) => {
    const { totpCredential, webauthnCredential, backupCode, signInAttempt, session } = reader.t
    const tables = [totpCredential, webauthnCredential, backupCode, signInAttempt, session]
    return Promise.all(tables.map((table) => reader.$count(table)))
  })

describe.each(testDialects)('a reset of second factors on $name', (dialect) => {
  test('leaves the password and API keys, and nothing else', async () => {
    await using t = await testServer({ dialect })
    const { root, user, token, apiKey, app } = await arrange(t)
    const open = await firstFactor(t)
    const answer = await t.call('POST', `/admin/users/${user.id}/reset-mfa`, { token: root.token })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toEqual({ had_totp: true, passkeys: 1, sessions_revoked: 1 })
    expect(await leftOf(t)).toEqual([0, 0, 0, 0, 1]) // the session of the administrator
    expect(failureOf(await verifyCode(t, open, app.code()))).toEqual([401, 'AUTHENTICATION_ERROR'])
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect((await t.call('GET', '/users/me', { token: apiKey })).status).toBe(200)
    expect((await signIn(t)).body.data.mfa_required).toBe(false)
    const [mail] = (await mailsOf(t, 'mfa_changed', user.email)).slice(-1)
    expect(mail?.change).toBe('reset')
    const [event, ...more] = await eventsOf(t, 'admin.user.mfa_reset')
    expect(event).toMatchObject({
      actorId: root.user.id,
      targetId: user.id,
      details: { had_totp: true, passkeys: 1, sessions_revoked: 1 },
    })
    expect(more).toEqual([])
  })

  // Once applications went on with the tokens that the lost factor had let them have.
  test('ends what applications hold, and nobody else’s, which is recorded where it is all that there was', async () => {
    await using t = await testServer({ dialect })
    const root = await t.signedIn({ email: 'root@example.com' })
    const user = await withPassword(t)
    for (const { id } of [root.user, user]) await plantTokens(t, id)
    const reset = () => t.call('POST', `/admin/users/${user.id}/reset-mfa`, { token: root.token })
    for (const _ of ['first', 'second']) expect((await reset()).status).toBe(200)
    expect(await heldTokens(t, user.id)).toEqual(NO_TOKENS)
    expect(await heldTokens(t, root.user.id)).toEqual(ALL_TOKENS)
    expect(await eventsOf(t, 'admin.user.mfa_reset')).toHaveLength(1)
  })

  // Once somebody who had no second factor was mailed that theirs were reset.
  test('of somebody who has none ends their sessions, and mails nothing; what changes nothing is not recorded', async () => {
    await using t = await testServer({ dialect })
    const root = await t.signedIn({ email: 'root@example.com' })
    const user = await withPassword(t)
    await signIn(t)
    const reset = () => t.call('POST', `/admin/users/${user.id}/reset-mfa`, { token: root.token })
    const none = { had_totp: false, passkeys: 0 }
    expect((await reset()).body.data).toEqual({ ...none, sessions_revoked: 1 })
    expect((await reset()).body.data).toEqual({ ...none, sessions_revoked: 0 })
    expect(await mailsOf(t, 'mfa_changed')).toEqual([])
    const events = await eventsOf(t, 'admin.user.mfa_reset')
    expect(events.map(({ details }) => details)).toEqual([{ ...none, sessions_revoked: 1 }])
  })

  test('and a recovery link ask for presence, a session, and somebody else', async () => {
    await using t = await testServer({ dialect })
    const { root, user, token } = await arrange(t)
    const { key } = await t.write((ctx) =>
      createApiKey(ctx, { user: root.user, memberships: [] }, { name: 'k', scopes: ['admin:write'] }),
    )
    for (const action of ['reset-mfa', 'recovery-link']) {
      const call = (id: string, by?: string) => t.call('POST', `/admin/users/${id}/${action}`, { token: by })
      expect(failureOf(await call(user.id))).toEqual([401, 'AUTHENTICATION_ERROR'])
      expect(failureOf(await call(user.id, token))).toEqual([403, 'AUTHORIZATION_ERROR'])
      expect(failureOf(await call(user.id, key))).toEqual([403, 'AUTHORIZATION_ERROR'])
      expect(failureOf(await call(root.user.id, root.token))).toEqual([403, 'AUTHORIZATION_ERROR'])
      const nobody = '01970000-0000-7000-8000-000000000000'
      expect(failureOf(await call(nobody, root.token))).toEqual([404, 'NOT_FOUND'])
    }
    t.clock.advance(601)
    for (const action of ['reset-mfa', 'recovery-link']) {
      const late = await t.call('POST', `/admin/users/${user.id}/${action}`, { token: root.token })
      expect(failureOf(late)).toEqual([403, 'STEP_UP_REQUIRED'])
    }
    expect(await leftOf(t)).toEqual([1, 1, 10, 0, 2])
  })
})

describe.each(testDialects)('a recovery link on $name', (dialect) => {
  test('is shown to the administrator once, and the user is told of it without it', async () => {
    await using t = await testServer({ dialect })
    const { root, user } = await arrange(t)
    const path = `/admin/users/${user.id}/recovery-link`
    const answer = await t.call('POST', path, { token: root.token })
    expect(answer.status).toBe(201)
    const { url, expires_at } = answer.body.data
    expect(url).toMatch(/^http:\/\/localhost:5000\/recover\?token=a2o_[\w-]{49}$/)
    expect(expires_at).toBe('2030-01-01T01:00:00.000Z')
    const [mail] = await mailsOf(t, 'recovery_link', user.email)
    expect(mail).toEqual({
      kind: 'recovery_link',
      to: user.email,
      locale: null,
      expiresAt: '2030-01-01T01:00:00.000Z',
    })
    const [event] = await eventsOf(t, 'admin.user.recovery_link')
    expect(event).toMatchObject({ actorId: root.user.id, targetId: user.id, details: {} })
  })

  test('sets a password and takes all second factors away; sessions and open sign-ins end', async () => {
    await using t = await testServer({ dialect })
    const { user, token, apiKey, app } = await arrange(t)
    const open = await firstFactor(t)
    const answer = await recover(t, await linkFor(t, user))
    expect(answer.status).toBe(200)
    expect(await leftOf(t)).toEqual([0, 0, 0, 0, 1])
    expect(failureOf(await verifyCode(t, open, app.code()))).toEqual([401, 'AUTHENTICATION_ERROR'])
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect((await t.call('GET', '/users/me', { token: apiKey })).status).toBe(200)
    expect((await signIn(t)).status).toBe(401)
    expect((await signIn(t, { password: OTHER_PASSWORD })).body.data.mfa_required).toBe(false)
    expect(await mailsOf(t, 'password_changed', user.email)).toHaveLength(1)
    expect((await mailsOf(t, 'mfa_changed', user.email)).map(({ change }) => change)).toEqual(['reset'])
    const [event] = await eventsOf(t, 'user.recover')
    expect(event).toMatchObject({
      actorId: user.id,
      targetId: user.id,
      details: { had_totp: true, passkeys: 1, sessions_revoked: 1 },
    })
  })

  test('ends what applications hold, and nobody else’s', async () => {
    await using t = await testServer({ dialect })
    const { root, user } = await arrange(t)
    for (const { id } of [root.user, user]) await plantTokens(t, id)
    expect((await recover(t, await linkFor(t, user))).status).toBe(200)
    expect(await heldTokens(t, user.id)).toEqual(NO_TOKENS)
    expect(await heldTokens(t, root.user.id)).toEqual(ALL_TOKENS)
  })

  test('does not prove the address, to which it was not sent', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t, { isEmailVerified: false })
    await recover(t, await linkFor(t, user))
    const { body } = await signIn(t, { password: OTHER_PASSWORD })
    expect(body.data.user.email_verified).toBe(false)
  })

  test('counts once, for an hour, and the last one only', async () => {
    await using t = await testServer({ dialect })
    const { user } = await arrange(t)
    const first = await linkFor(t, user)
    const second = await linkFor(t, user)
    expect(failureOf(await recover(t, first))).toEqual([400, 'BAD_REQUEST'])
    expect((await recover(t, second)).status).toBe(200)
    expect(failureOf(await recover(t, second))).toEqual([400, 'BAD_REQUEST'])
    const late = await linkFor(t, user)
    t.clock.advance(HOUR)
    expect(failureOf(await recover(t, late))).toEqual([400, 'BAD_REQUEST'])
  })

  test('of twenty uses at once, one counts', async () => {
    await using t = await testServer({ dialect })
    const { user } = await arrange(t)
    const token = await linkFor(t, user)
    const answers = await Promise.all(Array.from({ length: 20 }, () => recover(t, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await eventsOf(t, 'user.recover')).toHaveLength(1)
  })

  test('is not spent by a weak password', async () => {
    await using t = await testServer({ dialect })
    const { user } = await arrange(t)
    const token = await linkFor(t, user)
    expect(failureOf(await recover(t, token, 'password1'))).toEqual([400, 'VALIDATION_ERROR'])
    expect((await recover(t, token)).status).toBe(200)
  })

  test('is no reset mail, and a reset mail is no recovery link', async () => {
    await using t = await testServer({ dialect })
    const { user, passkey } = await arrange(t)
    const token = await linkFor(t, user)
    const reset = (body: object) => t.call('POST', '/auth/reset-password', { body })
    expect(failureOf(await reset({ token, password: OTHER_PASSWORD }))).toEqual([400, 'BAD_REQUEST'])
    await t.call('POST', '/auth/forgot-password', { body: { email: user.email } })
    const [mail] = await mailsOf(t, 'reset_password', user.email)
    expect(failureOf(await recover(t, mail?.token ?? ''))).toEqual([400, 'BAD_REQUEST'])
    expect((await reset({ token: mail?.token, password: OTHER_PASSWORD })).status).toBe(200)
    expect(failureOf(await recover(t, token))).toEqual([400, 'BAD_REQUEST']) // ended by the reset
    const { mfa_token } = (await signIn(t, { password: OTHER_PASSWORD })).body.data
    expect((await verifyWebauthn(t, passkey, { mfa_token })).status).toBe(200)
  })

  test('is not made for, nor taken from, a suspended user', async () => {
    await using t = await testServer({ dialect })
    const { root, user } = await arrange(t)
    const token = await linkFor(t, user)
    await t.write((ctx) => updateUser(ctx, user.id, { status: 'suspended' }))
    expect(failureOf(await recover(t, token))).toEqual([400, 'BAD_REQUEST'])
    const path = `/admin/users/${user.id}/recovery-link`
    expect(failureOf(await t.call('POST', path, { token: root.token }))).toEqual([409, 'CONFLICT'])
    expect((await signIn(t, { password: PASSWORD })).status).toBe(401)
  })
})
