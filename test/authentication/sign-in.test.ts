import { describe, expect, test } from 'bun:test'
import { createPasswordHasher, findPasswordHash, setPassword } from '../../src/credentials/index.ts'
import { unavailable } from '../../src/kernel/index.ts'
import { createUser, deleteUser, updateUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { cookiesOf, eventsOf, OTHER_PASSWORD, PASSWORD, signIn, withPassword } from './people.ts'

describe.each(testDialects)('signing in on $name', (dialect) => {
  test('gives a session that works, however the address is spelt', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const answer = await signIn(t, { email: ' Alice@EXAMPLE.com ' })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      user: { id: user.id, email: 'alice@example.com' },
      expires_at: '2030-01-02T00:00:00.000Z',
      mfa_compliance: { status: 'not_applicable', organizations: [] },
    })
    const me = await t.call('GET', '/auth/me', { token: answer.body.data.token })
    expect(me.status).toBe(200)
    expect(me.body.data.session).toMatchObject({ amr: ['pwd'], acr: 'urn:authy2:acr:1fa', is_current: true })
  })

  test('takes a password in whatever normalization form it is typed', async () => {
    await using t = await testServer({ dialect })
    const hash = await t.deps.hasher.hash('Zo\u00eb likes caf\u00e9s 12')
    await t.write(async (ctx) => {
      const user = await createUser(ctx, { email: 'alice@example.com' })
      await setPassword(ctx, { userId: user.id, hash })
    })
    expect((await signIn(t, { password: 'Zoe\u0308 likes cafe\u0301s 12' })).status).toBe(200)
  })

  test('with remember_me lasts for thirty days', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const { body } = await signIn(t, { remember_me: true })
    expect(body.data.expires_at).toBe('2030-01-31T00:00:00.000Z')
    t.clock.advance(6 * 86_400)
    expect((await t.call('GET', '/auth/me', { token: body.data.token })).status).toBe(200)
  })

  test('does not wait for the address to be verified', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t, { isEmailVerified: false })
    expect((await signIn(t)).status).toBe(200)
  })

  test('is recorded with the user and the session that it began', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    await signIn(t)
    const [login] = await eventsOf(t, 'user.login')
    const [session] = await eventsOf(t, 'session.create')
    expect(login).toMatchObject({
      actorKind: 'user',
      actorId: user.id,
      targetId: user.id,
      outcome: 'success',
    })
    expect(login?.credentialId).toBe(session?.targetId ?? '')
  })

  test('fails in the same words whatever the reason, which only the audit log has', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const suspended = await withPassword(t, { email: 'suspended@example.com' })
    await t.write((ctx) => updateUser(ctx, suspended.id, { status: 'suspended' }))
    await t.write((ctx) => createUser(ctx, { email: 'federated@example.com' }))
    const answers = [
      await signIn(t, { password: OTHER_PASSWORD }),
      await signIn(t, { email: 'nobody@example.com' }),
      await signIn(t, { email: 'suspended@example.com' }),
      await signIn(t, { email: 'suspended@example.com', password: OTHER_PASSWORD }),
      await signIn(t, { email: 'federated@example.com' }),
    ]
    const [first] = answers
    for (const { status, headers, body } of answers) {
      expect(status).toBe(401)
      expect({ ...body, request_id: '' }).toEqual({ ...first?.body, request_id: '' })
      expect([...headers.keys()].sort()).toEqual([...(first?.headers.keys() ?? [])].sort())
      expect(headers.get('www-authenticate')).toBe('Bearer realm="Authy2"')
      expect(headers.getSetCookie()).toEqual([])
    }
    const events = await eventsOf(t, 'user.login_failed')
    const reasons = ['wrong_password', 'unknown_email', 'suspended', 'wrong_password', 'no_password']
    expect(events.map(({ reason }) => reason)).toEqual(reasons)
    expect(events[0]).toMatchObject({ outcome: 'failure', actorKind: 'anonymous', actorId: null })
    expect(JSON.stringify(events)).not.toContain('nobody@example.com')
    expect(JSON.stringify(events)).not.toContain(PASSWORD)
  })

  test.each([
    [
      'suspended',
      (t: TestServer, id: string) => t.write((ctx) => updateUser(ctx, id, { status: 'suspended' })),
    ],
    ['deleted', (t: TestServer, id: string) => t.write((ctx) => deleteUser(ctx, id))],
  ] as const)('a user who is %s is out at the next request', async (_, end) => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const { token } = (await signIn(t)).body.data
    await end(t, user.id)
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect((await signIn(t)).status).toBe(401)
  })

  describe('while the password is being checked', () => {
    test.each([
      ['changed', changePassword, 'changed_meanwhile'],
      [
        'the reason to suspend the user',
        (t: TestServer, id: string) => t.write((ctx) => updateUser(ctx, id, { status: 'suspended' })),
        'suspended',
      ],
      [
        'gone with its user',
        (t: TestServer, id: string) => t.write((ctx) => deleteUser(ctx, id)),
        'changed_meanwhile',
      ],
    ] as const)('it is %s: nobody gets in', async (_, change, reason) => {
      const hasher = createPasswordHasher({ algorithm: 'bcrypt', bcryptLogRounds: 4, queueLimit: 10 })
      let meanwhile = async () => {}
      await using t = await testServer({
        dialect,
        hasher: {
          ...hasher,
          async verify(password, hash) {
            const result = await hasher.verify(password, hash)
            await meanwhile()
            return result
          },
        },
      })
      const user = await withPassword(t)
      meanwhile = async () => void (await change(t, user.id))
      expect((await signIn(t)).status).toBe(401)
      expect(await eventsOf(t, 'user.login_failed')).toMatchObject([{ reason }])
      expect(await t.read((ctx) => ctx.reader.$count(ctx.reader.t.session))).toBe(0)
    })
  })

  test('upgrades a hash that was made in another way, and leaves a present one alone', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const stored = () => t.read((ctx) => findPasswordHash(ctx, user.id))
    const present = await stored()
    await signIn(t)
    expect(await stored()).toBe(present ?? '')

    const imported = await Bun.password.hash(PASSWORD, {
      algorithm: 'argon2id',
      memoryCost: 1024,
      timeCost: 2,
    })
    await t.write((ctx) => setPassword(ctx, { userId: user.id, hash: imported }))
    expect((await signIn(t, { password: OTHER_PASSWORD })).status).toBe(401)
    expect(await stored()).toBe(imported)
    expect((await signIn(t)).status).toBe(200)
    expect(await stored()).toStartWith('$2b$04$')
    expect((await signIn(t)).status).toBe(200)
  })

  test('when too many are at it says when to come back, for known and unknown addresses alike', async () => {
    const full = async () => {
      throw unavailable('Too many people are signing in at this moment. Try again soon.', 2)
    }
    const hasher = createPasswordHasher({ algorithm: 'bcrypt', bcryptLogRounds: 4, queueLimit: 10 })
    await using t = await testServer({
      dialect,
      hasher: { ...hasher, verify: full, verifyDummy: full },
    })
    await withPassword(t)
    for (const email of ['alice@example.com', 'nobody@example.com']) {
      const answer = await signIn(t, { email })
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('2')
    }
  })

  test('is counted by outcome', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    await signIn(t)
    await signIn(t, { password: OTHER_PASSWORD })
    await signIn(t, { email: 'nobody@example.com' })
    const { values } = await t.deps.metrics.signIns.get()
    expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
      ['success', 1],
      ['failure', 2],
    ])
  })

  test.each([
    ['no password', { password: undefined }, 400],
    ['an empty password', { password: '' }, 400],
    ['a password of 2000 characters', { password: 'x'.repeat(2000) }, 400],
    ['a password that is no text', { password: { $ne: null } }, 400],
    ['what is no address', { email: 'alice' }, 400],
    ['a list of addresses', { email: ['alice@example.com'] }, 400],
    ['remember_me as text', { remember_me: 'yes' }, 400],
  ])('refuses %s', async (_, body, status) => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const answer = await signIn(t, body)
    expect(answer.status).toBe(status)
    expect(answer.body.error.type).toBe('VALIDATION_ERROR')
    expect(cookiesOf(answer).size).toBe(0)
  })
})

async function changePassword(t: TestServer, userId: string): Promise<void> {
  const hash = await t.deps.hasher.hash(OTHER_PASSWORD)
  await t.write((ctx) => setPassword(ctx, { userId, hash }))
}
