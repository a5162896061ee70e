import { describe, expect, test } from 'bun:test'
import { createApiKey } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

describe.each(testDialects)('/auth/me on $name', (dialect) => {
  test('tells a session who it is, where it belongs and what it lacks', async () => {
    await using t = await testServer({ dialect })
    const { user, token, sessionId } = await t.signedIn({ email: 'alice@example.com', fullName: 'Alice' })
    const id = await join(t, user.id, 'acme-corp', 'admin')
    const { status, body } = await t.call('GET', '/auth/me', { token })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({
      user: { id: user.id, email: 'alice@example.com', full_name: 'Alice' },
      session: { id: sessionId, is_current: true },
      organizations: [{ id, slug: 'acme-corp', role: 'admin', status: 'active' }],
      mfa_compliance: { status: 'not_applicable', organizations: [] },
    })
    expect(JSON.stringify(body)).not.toMatch(/digest|hash|normalized/i)
  })

  test('shows nobody another person’s organizations', async () => {
    await using t = await testServer({ dialect })
    const alice = await t.signedIn()
    const bob = await t.signedIn()
    await join(t, alice.user.id, 'acme-corp', 'owner')
    expect((await t.call('GET', '/auth/me', { token: bob.token })).body.data.organizations).toEqual([])
  })

  test('answers an API key that may read the profile, without a session', async () => {
    await using t = await testServer({ dialect })
    const key = await apiKey(t, { scopes: ['profile:read'] })
    const { status, body } = await t.call('GET', '/auth/me', { token: key.token })
    expect(status).toBe(200)
    expect(body.data.session).toBeNull()
    expect(body.data.organizations).toHaveLength(2)
  })

  test('shows a key for one organization that one only', async () => {
    await using t = await testServer({ dialect })
    const key = await apiKey(t, { scopes: ['profile:read'], isBound: true })
    const { body } = await t.call('GET', '/auth/me', { token: key.token })
    expect(body.data.organizations).toMatchObject([{ slug: 'first' }])
  })

  test('refuses a key without the scope, and everybody without a credential', async () => {
    await using t = await testServer({ dialect })
    const key = await apiKey(t, { scopes: ['organizations:read'] })
    expect((await t.call('GET', '/auth/me', { token: key.token })).status).toBe(403)
    const byCookie = { cookie: `authy2_session=${key.token}` }
    expect((await t.call('GET', '/auth/me', { headers: byCookie })).status).toBe(401)
    expect((await t.call('GET', '/auth/me')).status).toBe(401)
    expect((await t.call('POST', '/auth/logout', { token: key.token })).status).toBe(403)
  })
})

const join = (t: TestServer, userId: string, slug: string, role: 'owner' | 'admin' | 'member') =>
  t.write(async (ctx) => {
    const { organization, member } = ctx.tx.t
    const id = ctx.newId()
    const at = { createdAt: ctx.now, updatedAt: ctx.now }
    await ctx.tx
      .insert(organization)
      .values({ id, slug, name: slug, description: null, logoUrl: null, ...at })
    await ctx.tx
      .insert(member)
      .values({ organizationId: id, userId, role, status: 'active', joinedAt: ctx.now })
    return id
  })

async function apiKey(
  t: TestServer,
  input: { scopes: ('profile:read' | 'organizations:read')[]; isBound?: boolean },
): Promise<{ token: string }> {
  const { user, token } = await t.signedIn()
  const first = await join(t, user.id, 'first', 'owner')
  await join(t, user.id, 'second', 'member')
  const caller = await t.deps.authenticate(token, false)
  if (!caller) throw new Error('The session does not work')
  const bound = input.isBound ? { organization_id: first } : {}
  const { key } = await t.write((ctx) =>
    createApiKey(ctx, caller, { name: 'key', scopes: input.scopes, ...bound }),
  )
  return { token: key }
}
