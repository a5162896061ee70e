import { describe, expect, test } from 'bun:test'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import {
  type AssertionUse,
  acceptAssertion,
  beginAssertion,
  beginRegistration,
  removeCredential,
  storeCredential,
  type VerifiedAssertion,
  verifyAssertion,
  verifyRegistration,
} from '../../../src/credentials/index.ts'
import type { Row } from '../../../src/db/index.ts'
import { base64url, parseBase64url, SYSTEM, silentLog } from '../../../src/kernel/index.ts'
import { normalizeEmail } from '../../../src/users/index.ts'
import { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { testDialects } from '../../support/databases.ts'
import { type TestServer, testServer } from '../../support/server.ts'

const origin = { actor: SYSTEM, log: silentLog }
const ATTEMPT = 'attempt-1'
const SECOND_FACTOR: AssertionUse = { purpose: 'second_factor', boundTo: ATTEMPT }
const PASSKEY: AssertionUse = { purpose: 'passkey', boundTo: null }

async function enrolled(t: TestServer, authenticator = new SoftwareAuthenticator()) {
  const { user } = await t.signedIn()
  const credential = await enrol(t, user, authenticator)
  return { user, authenticator, credential }
}

async function enrol(t: TestServer, user: Row<'user'>, authenticator: SoftwareAuthenticator) {
  const options = await t.write((ctx) => beginRegistration(ctx, { user, isAttested: false }))
  const response = authenticator.register(options)
  const verified = await verifyRegistration(t.deps, origin, { userId: user.id, isAttested: false, response })
  if ('failure' in verified) throw new Error(verified.failure)
  return t.write((ctx) => storeCredential(ctx, { userId: user.id, verified }))
}

const begin = (t: TestServer, use: AssertionUse, userId?: string) =>
  t.write((ctx) => beginAssertion(ctx, { ...use, userId }))

const verify = (t: TestServer, use: AssertionUse, response: AuthenticationResponseJSON, userId?: string) =>
  verifyAssertion(t.deps, origin, { ...use, response, userId })

function successful(outcome: Awaited<ReturnType<typeof verifyAssertion>>): VerifiedAssertion {
  if ('failure' in outcome) throw new Error(outcome.failure)
  return outcome
}

/** The same response with one thing changed in its client data. */
function withClientData(response: AuthenticationResponseJSON, change: object): AuthenticationResponseJSON {
  const bytes = parseBase64url(response.response.clientDataJSON) ?? new Uint8Array()
  const changed = { ...JSON.parse(new TextDecoder().decode(bytes)), ...change }
  const clientDataJSON = base64url(new TextEncoder().encode(JSON.stringify(changed)))
  return { ...response, response: { ...response.response, clientDataJSON } }
}

function withFlippedByte(text: string): string {
  const bytes = parseBase64url(text) ?? new Uint8Array()
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return base64url(bytes)
}

describe.each(testDialects)('on $name', (dialect) => {
  test('a credential signs for a second factor, and as a passkey without a name', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator, credential } = await enrolled(t)

    const options = await begin(t, SECOND_FACTOR, user.id)
    expect(options).toMatchObject({
      rpId: 'localhost',
      userVerification: 'preferred',
      timeout: 300_000,
      allowCredentials: [
        { id: credential.credentialId, type: 'public-key', transports: credential.transports },
      ],
    })
    expect(parseBase64url(options.challenge)?.length).toBe(32)
    const first = successful(await verify(t, SECOND_FACTOR, authenticator.sign(options), user.id))
    expect(await t.write((ctx) => acceptAssertion(ctx, first))).toBe(true)

    const nameless = await begin(t, PASSKEY)
    expect(nameless.userVerification).toBe('required')
    expect(nameless.allowCredentials).toBeUndefined()
    const second = successful(await verify(t, PASSKEY, authenticator.sign(nameless)))
    expect(second).toMatchObject({ credential: { userId: user.id }, isUserVerified: true, newSignCount: 2 })
    t.clock.advance(60)
    expect(await t.write((ctx) => acceptAssertion(ctx, second))).toBe(true)
    const [row] = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.webauthnCredential))
    expect(row).toMatchObject({ signCount: 2, lastUsedAt: t.clock.now() })
  })

  test('a challenge counts once, also when twenty answer it at once', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const response = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => verify(t, SECOND_FACTOR, response, user.id)),
    )
    expect(outcomes.filter((outcome) => !('failure' in outcome))).toHaveLength(1)
    expect(await verify(t, SECOND_FACTOR, response, user.id)).toEqual({ failure: 'unknown_challenge' })
  })

  test('a challenge is spent even when what was signed does not verify', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const response = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
    const signature = withFlippedByte(response.response.signature)
    const tampered = { ...response, response: { ...response.response, signature } }
    expect(await verify(t, SECOND_FACTOR, tampered, user.id)).toEqual({ failure: 'invalid', userId: user.id })
    expect(await verify(t, SECOND_FACTOR, response, user.id)).toEqual({ failure: 'unknown_challenge' })
  })

  test('a challenge counts for five minutes', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const early = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
    t.clock.advance(299)
    expect(await verify(t, SECOND_FACTOR, early, user.id)).toMatchObject({ newSignCount: 1 })
    const late = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
    t.clock.advance(300)
    expect(await verify(t, SECOND_FACTOR, late, user.id)).toEqual({ failure: 'unknown_challenge' })
  })

  test('a challenge counts for what and whom it was made only', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const elsewhere: AssertionUse[] = [
      { purpose: 'second_factor', boundTo: 'attempt-2' },
      { purpose: 'second_factor', boundTo: null },
      { purpose: 'step_up', boundTo: ATTEMPT },
      PASSKEY,
    ]
    for (const use of elsewhere) {
      const response = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
      expect(await verify(t, use, response, user.id)).toEqual({ failure: 'unknown_challenge' })
    }
    const forAPasskey = authenticator.sign(await begin(t, PASSKEY))
    expect(await verify(t, SECOND_FACTOR, forAPasskey, user.id)).toEqual({ failure: 'unknown_challenge' })
    const invented = withClientData(forAPasskey, { challenge: base64url(new Uint8Array(32)) })
    expect(await verify(t, PASSKEY, invented)).toEqual({ failure: 'unknown_challenge' })
    const options = await t.write((ctx) => beginRegistration(ctx, { user, isAttested: false }))
    const forRegistration = authenticator.sign({ challenge: options.challenge })
    expect(await verify(t, PASSKEY, forRegistration)).toEqual({ failure: 'unknown_challenge' })
  })

  test('a counter that does not go up is a copy of the key; one that stays 0 is none', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const thief = authenticator.clone()
    const owners = successful(
      await verify(t, SECOND_FACTOR, authenticator.sign(await begin(t, SECOND_FACTOR, user.id)), user.id),
    )
    expect(await t.write((ctx) => acceptAssertion(ctx, owners))).toBe(true)
    const copys = successful(
      await verify(t, SECOND_FACTOR, thief.sign(await begin(t, SECOND_FACTOR, user.id)), user.id),
    )
    expect(copys.newSignCount).toBe(1)
    expect(await t.write((ctx) => acceptAssertion(ctx, copys))).toBe(false)
    const reset = { ...copys, newSignCount: 0 }
    expect(await t.write((ctx) => acceptAssertion(ctx, reset))).toBe(false)

    const counterless = await enrolled(t, new SoftwareAuthenticator({ countsSignatures: false }))
    for (let use = 0; use < 2; use++) {
      const options = await begin(t, SECOND_FACTOR, counterless.user.id)
      const verified = successful(
        await verify(t, SECOND_FACTOR, counterless.authenticator.sign(options), counterless.user.id),
      )
      expect(await t.write((ctx) => acceptAssertion(ctx, verified))).toBe(true)
    }
  })

  test('of twenty that accept the same count one does', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator } = await enrolled(t)
    const verified = successful(
      await verify(t, SECOND_FACTOR, authenticator.sign(await begin(t, SECOND_FACTOR, user.id)), user.id),
    )
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => t.write((ctx) => acceptAssertion(ctx, verified))),
    )
    expect(outcomes.filter(Boolean)).toHaveLength(1)
  })

  test('a credential that was removed meanwhile is not accepted', async () => {
    await using t = await testServer({ dialect })
    const { user, authenticator, credential } = await enrolled(t)
    const verified = successful(
      await verify(t, SECOND_FACTOR, authenticator.sign(await begin(t, SECOND_FACTOR, user.id)), user.id),
    )
    await t.write((ctx) => removeCredential(ctx, { userId: user.id, id: credential.id }))
    expect(await t.write((ctx) => acceptAssertion(ctx, verified))).toBe(false)
  })

  test("somebody else's credential does not stand in for one's own", async () => {
    await using t = await testServer({ dialect })
    const { user } = await enrolled(t)
    const other = await enrolled(t)
    const options = await begin(t, SECOND_FACTOR, user.id)
    const response = other.authenticator.sign({ challenge: options.challenge })
    expect(await verify(t, SECOND_FACTOR, response, user.id)).toEqual({
      failure: 'wrong_user',
      userId: other.user.id,
    })
  })

  test('who has the address does not show in what is asked for', async () => {
    await using t = await testServer({ dialect })
    const { user, credential } = await enrolled(t)
    const bare = await t.signedIn()
    const ask = async (email: string) => {
      const options = await t.write((ctx) =>
        beginAssertion(ctx, { ...PASSKEY, email: normalizeEmail(email) }),
      )
      expect(options).toMatchObject({ userVerification: 'required', rpId: 'localhost' })
      return options.allowCredentials ?? []
    }
    const real = await ask(user.email)
    expect(real.map(({ id }) => id)).toEqual([credential.credentialId])
    const shape = Object.keys(real[0] ?? {}).sort()
    const seen = new Set<string>()
    for (const email of [bare.user.email, 'nobody@example.com', 'no-one@example.com']) {
      const decoys = await ask(email)
      expect(decoys).toHaveLength(1)
      expect(Object.keys(decoys[0] ?? {}).sort()).toEqual(shape)
      expect(await ask(email)).toEqual(decoys)
      seen.add(decoys[0]?.id ?? '')
    }
    expect(seen.size).toBe(3)
    await using elsewhere = await testServer({
      dialect,
      env: { SECRET_KEY: 'another-secret-of-another-instance-0123456789' },
    })
    const options = await elsewhere.write((ctx) =>
      beginAssertion(ctx, { ...PASSKEY, email: normalizeEmail('nobody@example.com') }),
    )
    expect(seen).not.toContain(options.allowCredentials?.[0]?.id)
  })
})

