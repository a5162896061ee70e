import { describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { type Database, openDatabase } from '../../src/db/index.ts'
import { createDeps } from '../../src/deps.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { addMember, createOrganization } from '../../src/organizations/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'

const NOBODY = '01970000-0000-7000-8000-000000000000'

/** The first user of an instance is its administrator. */
async function arrange(options: Parameters<typeof testServer>[0]) {
  const server = await testServer(options)
  const root = await server.signedIn({ email: 'root@example.com', fullName: 'Root' })
  const bob = await server.signedIn({ email: 'bob@example.com', fullName: 'Bob Builder' })
  return { server, root, bob, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The same database over connections of its own, as another process has it. */
function openAgain({ url }: TestServer): Database & AsyncDisposable {
  const location = url.startsWith('sqlite:')
    ? ({ kind: 'sqlite', path: url.slice('sqlite:'.length) } as const)
    : ({ kind: 'postgres', url, poolSize: 2 } as const)
  const database = openDatabase(location, systemRandom)
  return { ...database, [Symbol.asyncDispose]: () => database.close() }
}

async function keyOf(server: TestServer, token: string, scopes: string[]): Promise<string> {
  const answer = await server.call('POST', '/users/me/api-keys', { token, body: { name: 'k', scopes } })
  return answer.body.data.key
}

const ROUTES: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/admin/users'],
  ['GET', `/admin/users/${NOBODY}`],
  ['PATCH', `/admin/users/${NOBODY}`, {}],
  ['POST', `/admin/users/${NOBODY}/suspend`],
  ['POST', `/admin/users/${NOBODY}/unsuspend`],
  ['POST', `/admin/users/${NOBODY}/revoke-sessions`],
  ['POST', `/admin/users/${NOBODY}/send-password-reset`],
  ['POST', `/admin/users/${NOBODY}/reset-mfa`],
  ['POST', `/admin/users/${NOBODY}/recovery-link`],
  ['DELETE', `/admin/users/${NOBODY}`],
  ['GET', '/admin/audit-logs'],
  ['GET', '/admin/audit-logs?format=ndjson'],
  ['GET', '/admin/audit-logs?format=csv'],
]

describe.each(testDialects)('instance administration on $name', (dialect) => {
  test('is for instance administrators alone', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const narrow = await keyOf(server, root.token, ['profile:read', 'organizations:write'])
    for (const [method, path, body] of ROUTES) {
      const status = async (token?: string) => (await server.call(method, path, { token, body })).status
      expect([path, await status()]).toEqual([path, 401])
      expect([path, await status(bob.token)]).toEqual([path, 403])
      expect([path, await status(narrow)]).toEqual([path, 403])
    }
    expect(await eventsOf(server, 'admin.audit.export')).toEqual([])
  })

  test('takes an API key with the scope that each route asks for', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const token = await keyOf(server, root.token, ['admin:read'])
    expect((await server.call('GET', '/admin/users', { token })).status).toBe(200)
    expect((await server.call('POST', `/admin/users/${bob.user.id}/suspend`, { token })).status).toBe(403)
  })

  test('says NOT_FOUND for a user that there is not, and 400 for what is no id', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root } = arranged
    for (const [method, path, body] of ROUTES) {
      if (!path.includes(NOBODY)) continue
      const at = (other: string) => server.call(method, other, { token: root.token, body })
      expect([path, (await at(path)).status]).toEqual([path, 404])
      expect([path, (await at(path.replace(NOBODY, 'bob'))).status]).toEqual([path, 400])
    }
  })

  test('finds users by part of address or name and by status, page by page', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    await server.call('POST', `/admin/users/${bob.user.id}/suspend`, { token: root.token })
    const emails = async (query: string) => {
      const { status, body } = await server.call('GET', `/admin/users${query}`, { token: root.token })
      expect(status).toBe(200)
      return body.data.users.map(({ email }: { email: string }) => email)
    }
    expect(await emails('')).toEqual(['bob@example.com', 'root@example.com'])
    expect(await emails('?search=BUILD')).toEqual(['bob@example.com'])
    expect(await emails('?search=root%40')).toEqual(['root@example.com'])
    expect(await emails('?search=%25')).toEqual([]) // not a wildcard
    expect(await emails('?status=suspended')).toEqual(['bob@example.com'])
    expect(await emails('?status=active&search=bob')).toEqual([])

    const first = await server.call('GET', '/admin/users?limit=1', { token: root.token })
    const { next_cursor } = first.body.meta.page
    expect(await emails(`?limit=1&cursor=${next_cursor}`)).toEqual(['root@example.com'])
    for (const query of [
      '?limit=0',
      '?limit=101',
      '?status=gone',
      `?search=${'x'.repeat(101)}`,
      '?cursor=x.y',
    ]) {
      expect((await server.call('GET', `/admin/users${query}`, { token: root.token })).status).toBe(400)
    }
  })

  test('shows a user with organizations, sessions and keys', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    await server.write((ctx) => createOrganization(ctx, bob.user.id, { name: 'Acme', slug: 'acme' }))
    await keyOf(server, bob.token, ['profile:read'])
    const { body } = await server.call('GET', `/admin/users/${bob.user.id}`, { token: root.token })
    expect(body.data).toMatchObject({
      user: { id: bob.user.id, email: 'bob@example.com' },
      organizations: [{ slug: 'acme', role: 'owner', status: 'active' }],
      session_count: 1,
      api_key_count: 1,
    })
    server.clock.advance(2 * 86_400)
    const later = await server.signedIn({ email: 'later@example.com' })
    await server.write(async ({ tx }) => void (await tx.update(tx.t.user).set({ isInstanceAdmin: true })))
    const expired = await server.call('GET', `/admin/users/${bob.user.id}`, { token: later.token })
    expect(expired.body.data.session_count).toBe(0)
  })

  test('changes a user and appoints an administrator, and records which', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const patch = (body: object) =>
      server.call('PATCH', `/admin/users/${bob.user.id}`, { token: root.token, body })
    const { body } = await patch({ full_name: 'Robert', locale: 'de', is_instance_admin: true })
    expect(body.data.user).toMatchObject({ full_name: 'Robert', locale: 'de', is_instance_admin: true })
    expect((await patch({ full_name: null })).body.data.user).toMatchObject({
      full_name: null,
      locale: 'de',
      is_instance_admin: true,
    })
    await patch({ is_instance_admin: true })
    await patch({ is_instance_admin: false })
    expect((await eventsOf(server, 'admin.user.update')).map(({ details }) => details)).toEqual([
      { fields: ['full_name', 'locale'] },
      { fields: ['full_name'] },
    ])
    expect(await eventsOf(server, 'admin.user.promote')).toHaveLength(1)
    expect(await eventsOf(server, 'admin.user.demote')).toHaveLength(1)
    for (const bad of [{ locale: 'Deutsch' }, { full_name: '' }, { is_instance_admin: 'yes' }]) {
      expect((await patch(bad)).status).toBe(400)
    }
  })

  test('does not change an address or a status by the way', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const body = { email: 'other@example.com', status: 'suspended', email_verified: true }
    const answer = await server.call('PATCH', `/admin/users/${bob.user.id}`, { token: root.token, body })
    expect(answer.body.data.user).toMatchObject({ email: 'bob@example.com', status: 'active' })
  })

  test('suspends: the next request is refused, by another process too, and a mail says so', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const key = await keyOf(server, bob.token, ['profile:read'])
    await using database = openAgain(server)
    const elsewhere = createApp(createDeps({ ...server.deps, database }))
    const statuses = (path: string) =>
      Promise.all(
        [bob.token, key].map(async (token) => {
          const headers = { authorization: `Bearer ${token}` }
          return (await elsewhere.handle(new Request(`http://localhost/api/v1${path}`, { headers }))).status
        }),
      )
    expect(await statuses('/users/me')).toEqual([200, 200])
    const body = { reason: 'Left the company' }
    const path = `/admin/users/${bob.user.id}`
    const answer = await server.call('POST', `${path}/suspend`, { token: root.token, body })
    expect(answer.body.data.user.status).toBe('suspended')
    expect(await statuses('/users/me')).toEqual([401, 401])
    expect(await mailsOf(server, 'suspended', 'bob@example.com')).toHaveLength(1)
    expect(await eventsOf(server, 'user.suspend')).toMatchObject([
      { actorId: root.user.id, targetId: bob.user.id, details: body },
    ])

    expect((await server.call('POST', `${path}/suspend`, { token: root.token })).status).toBe(409)
    expect((await server.call('POST', `${path}/send-password-reset`, { token: root.token })).status).toBe(409)
    expect((await server.call('POST', `${path}/unsuspend`, { token: root.token })).status).toBe(200)
    expect((await server.call('POST', `${path}/unsuspend`, { token: root.token })).status).toBe(409)
    expect(await statuses('/users/me')).toEqual([401, 401]) // nothing comes back
    const tooLong = { reason: 'x'.repeat(501) }
    expect((await server.call('POST', `${path}/suspend`, { token: root.token, body: tooLong })).status).toBe(
      400,
    )
  })

  // A sign-in that was under way when the user was suspended may leave a session behind.
  test('lifting a suspension ends what had slipped through it', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    await server.call('POST', `/admin/users/${bob.user.id}/suspend`, { token: root.token })
    const session = { amr: ['pwd'], acr: 'urn:authy2:acr:1fa', isRemembered: false } as const
    const { token } = await server.write((ctx) => issueSession(ctx, { userId: bob.user.id, ...session }))
    await server.call('POST', `/admin/users/${bob.user.id}/unsuspend`, { token: root.token })
    expect((await server.call('GET', '/users/me', { token })).status).toBe(401)
  })

  test('ends all sessions of a user and leaves API keys', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const key = await keyOf(server, bob.token, ['profile:read'])
    const path = `/admin/users/${bob.user.id}/revoke-sessions`
    const answer = await server.call('POST', path, { token: root.token })
    expect(answer.body.data).toEqual({ revoked: 1 })
    expect((await server.call('GET', '/users/me', { token: bob.token })).status).toBe(401)
    expect((await server.call('GET', '/users/me', { token: key })).status).toBe(200)
    expect((await server.call('GET', '/users/me', { token: root.token })).status).toBe(200)
  })

  test('mails a link to set a new password, which works', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const path = `/admin/users/${bob.user.id}/send-password-reset`
    const answer = await server.call('POST', path, { token: root.token })
    expect(answer.status).toBe(200)
    const [mail] = await mailsOf(server, 'reset_password', 'bob@example.com')
    expect(JSON.stringify(answer.body)).not.toContain(mail?.token ?? '')
    const body = { token: mail?.token, password: 'correct horse 7 battery' }
    expect((await server.call('POST', '/auth/reset-password', { body })).status).toBe(200)
    expect(await eventsOf(server, 'admin.user.password_reset')).toMatchObject([{ actorId: root.user.id }])
  })

  test('deletes a user, but not the owner of an organization with other members', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const path = `/admin/users/${bob.user.id}`
    const { id } = await server.write((ctx) => createOrganization(ctx, bob.user.id, { name: 'Acme' }))
    await server.write((ctx) => addMember(ctx, { organizationId: id, user: root.user, role: 'member' }))
    const refused = await server.call('DELETE', path, { token: root.token })
    expect(refused.status).toBe(409)
    expect(refused.body.error.details.organizations).toMatchObject([{ id }])
    await server.write(async ({ tx }) => void (await tx.delete(tx.t.organization)))
    expect((await server.call('DELETE', path, { token: root.token })).status).toBe(200)
    expect((await server.call('GET', path, { token: root.token })).status).toBe(404)
    expect((await server.call('GET', '/users/me', { token: bob.token })).status).toBe(401)
  })

  test('nobody suspends or deletes themselves here', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const promote = { token: root.token, body: { is_instance_admin: true } }
    await server.call('PATCH', `/admin/users/${bob.user.id}`, promote)
    const own = `/admin/users/${root.user.id}`
    expect((await server.call('POST', `${own}/suspend`, { token: root.token })).status).toBe(403)
    expect((await server.call('DELETE', own, { token: root.token })).status).toBe(403)
    expect((await server.call('GET', '/users/me', { token: root.token })).status).toBe(200)
  })

  test('the last administrator cannot be demoted', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root } = arranged
    const demote = { token: root.token, body: { is_instance_admin: false } }
    expect((await server.call('PATCH', `/admin/users/${root.user.id}`, demote)).status).toBe(409)
  })

  const waysOut: readonly (readonly [
    name: string,
    method: string,
    suffix: string,
    body: object | undefined,
  ])[] = [
    ['demote', 'PATCH', '', { is_instance_admin: false }],
    ['suspend', 'POST', '/suspend', undefined],
    ['delete', 'DELETE', '', undefined],
  ]
  test.each(waysOut)(
    'two administrators who %s each other at once leave one',
    async (_, method, suffix, body) => {
      await using arranged = await arrange({ dialect })
      const { server, root } = arranged
      for (let round = 0; round < 4; round++) {
        const rival = await server.signedIn()
        const promote = { token: root.token, body: { is_instance_admin: true } }
        await server.call('PATCH', `/admin/users/${rival.user.id}`, promote)
        const admins = await server.read(({ reader }) => reader.select().from(reader.t.user))
        const active = admins.filter(({ status, isInstanceAdmin }) => isInstanceAdmin && status === 'active')
        if (active.length < 2) return // root lost the last round
        const against = (target: { user: { id: string } }, by: { token: string }) =>
          server.call(method, `/admin/users/${target.user.id}${suffix}`, { token: by.token, body })
        const answers = await Promise.all([against(rival, root), against(root, rival)])
        const done = answers.filter(({ status }) => status === 200)
        expect(done).toHaveLength(1)
        const left = await server.read(({ reader }) => reader.select().from(reader.t.user))
        expect(left.filter((user) => user.isInstanceAdmin && user.status === 'active')).toHaveLength(1)
      }
    },
  )

  test('twenty suspensions at once: one wins and one mail leaves', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, bob } = arranged
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        server.call('POST', `/admin/users/${bob.user.id}/suspend`, { token: root.token }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
    expect(await mailsOf(server, 'suspended')).toHaveLength(1)
  })
})
