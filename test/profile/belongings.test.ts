import { describe, expect, test } from 'bun:test'
import { record } from '../../src/audit/index.ts'
import {
  addMember,
  addPrincipalMember,
  createOrganization,
  createPrincipal,
} from '../../src/organizations/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { apiKeyOf } from './people.ts'

const PATHS = ['organizations', 'invites', 'principals', 'audit-logs'].map((name) => `/users/me/${name}`)

async function read(server: TestServer, path: string, token: string) {
  const answer = await server.call('GET', `/users/me/${path}`, { token })
  expect(answer.status).toBe(200)
  return answer.body.data
}

/** Bob, a member of Acme and the owner of Globex, invited to Initech, holding a principal of Acme. */
async function arrange(dialect: (typeof testDialects)[number]) {
  const server = await testServer({ dialect })
  const owner = await server.signedIn({ fullName: 'Olga Owner' })
  const bob = await server.signedIn({ email: 'bob@example.com' })
  const acme = await server.write((ctx) =>
    createOrganization(ctx, owner.user.id, { name: 'Acme', slug: 'acme' }),
  )
  const globex = await server.write((ctx) =>
    createOrganization(ctx, bob.user.id, { name: 'Globex', slug: 'globex' }),
  )
  const initech = await server.write((ctx) => createOrganization(ctx, owner.user.id, { name: 'Initech' }))
  const invite = { token: owner.token, body: { email: bob.user.email, role: 'member' } }
  await server.call('POST', `/organizations/${initech.id}/invites`, invite)
  await server.write(async (ctx) => {
    await addMember(ctx, { organizationId: acme.id, user: bob.user, role: 'member' })
    const { id: principalId } = await createPrincipal(ctx, acme.id, { name: 'deploy' })
    await addPrincipalMember(ctx, { organizationId: acme.id, principalId }, bob.user.id)
  })
  return { server, owner, bob, acme, globex, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe.each(testDialects)('what is one’s own on $name', (dialect) => {
  test('is organizations, invites and principals', async () => {
    await using arranged = await arrange(dialect)
    const { server, bob } = arranged
    const { organizations } = await read(server, 'organizations', bob.token)
    const roles = organizations.map(({ slug, role }: { slug: string; role: string }) => [slug, role])
    expect(new Map(roles)).toEqual(
      new Map([
        ['acme', 'member'],
        ['globex', 'owner'],
      ]),
    )
    expect((await read(server, 'invites', bob.token)).invites).toMatchObject([
      { organization: { name: 'Initech' }, role: 'member', inviter_name: 'Olga Owner' },
    ])
    expect((await read(server, 'principals', bob.token)).principals).toMatchObject([
      { name: 'deploy', organization: { slug: 'acme' }, is_direct: true },
    ])
  })

  test('is nothing for who has nothing, and for nobody', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    expect(await read(server, 'organizations', token)).toEqual({ organizations: [] })
    expect(await read(server, 'invites', token)).toEqual({ invites: [] })
    expect(await read(server, 'principals', token)).toEqual({ principals: [] })
    for (const path of PATHS) expect((await server.call('GET', path)).status).toBe(401)
  })

  test('hides invites until the address is verified: it may be somebody else’s', async () => {
    await using arranged = await arrange(dialect)
    const { server, bob } = arranged
    await server.write(async ({ tx }) => void (await tx.update(tx.t.user).set({ emailVerifiedAt: null })))
    expect(await read(server, 'invites', bob.token)).toEqual({ invites: [] })
  })

  test('shows an API key what its scope and its organization allow', async () => {
    await using arranged = await arrange(dialect)
    const { server, bob, globex } = arranged
    const narrow = await apiKeyOf(server, bob.token, { scopes: ['profile:read'] })
    for (const path of PATHS) expect((await server.call('GET', path, { token: narrow })).status).toBe(403)
    const scopes = ['organizations:read', 'audit:read']
    const bound = await apiKeyOf(server, bob.token, { scopes, organization_id: globex.id })
    expect((await read(server, 'organizations', bound)).organizations).toMatchObject([{ slug: 'globex' }])
    expect(await read(server, 'invites', bound)).toEqual({ invites: [] })
    expect(await read(server, 'principals', bound)).toEqual({ principals: [] })
    expect((await server.call('GET', '/users/me/audit-logs', { token: bound })).status).toBe(403)
    const free = await apiKeyOf(server, bob.token, { scopes })
    expect((await read(server, 'principals', free)).principals).toHaveLength(1)
    expect((await server.call('GET', '/users/me/audit-logs', { token: free })).status).toBe(200)
  })
})

describe.each(testDialects)('the own audit log on $name', (dialect) => {
  test('has what one did and what was done to one, without where others did it from', async () => {
    await using server = await testServer({ dialect })
    const root = await server.signedIn()
    const { token, user } = await server.signedIn()
    const headers = { 'user-agent': 'Admin Browser' }
    const path = `/admin/users/${user.id}`
    await server.call('PATCH', path, { token: root.token, headers, body: { full_name: 'Named by root' } })
    await server.call('PATCH', '/users/me', { token, headers, body: { full_name: 'Named by oneself' } })
    await server.write((ctx) =>
      record(
        { ...ctx, request: { id: 'request-1', address: '192.0.2.7', userAgent: 'Guesser' } },
        { action: 'user.login_failed', outcome: 'failure', target: { type: 'user', id: user.id } },
      ),
    )
    await server.write((ctx) =>
      record(ctx, { action: 'user.login', actor: { kind: 'user', userId: 'other' } }),
    )
    const { audit_events } = await read(server, 'audit-logs', token)
    expect(audit_events).toMatchObject([
      { action: 'user.login_failed', address: '192.0.2.7', user_agent: 'Guesser' },
      { action: 'user.update', user_agent: 'Admin Browser', actor: { id: user.id } },
      {
        action: 'admin.user.update',
        user_agent: null,
        request_id: null,
        actor: { id: root.user.id, credential_id: null },
      },
    ])
  })

  test('is narrowed down and paged, but not by what it hides', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    for (const full_name of ['A', 'B', 'C']) {
      await server.call('PATCH', '/users/me', { token, body: { full_name } })
      server.clock.advance(60)
    }
    const actions = async (query: string) =>
      (await read(server, `audit-logs?${query}`, token)).audit_events.length
    expect(await actions('action=user.*')).toBe(3)
    expect(await actions('action=org.*')).toBe(0)
    expect(await actions('from=2030-01-01T00:01:00Z&to=2030-01-01T00:02:00Z')).toBe(1)
    expect(await actions('address=192.0.2.99')).toBe(3)
    const first = await server.call('GET', '/users/me/audit-logs?limit=2', { token })
    expect(first.body.data.audit_events).toHaveLength(2)
    const rest = await read(server, `audit-logs?limit=2&cursor=${first.body.meta.page.next_cursor}`, token)
    expect(rest.audit_events).toHaveLength(1)
    const stranger = await server.signedIn()
    const path = `/users/me/audit-logs?cursor=${first.body.meta.page.next_cursor}`
    expect((await server.call('GET', path, { token: stranger.token })).status).toBe(400)
  })
})