describe('what is signed must be what was asked', () => {
  test('a person who is not verified is not let in by a passkey, and is by a second factor', async () => {
    await using t = await testServer()
    const { user, authenticator } = await enrolled(t, new SoftwareAuthenticator({ isUserVerified: false }))
    expect(await verify(t, PASSKEY, authenticator.sign(await begin(t, PASSKEY)))).toEqual({
      failure: 'not_verified',
      userId: user.id,
    })
    const response = authenticator.sign(await begin(t, SECOND_FACTOR, user.id))
    expect(await verify(t, SECOND_FACTOR, response, user.id)).toMatchObject({ isUserVerified: false })
  })

  test.each([
    ['of another origin', { origin: 'http://localhost:5001' }],
    ['of an origin that only looks like ours', { origin: 'http://localhost:5000.evil.example' }],
    ['for another RP id', { rpId: 'evil.example' }],
    ['by a credential that has become one that is synced', { isMultiDevice: true }],
  ])('%s: refused', async (_, behaviour) => {
    await using t = await testServer()
    const { user, authenticator } = await enrolled(t)
    const response = authenticator.clone(behaviour).sign(await begin(t, PASSKEY))
    expect(await verify(t, PASSKEY, response)).toEqual({ failure: 'invalid', userId: user.id })
  })

  test.each([
    ['the type of a registration', { type: 'webauthn.create' }],
    ['made in a frame', { crossOrigin: true }],
    ['made in a frame that says whose', { topOrigin: 'https://evil.example' }],
    ['client data that the signature does not cover', { extra: 1 }],
  ])('%s: refused', async (_, change) => {
    await using t = await testServer()
    const { user, authenticator } = await enrolled(t)
    const response = withClientData(authenticator.sign(await begin(t, PASSKEY)), change)
    expect(await verify(t, PASSKEY, response)).toEqual({ failure: 'invalid', userId: user.id })
  })

  test('a registration is not taken for a signature', async () => {
    await using t = await testServer()
    const { user, authenticator } = await enrolled(t)
    const { challenge } = await begin(t, PASSKEY)
    const options = await t.write((ctx) => beginRegistration(ctx, { user, isAttested: false }))
    const signed = authenticator.sign({ challenge })
    const { response } = authenticator.register({ ...options, challenge })
    const mixed = { ...signed, response: { ...signed.response, clientDataJSON: response.clientDataJSON } }
    expect(await verify(t, PASSKEY, mixed)).toMatchObject({ failure: 'invalid' })
  })

  test('an unknown credential and a user handle of somebody else: refused', async () => {
    await using t = await testServer()
    const { user, authenticator } = await enrolled(t)
    const unknown = authenticator.sign(await begin(t, PASSKEY))
    expect(await verify(t, PASSKEY, { ...unknown, id: 'AAAA', rawId: 'AAAA' })).toEqual({
      failure: 'unknown_credential',
    })
    const signed = authenticator.sign(await begin(t, PASSKEY))
    const other = { ...signed, response: { ...signed.response, userHandle: base64url(new Uint8Array(16)) } }
    expect(await verify(t, PASSKEY, other)).toEqual({ failure: 'wrong_user', userId: user.id })
  })

  test.each([
    '',
    '=',
    'e30',
    base64url(new Uint8Array([0xff, 0xfe])),
    base64url(Buffer.from('{"challenge":1}')),
  ])('client data %p is that of no challenge', async (clientDataJSON) => {
    await using t = await testServer()
    const { authenticator } = await enrolled(t)
    const signed = authenticator.sign(await begin(t, PASSKEY))
    const response = { ...signed, response: { ...signed.response, clientDataJSON } }
    expect(await verify(t, PASSKEY, response)).toEqual({ failure: 'unknown_challenge' })
  })
})
