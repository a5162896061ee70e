import { describe, expect, test } from 'bun:test'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { anotherSession, apiKeyOf } from './people.ts'

const patch = (server: TestServer, token: string | undefined, body: unknown) =>
  server.call('PATCH', '/users/me', { token, body })

const me = async (server: TestServer, token: string) =>
  (await server.call('GET', '/users/me', { token })).body.data.user

describe.each(testDialects)('the own profile on $name', (dialect) => {
  test('is shown to oneself and needs a sign-in', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await server.signedIn({ email: 'Bob@Example.com', fullName: 'Bob' })
    expect(await me(server, token)).toMatchObject({ id: user.id, email: 'Bob@Example.com', full_name: 'Bob' })
    expect((await server.call('GET', '/users/me')).status).toBe(401)
    expect((await patch(server, undefined, { full_name: 'X' })).status).toBe(401)
  })

  test('changes what is given, clears what is null and keeps the rest', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn({ fullName: 'Bob', locale: 'en' })
    const change = { full_name: '  Robert ', avatar_url: 'https://example.com/b.png' }
    expect((await patch(server, token, change)).body.data).toMatchObject({
      user: { full_name: 'Robert', avatar_url: 'https://example.com/b.png', locale: 'en' },
      pending_email: null,
    })
    await patch(server, token, { avatar_url: null })
    expect(await me(server, token)).toMatchObject({ full_name: 'Robert', avatar_url: null, locale: 'en' })
    expect((await patch(server, token, {})).status).toBe(200)
    expect((await eventsOf(server, 'user.update')).map(({ details }) => details)).toEqual([
      { fields: ['full_name', 'avatar_url'] },
      { fields: ['avatar_url'] },
    ])
  })

  test('does not make oneself an administrator, verified or somebody else', async () => {
    await using server = await testServer({ dialect })
    await server.signedIn()
    const { token, user } = await server.signedIn()
    const body = { is_instance_admin: true, status: 'suspended', id: 'x', email_verified: false }
    expect((await patch(server, token, body)).status).toBe(200)
    expect(await me(server, token)).toMatchObject({
      id: user.id,
      is_instance_admin: false,
      status: 'active',
      email_verified: true,
    })
  })

  test.each([
    ['a name that is too long', { full_name: 'x'.repeat(201) }],
    ['a name with a control character', { full_name: 'a\u0000b' }],
    ['a picture that is a script', { avatar_url: 'javascript:alert(1)' }],
    ['a language that is none', { locale: 'Klingon!' }],
    ['an address that is none', { email: 'nobody' }],
    ['an address that is too long', { email: `${'x'.repeat(250)}@example.com` }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    expect((await patch(server, token, body)).body.error.type).toBe('VALIDATION_ERROR')
  })

  test('is changed by an API key with the scope, but for the address', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    const reading = await apiKeyOf(server, token, { scopes: ['profile:read'] })
    const writing = await apiKeyOf(server, token, { scopes: ['profile:write'] })
    expect((await patch(server, reading, { full_name: 'X' })).status).toBe(403)
    expect((await patch(server, writing, { full_name: 'X' })).status).toBe(200)
    const answer = await patch(server, writing, { email: 'other@example.com' })
    expect(answer.body.error.type).toBe('STEP_UP_REQUIRED')
    expect((await server.call('GET', '/users/me', { token: writing })).status).toBe(403)
  })
})

