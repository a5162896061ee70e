import { describe, expect, spyOn, test } from 'bun:test'
import { findPasswordHash } from '../../src/credentials/index.ts'
import { testDialects } from '../support/databases.ts'
import { BEHIND_A_PROXY, listen } from '../support/listening.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { invite } from './invites.ts'
import { cookiesOf, eventsOf, PASSWORD, register, signIn, withPassword } from './people.ts'

describe.each(testDialects)('registration on $name', (dialect) => {
  test('answers with a user, a session and its cookie, and mails a link that verifies the address', async () => {
    await using t = await testServer({ dialect })
    const answer = await register(t, { full_name: 'Alice Liddell', password_confirm: PASSWORD })
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({
      success: true,
      code: 201,
      data: {
        user: {
          email: 'alice@example.com',
          email_verified: false,
          full_name: 'Alice Liddell',
          status: 'active',
        },
        expires_at: '2030-01-02T00:00:00.000Z',
        is_first_user: true,
        pending_invites: [],
      },
    })
    const { token } = answer.body.data
    expect(cookiesOf(answer).get('authy2_session')?.value).toBe(token)
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)

    const [mail] = await mailsOf(t, 'verify_email')
    expect(mail?.to).toBe('alice@example.com')
    const verified = await t.call('POST', '/auth/verify-email', { body: { token: mail?.token } })
    expect(verified.status).toBe(200)
    expect((await t.call('GET', '/auth/me', { token })).body.data.user.email_verified).toBe(true)
  })

  test('stores a hash and never the password, and records who registered', async () => {
    await using t = await testServer({ dialect })
    const { body } = await register(t)
    const hash = await t.read((ctx) => findPasswordHash(ctx, body.data.user.id))
    expect(hash).toStartWith('$')
    expect(hash).not.toContain(PASSWORD)
    expect(await eventsOf(t, 'user.register')).toMatchObject([
      { outcome: 'success', actorKind: 'user', actorId: body.data.user.id, targetId: body.data.user.id },
    ])
    expect(await eventsOf(t, 'session.create')).toHaveLength(1)
  })

  test('makes the first user administrator, and of several first ones at once exactly one', async () => {
    await using t = await testServer({ dialect })
    const emails = ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com']
    const answers = await Promise.all(emails.map((email) => register(t, { email })))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(answers.filter(({ body }) => body.data.is_first_user)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.data.user.is_instance_admin)).toHaveLength(1)
  })

  test('gives an address to one of twenty who ask for it at once', async () => {
    await using t = await testServer({ dialect })
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(t)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    const users = await t.read((ctx) => ctx.reader.$count(ctx.reader.t.user))
    expect(users).toBe(1)
  })

  test.each(['alice@example.com', ' ALICE@Example.COM ', 'Alice@EXAMPLE.com'])(
    'refuses %p when alice@example.com is taken',
    async (email) => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const answer = await register(t, { email })
      expect(answer.status).toBe(409)
      expect(answer.body.error.type).toBe('CONFLICT')
      expect(answer.headers.getSetCookie()).toEqual([])
    },
  )

  describe('where existence is hidden', () => {
    const env = { AUTH_HIDE_EXISTENCE: 'true' }

    test('a new address and a known one get the same answer, and the mail tells which it was', async () => {
      await using t = await testServer({ dialect, env })
      await withPassword(t, { email: 'Known@example.com' })
      const isNew = await register(t, { email: 'new@example.com' })
      const isKnown = await register(t, { email: 'known@example.com' })
      expect(isNew.status).toBe(202)
      expect(isNew.body.data).toEqual({})
      expect({ ...isKnown.body, request_id: '' }).toEqual({ ...isNew.body, request_id: '' })
      for (const answer of [isNew, isKnown]) expect(answer.headers.getSetCookie()).toEqual([])
      expect(await mailsOf(t, 'verify_email')).toMatchObject([{ to: 'new@example.com' }])
      expect(await mailsOf(t, 'register_existing')).toMatchObject([{ to: 'Known@example.com' }])
    })

    test('a known address keeps its password, and a new one can sign in', async () => {
      await using t = await testServer({ dialect, env })
      await withPassword(t)
      await register(t, { password: 'somebody elses 9 choice' })
      expect((await signIn(t, { password: 'somebody elses 9 choice' })).status).toBe(401)
      expect((await signIn(t)).status).toBe(200)
      await register(t, { email: 'new@example.com' })
      expect((await signIn(t, { email: 'new@example.com' })).status).toBe(200)
    })

    test('twenty at once for one address all get the same answer', async () => {
      await using t = await testServer({ dialect, env })
      const answers = await Promise.all(Array.from({ length: 20 }, () => register(t)))
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
      expect(await mailsOf(t, 'verify_email')).toHaveLength(1)
      expect(await mailsOf(t, 'register_existing')).toHaveLength(19)
    })

    test('a weak password is refused for both alike', async () => {
      await using t = await testServer({ dialect, env })
      await withPassword(t)
      const known = await register(t, { password: 'password' })
      const unknown = await register(t, { email: 'new@example.com', password: 'password' })
      expect(known.status).toBe(400)
      expect(known.body.error).toEqual(unknown.body.error)
    })

    test('an invite for another address is refused for both alike', async () => {
      await using t = await testServer({ dialect, env })
      await withPassword(t)
      const { token } = await invite(t, { email: 'guest@example.com' })
      for (const email of ['alice@example.com', 'new@example.com'])
        expect((await register(t, { email, invite_token: token })).status).toBe(403)
    })
  })

  describe('by invite', () => {
    test('joins the organization in the same step, and needs no other proof of the address', async () => {
      await using t = await testServer({ dialect })
      const { organization, token } = await invite(t, { email: 'Guest@example.com', role: 'admin' })
      const answer = await register(t, { email: 'guest@example.com', invite_token: token })
      expect(answer.status).toBe(201)
      expect(answer.body.data.user.email_verified).toBe(true)
      const me = await t.call('GET', '/auth/me', { token: answer.body.data.token })
      expect(me.body.data.organizations).toMatchObject([{ id: organization.id, role: 'admin' }])
      expect(await mailsOf(t, 'verify_email')).toEqual([])
    })

    test('lists what else the proved address was invited to', async () => {
      await using t = await testServer({ dialect })
      const { token } = await invite(t, { email: 'guest@example.com' })
      const other = await invite(t, { email: 'guest@example.com', organization: 'Other Ltd' })
      const { body } = await register(t, { email: 'guest@example.com', invite_token: token })
      expect(body.data.pending_invites).toMatchObject([{ organization: { name: other.organization.name } }])
    })

    test('an address that nobody has proved does not tell who invites it', async () => {
      await using t = await testServer({ dialect })
      await invite(t, { email: 'guest@example.com' })
      expect((await register(t, { email: 'guest@example.com' })).body.data.pending_invites).toEqual([])
    })

    test.each([
      ['for somebody else', 403, (t: TestServer) => invite(t, { email: 'other@example.com' })],
      ['that has expired', 404, expired],
      ['that is none', 404, async () => ({ token: 'a2i_nonsense' })],
    ] as const)('an invite %s leaves nothing behind', async (_, status, make) => {
      await using t = await testServer({ dialect })
      const { token } = await make(t)
      expect((await register(t, { invite_token: token })).status).toBe(status)
      expect((await signIn(t)).status).toBe(401)
    })

    test('of twenty who use one invite at once, one gets in', async () => {
      await using t = await testServer({ dialect })
      const { token } = await invite(t, { email: 'guest@example.com' })
      const body = { email: 'guest@example.com', invite_token: token }
      const answers = await Promise.all(Array.from({ length: 20 }, () => register(t, body)))
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      for (const { status } of answers) expect([201, 404, 409]).toContain(status)
    })

    test("the organization's name is no password for its members", async () => {
      await using t = await testServer({ dialect })
      const { token } = await invite(t, { email: 'guest@example.com', organization: 'Umbrella' })
      const body = { email: 'guest@example.com', invite_token: token, password: 'my umbrella 42 works' }
      expect((await register(t, body)).body.error.details.fields.password).toHaveLength(1)
    })
  })

  describe('open to', () => {
    test('nobody when closed, not even by invite', async () => {
      await using t = await testServer({ dialect, env: { REGISTRATION: 'closed' } })
      const { token } = await invite(t, { email: 'alice@example.com' })
      expect((await register(t)).status).toBe(403)
      expect((await register(t, { invite_token: token })).status).toBe(403)
    })

    test('those who hold an invite when by invitation', async () => {
      await using t = await testServer({ dialect, env: { REGISTRATION: 'invite' } })
      const { token } = await invite(t, { email: 'alice@example.com' })
      expect((await register(t)).status).toBe(403)
      expect((await register(t, { invite_token: token })).status).toBe(201)
    })

    test('certain domains, and whoever was invited from elsewhere', async () => {
      await using t = await testServer({ dialect, env: { REGISTRATION_EMAIL_DOMAINS: 'acme-corp.com' } })
      const { token } = await invite(t, { email: 'carol@example.com' })
      expect((await register(t, { email: 'Bob@ACME-corp.com' })).status).toBe(201)
      expect((await register(t, { email: 'bob@not-acme-corp.com' })).status).toBe(403)
      expect((await register(t, { email: 'bob@sub.acme-corp.com' })).status).toBe(403)
      expect((await register(t, { email: 'carol@example.com', invite_token: token })).status).toBe(201)
    })
  })

  test.each([
    ['a short password', 'password', { password: 'short7!' }],
    ['a common password', 'password', { password: 'password1' }],
    ['a password with the address in it', 'password', { password: 'alice in wonderland' }],
    ['a password of 129 characters', 'password', { password: 'x'.repeat(129) }],
    ['a password of 2000 characters', 'password', { password: 'x'.repeat(2000) }],
    ['a password that is not repeated rightly', 'password_confirm', { password_confirm: 'something else' }],
    ['what is no address', 'email', { email: 'no address' }],
    ['an address too long for mail', 'email', { email: `${'x'.repeat(300)}@example.com` }],
    ['a name of 500 characters', 'full_name', { full_name: 'x'.repeat(500) }],
    ['a name with a line break', 'full_name', { full_name: 'line\nbreak' }],
    ['a token of 500 characters', 'invite_token', { invite_token: 'x'.repeat(500) }],
    ['a number for a name', 'full_name', { full_name: 7 }],
  ])('refuses %s, and says which field', async (_, field, body) => {
    await using t = await testServer({ dialect })
    const answer = await register(t, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error.type).toBe('VALIDATION_ERROR')
    expect(Object.keys(answer.body.error.details.fields)).toEqual([field])
    expect(JSON.stringify(answer.body)).not.toContain(PASSWORD)
  })

  test('refuses a password that is known from a leak', async () => {
    await using t = await testServer({ dialect, deps: { isLeakedPassword: async () => true } })
    const answer = await register(t)
    expect(answer.status).toBe(400)
    expect(answer.body.error.details.fields.password[0]).toContain('leak')
  })

  test('looks passwords up among leaks where that is switched on, and counts how it went', async () => {
    const lookUp = spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'))
    try {
      await using t = await testServer({ dialect, env: { HIBP_ENABLED: 'true' } })
      expect((await register(t)).status).toBe(201)
      expect(lookUp).toHaveBeenCalledTimes(1)
      const { values } = await t.deps.metrics.pwnedChecks.get()
      expect(values).toMatchObject([{ labels: { outcome: 'unavailable' }, value: 1 }])
    } finally {
      lookUp.mockRestore()
    }
  })

  test('is limited for each client, and for each address wherever the clients are', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_REGISTER: '3/1m', ...BEHIND_A_PROXY }
    await using t = await testServer({ dialect, env })
    await using socket = listen(t)
    const from = async (client: string, email: string) => {
      const body = { email, password: PASSWORD }
      return (await socket.callFrom(client, 'POST', '/auth/register', { body })).status
    }
    const byClient = []
    for (const name of ['a', 'b', 'c', 'd']) byClient.push(await from('192.0.2.1', `${name}@example.com`))
    expect(byClient).toEqual([201, 201, 201, 429])
    const byAddress = []
    for (const last of [1, 2, 3, 4]) byAddress.push(await from(`198.51.100.${last}`, 'e@example.com'))
    expect(byAddress).toEqual([201, 409, 409, 429])
  })
})

async function expired(t: TestServer): Promise<{ token: string }> {
  const made = await invite(t, { email: 'alice@example.com' })
  t.clock.advance(8 * 86_400)
  return made
}
