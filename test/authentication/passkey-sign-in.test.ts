import { describe, expect, test } from 'bun:test'
import { updateUser } from '../../src/users/index.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { testDialects } from '../support/databases.ts'
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
import { cookiesOf, eventsOf, withPassword } from './people.ts'

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]
const UNAUTHENTICATED = [401, 'AUTHENTICATION_ERROR']
const sessionCount = (t: TestServer) => t.read((ctx) => ctx.reader.$count(ctx.reader.t.session))

const sessionOf = async (t: TestServer, { body }: Answer) =>
  (await t.call('GET', '/auth/me', { token: body.data.token })).body.data.session

/** Why answers of authenticators were refused, oldest first. */
const reasons = async (t: TestServer) =>
  (await eventsOf(t, 'webauthn.verify_failed')).map(({ reason }) => reason)

describe.each(testDialects)('a passkey on $name', (dialect) => {
  test.each([
    ['a hardware one', false, 'hwk'],
    ['a synced one', true, 'swk'],
  ])('signs in without a user name, by itself: %s', async (_, isMultiDevice, keyKind) => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    await withTotp(t, user) // owed by whoever comes with a password only
    const key = await withPasskey(t, user, { isMultiDevice })
    const { data: options } = (await beginWebauthn(t)).body
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
    expect(options.allowCredentials).toBeUndefined()
    t.clock.advance(10)
    const answer = await completeWebauthn(t, { credential: key.sign(options), remember_me: true })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      mfa_required: false,
      user: { id: user.id },
      expires_at: '2030-01-31T00:00:10.000Z',
    })
    expect(cookiesOf(answer).get('authy2_session')?.value).toBe(answer.body.data.token)
    expect(await sessionOf(t, answer)).toMatchObject({
      amr: [keyKind, 'user', 'mfa'],
      acr: 'urn:authy2:acr:phr',
      authenticated_at: '2030-01-01T00:00:10.000Z',
    })
    const [login] = await eventsOf(t, 'user.login')
    expect(login).toMatchObject({ actorId: user.id, details: { method: 'passkey' } })
  })

  test('signs in by the address that somebody has typed', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const { data: options } = (await beginWebauthn(t, { email: 'ALICE@example.com' })).body
    expect(options.allowCredentials).toHaveLength(1)
    expect((await completeWebauthn(t, { credential: key.sign(options) })).status).toBe(200)
  })

  test('is asked for in the same way of an address that nobody has, each time', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const asked = async (email: string) => {
      const { data } = (await beginWebauthn(t, { email })).body
      return { ...data, challenge: '' }
    }
    const ofNobody = await asked('nobody@example.com')
    expect(ofNobody.allowCredentials).toHaveLength(1)
    expect(await asked('nobody@example.com')).toEqual(ofNobody)
    expect((await asked('alice@example.com')).allowCredentials).toHaveLength(1)
  })

  test('ends the session that the browser still held', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const { body: before } = await verifyWebauthn(t, key)
    const { data: options } = (await beginWebauthn(t)).body
    const answer = await t.call('POST', '/auth/webauthn/login/complete', {
      body: { credential: key.sign(options) },
      headers: { cookie: `authy2_session=${before.data.token}`, 'sec-fetch-site': 'same-origin' },
    })
    expect(answer.status).toBe(200)
    expect((await t.call('GET', '/auth/me', { token: before.data.token })).status).toBe(401)
  })

  test('must have verified its user; as a second factor it need not', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t), { isUserVerified: false })
    expect(failureOf(await verifyWebauthn(t, key))).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['not_verified'])
    expect((await verifyWebauthn(t, key, { mfa_token: await firstFactor(t) })).status).toBe(200)
  })

  test('of a suspended user is refused in the words of one that nobody knows', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const unknown = key.clone()
    await t.write((ctx) => updateUser(ctx, user.id, { status: 'suspended' }))
    const suspended = await verifyWebauthn(t, key)
    expect(failureOf(suspended)).toEqual(UNAUTHENTICATED)
    expect((await eventsOf(t, 'user.login_failed')).map(({ reason }) => reason)).toEqual(['suspended'])
    await t.write((ctx) => ctx.tx.delete(ctx.tx.t.webauthnCredential))
    const nobodys = await verifyWebauthn(t, unknown)
    expect({ ...nobodys.body, request_id: '' }).toEqual({ ...suspended.body, request_id: '' })
    expect(await reasons(t)).toEqual(['unknown_credential'])
  })

  test('answers a challenge once, within five minutes, and none that was never given', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const { data: once } = (await beginWebauthn(t)).body
    expect((await completeWebauthn(t, { credential: key.sign(once) })).status).toBe(200)
    expect(failureOf(await completeWebauthn(t, { credential: key.sign(once) }))).toEqual(UNAUTHENTICATED)
    const { data: late } = (await beginWebauthn(t)).body
    t.clock.advance(300)
    expect(failureOf(await completeWebauthn(t, { credential: key.sign(late) }))).toEqual(UNAUTHENTICATED)
    const { data: forged } = (await beginWebauthn(t)).body
    const credential = key.sign({ ...forged, challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
    expect(failureOf(await completeWebauthn(t, { credential }))).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['unknown_challenge', 'unknown_challenge', 'unknown_challenge'])
    expect(await sessionCount(t)).toBe(1)
  })

  test('that signs twenty answers to one challenge gives one session', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const { data: options } = (await beginWebauthn(t)).body
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => completeWebauthn(t, { credential: key.sign(options) })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await sessionCount(t)).toBe(1)
  })

  test.each([
    ['another page', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
  ])('that signs for %s is refused', async (_, behaviour) => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    expect(failureOf(await verifyWebauthn(t, key.clone(behaviour)))).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['invalid'])
  })

  test('with a copy somewhere is refused as soon as the other one was used', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const copy = key.clone()
    expect((await verifyWebauthn(t, key)).status).toBe(200)
    expect(failureOf(await verifyWebauthn(t, copy))).toEqual(UNAUTHENTICATED)
    const regressions = await eventsOf(t, 'webauthn.sign_count_regression')
    expect(regressions).toHaveLength(1)
    expect(regressions[0]).toMatchObject({ targetId: user.id, outcome: 'failure' })
    expect(await eventsOf(t, 'webauthn.verify_failed')).toEqual([])
    const mfa_token = await firstFactor(t)
    expect((await verifyWebauthn(t, copy, { mfa_token })).status).toBe(200) // has caught up: the counts are equal no more
    expect(failureOf(await verifyWebauthn(t, key))).toEqual(UNAUTHENTICATED)
  })

  test('that does not count signatures signs in again and again', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t), { countsSignatures: false })
    expect((await verifyWebauthn(t, key)).status).toBe(200)
    expect((await verifyWebauthn(t, key)).status).toBe(200)
  })

  test('of somebody else is no second factor of this user', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const theirs = await withPasskey(t, await withPassword(t, { email: 'mallory@example.com' }))
    const mfa_token = await firstFactor(t)
    const { data: options } = (await beginWebauthn(t, { mfa_token })).body
    const credential = theirs.sign({ ...options, allowCredentials: [] })
    expect(failureOf(await completeWebauthn(t, { mfa_token, credential }))).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['wrong_user'])
    expect((await verifyWebauthn(t, key, { mfa_token })).status).toBe(200)
  })

  test('answers the challenge of its own use and sign-in only', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const challenges = {
      passkey: (await beginWebauthn(t)).body.data,
      otherAttempt: (await beginWebauthn(t, { mfa_token: await firstFactor(t) })).body.data,
    }
    const mfa_token = await firstFactor(t)
    for (const options of Object.values(challenges)) {
      const credential = key.sign(options)
      expect(failureOf(await completeWebauthn(t, { mfa_token, credential }))).toEqual(UNAUTHENTICATED)
    }
    const { data: own } = (await beginWebauthn(t, { mfa_token })).body
    const asPasskey = await completeWebauthn(t, { credential: key.sign(own) })
    expect(failureOf(asPasskey)).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['unknown_challenge', 'unknown_challenge', 'unknown_challenge'])
    expect(await sessionCount(t)).toBe(0)
  })

  test('refused five times ends the sign-in that it was the second factor of', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const key = await withPasskey(t, user)
    const app = await withTotp(t, user)
    const mfa_token = await firstFactor(t)
    const { data: options } = (await beginWebauthn(t)).body // of another use
    for (let n = 1; n <= 5; n++) {
      expect(failureOf(await completeWebauthn(t, { mfa_token, credential: key.sign(options) }))).toEqual(
        UNAUTHENTICATED,
      )
    }
    expect(await eventsOf(t, 'mfa.attempt_end')).toHaveLength(1)
    expect(failureOf(await verifyCode(t, mfa_token, app.code()))).toEqual(UNAUTHENTICATED)
  })

  test('is not asked for where there is none, nor with a token that is not open', async () => {
    await using t = await testServer({ dialect })
    await withTotp(t, await withPassword(t))
    const mfa_token = await firstFactor(t)
    expect(failureOf(await beginWebauthn(t, { mfa_token }))).toEqual([400, 'BAD_REQUEST'])
    expect(failureOf(await beginWebauthn(t, { mfa_token: 'a2m_unknown' }))).toEqual(UNAUTHENTICATED)
    t.clock.advance(300)
    expect(failureOf(await beginWebauthn(t, { mfa_token }))).toEqual(UNAUTHENTICATED)
    const both = await beginWebauthn(t, { mfa_token, email: 'alice@example.com' })
    expect(failureOf(both)).toEqual([400, 'VALIDATION_ERROR'])
  })

  test.each([
    ['nothing', undefined],
    ['a text', 'credential'],
    ['an empty object', {}],
    ['no signature', { signature: undefined }],
    ['a signature of 10 kB', { signature: 'A'.repeat(10_000) }],
    ['client data that is no base64url', { clientDataJSON: '{}' }],
  ])('refuses %s as an answer', async (_, change) => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const good = key.sign((await beginWebauthn(t)).body.data)
    const isChange = typeof change === 'object' && Object.keys(change).length > 0
    const credential = isChange ? { ...good, response: { ...good.response, ...change } } : change
    expect(failureOf(await completeWebauthn(t, { credential }))).toEqual([400, 'VALIDATION_ERROR'])
  })

  test.each([
    ['client data that is no JSON', { clientDataJSON: 'AAAA' }],
    ['data of no authenticator', { authenticatorData: 'AAAA' }],
    ['a signature of somebody else', { signature: 'MEUCIQDx' }],
    ['a user handle of somebody else', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('takes %s for a wrong answer', async (_, change) => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const good = key.sign((await beginWebauthn(t)).body.data)
    const credential = { ...good, response: { ...good.response, ...change } }
    expect(failureOf(await completeWebauthn(t, { credential }))).toEqual(UNAUTHENTICATED)
    expect(await sessionCount(t)).toBe(0)
  })

  test('of an authenticator that nobody has registered is refused', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const stranger = new SoftwareAuthenticator()
    stranger.register({
      rp: { name: 'x' },
      user: { id: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'x', displayName: 'x' },
      challenge: 'AAAA',
      pubKeyCredParams: [],
    })
    expect(failureOf(await verifyWebauthn(t, stranger))).toEqual(UNAUTHENTICATED)
    expect(await reasons(t)).toEqual(['unknown_credential'])
  })

  test('is not taken from a foreign page', async () => {
    await using t = await testServer({ dialect })
    const key = await withPasskey(t, await withPassword(t))
    const { data: options } = (await beginWebauthn(t)).body
    const answer = await t.call('POST', '/auth/webauthn/login/complete', {
      body: { credential: key.sign(options) },
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
  })
})