describe.each(testDialects)('a new e-mail address on $name', (dialect) => {
  const confirm = (server: TestServer, token: string | undefined) =>
    server.call('POST', '/auth/verify-email', { body: { token: token ?? '' } })

  test('counts once its mailbox has answered, and the old one is told', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn({ email: 'old@example.com' })
    const asked = await patch(server, token, { email: 'New@Example.com' })
    expect(asked.body.data).toMatchObject({
      user: { email: 'old@example.com', email_verified: true },
      pending_email: 'New@Example.com',
    })
    const [mail] = await mailsOf(server, 'change_email', 'New@Example.com')
    expect(JSON.stringify(asked.body)).not.toContain(mail?.token ?? '')
    expect((await confirm(server, mail?.token)).status).toBe(200)
    expect(await me(server, token)).toMatchObject({ email: 'New@Example.com', email_verified: true })
    expect(await mailsOf(server, 'email_changed', 'old@example.com')).toHaveLength(1)
    expect((await confirm(server, mail?.token)).status).toBe(400)
    expect((await patch(server, token, {})).body.data.pending_email).toBeNull()
    expect(await eventsOf(server, 'user.email_change_request')).toHaveLength(1)
    expect(await eventsOf(server, 'user.email_change')).toHaveLength(1)
  })

  test('needs a recent sign-in', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    server.clock.advance(601)
    const answer = await patch(server, token, { full_name: 'Changed', email: 'new@example.com' })
    expect(answer.body.error.type).toBe('STEP_UP_REQUIRED')
    expect(await me(server, token)).toMatchObject({ full_name: null })
    expect(await mailsOf(server, 'change_email')).toEqual([])
  })

  test('is not told apart from a taken one; who reads its mail gets the conflict', async () => {
    await using server = await testServer({ dialect })
    await server.signedIn({ email: 'taken@example.com' })
    const { token } = await server.signedIn({ email: 'old@example.com' })
    expect((await patch(server, token, { email: 'TAKEN@example.com' })).status).toBe(200)
    const [mail] = await mailsOf(server, 'change_email')
    expect((await confirm(server, mail?.token)).body.error.type).toBe('CONFLICT')
    expect(await me(server, token)).toMatchObject({ email: 'old@example.com' })
  })

  test('replaces the one asked for before, and asking for the present one withdraws it', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn({ email: 'old@example.com' })
    await patch(server, token, { email: 'first@example.com' })
    await patch(server, token, { email: 'second@example.com' })
    const withdrawn = await patch(server, token, { email: 'old@example.com' })
    expect(withdrawn.body.data.pending_email).toBeNull()
    for (const mail of await mailsOf(server, 'change_email')) {
      expect((await confirm(server, mail.token)).status).toBe(400)
    }
    expect(await me(server, token)).toMatchObject({ email: 'old@example.com' })
  })

  test('is out of date after a day', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn({ email: 'old@example.com' })
    await patch(server, token, { email: 'new@example.com' })
    const [mail] = await mailsOf(server, 'change_email')
    server.clock.advance(86_400)
    expect((await confirm(server, mail?.token)).status).toBe(400)
  })

  test('goes to one of twenty people who confirm it at once', async () => {
    await using server = await testServer({ dialect })
    const people = await Promise.all(Array.from({ length: 20 }, () => server.signedIn()))
    for (const { token } of people) await patch(server, token, { email: 'wanted@example.com' })
    const mails = await mailsOf(server, 'change_email')
    const answers = await Promise.all(mails.map((mail) => confirm(server, mail.token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
  })

  test('that is registered at the moment of its confirmation belongs to one of both', async () => {
    await using server = await testServer({ dialect })
    for (let round = 0; round < 5; round++) {
      const { token } = await server.signedIn()
      const email = `wanted-${round}@example.com`
      await patch(server, token, { email })
      const [mail] = await mailsOf(server, 'change_email', email)
      const answers = await Promise.all([
        confirm(server, mail?.token),
        server.call('POST', '/auth/register', { body: { email, password: 'correct horse 7 battery' } }),
      ])
      const statuses = answers.map(({ status }) => status)
      expect([
        [200, 409],
        [409, 201],
      ]).toContainEqual(statuses)
    }
  })

  // Else whoever had stolen a session could still take the account over after its owner had thrown them out.
  test.each(['change', 'reset'])('asked for before a password %s does not count after it', async (way) => {
    await using server = await testServer({ dialect })
    const { user, token } = await server.signedIn({ email: 'old@example.com' })
    const thief = await anotherSession(server, user.id)
    await patch(server, thief.token, { email: 'thief@example.com' })
    const password = 'correct horse 7 battery'
    if (way === 'change') {
      await server.call('POST', '/users/me/password', { token, body: { new_password: password } })
    } else {
      await server.call('POST', '/auth/forgot-password', { body: { email: user.email } })
      const [reset] = await mailsOf(server, 'reset_password')
      const body = { token: reset?.token, password }
      expect((await server.call('POST', '/auth/reset-password', { body })).status).toBe(200)
    }
    const [mail] = await mailsOf(server, 'change_email')
    expect((await confirm(server, mail?.token)).status).toBe(400)
  })

  test('is asked for within a limit of the user’s own', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_VERIFICATION: '2/1m' }
    await using server = await testServer({ dialect, env })
    const { token } = await server.signedIn()
    const ask = async (n: number) => (await patch(server, token, { email: `n${n}@example.com` })).status
    expect([await ask(1), await ask(2), await ask(3)]).toEqual([200, 200, 429])
    expect((await patch(server, token, { full_name: 'Bob' })).status).toBe(200)
  })
})
