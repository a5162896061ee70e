import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { LIMITS } from '../../src/organizations/limits.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Tenant } from './tenant.ts'

describe.each(testDialects)('an invite on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const invite = (tenant: Tenant, body: unknown) =>
    t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body })
  const list = async (tenant: Tenant) =>
    (await t.call('GET', tenant.path('/invites'), { token: tenant.owner.token })).body.data.invites
  const summary = (token: string) => t.call('GET', `/invites/${token}`)
  const tokensFor = async (email: string) => (await mailsOf(t, 'invite', email)).map(({ token }) => token)
  const addressIn = (tenant: Tenant) => `bob@${tenant.id}.example`

  describe('is mailed', () => {
    test('with a link that is nowhere else, and listed for seven days', async () => {
      const tenant = await foundTenant(t, 'Initech')
      const answer = await invite(tenant, { email: addressIn(tenant), role: 'admin' })
      expect(answer.status).toBe(201)
      const [mail] = await mailsOf(t, 'invite', addressIn(tenant))
      expect(mail).toMatchObject({
        organizationName: 'Initech',
        inviterName: tenant.owner.user.email,
        role: 'admin',
        expiresAt: answer.body.data.invite.expires_at,
      })
      expect(Date.parse(mail?.expiresAt ?? '') - t.clock.now().getTime()).toBe(7 * 86_400_000)
      expect(JSON.stringify(answer.body)).not.toContain(mail?.token)
      expect(await list(tenant)).toEqual([answer.body.data.invite])
      expect(JSON.stringify(await list(tenant))).not.toContain(mail?.token)
      expect((await tenant.actions()).at(-1)).toBe('org.invite.create')
    })

    test('once for an address: a second one replaces the first, whose link is dead', async () => {
      const tenant = await foundTenant(t)
      await invite(tenant, { email: addressIn(tenant), role: 'admin' })
      const again = await invite(tenant, { email: addressIn(tenant).toUpperCase(), role: 'guest' })
      expect(again.status).toBe(201)
      expect(await list(tenant)).toMatchObject([{ role: 'guest' }])
      const [first = ''] = await tokensFor(addressIn(tenant))
      const [second = ''] = await tokensFor(addressIn(tenant).toUpperCase())
      expect((await summary(first)).status).toBe(404)
      expect((await summary(second)).status).toBe(200)
    })

    test('once for an address, also when asked 20 times at the same moment', async () => {
      const tenant = await foundTenant(t)
      const body = { email: addressIn(tenant), role: 'member' }
      const answers = await Promise.all(Array.from({ length: 20 }, () => invite(tenant, body)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
      expect(await list(tenant)).toHaveLength(1)
      const answered = await Promise.all((await tokensFor(addressIn(tenant))).map(summary))
      expect(answered.filter(({ status }) => status === 200)).toHaveLength(1)
    })

    test('again on request, with a new link and another seven days', async () => {
      const tenant = await foundTenant(t)
      const { body } = await invite(tenant, { email: addressIn(tenant), role: 'member' })
      t.clock.advance(8 * 86_400)
      const [first = ''] = await tokensFor(addressIn(tenant))
      expect((await summary(first)).status).toBe(404)
      const { token } = await t.write((ctx) =>
        issueSession(ctx, {
          userId: tenant.owner.user.id,
          amr: ['pwd'],
          acr: 'urn:authy2:acr:1fa',
          isRemembered: false,
        }),
      )
      const path = tenant.path(`/invites/${body.data.invite.id}/resend`)
      const resent = await t.call('POST', path, { token })
      expect(resent.status).toBe(200)
      expect(Date.parse(resent.body.data.invite.expires_at) - t.clock.now().getTime()).toBe(7 * 86_400_000)
      const [, second = ''] = await tokensFor(addressIn(tenant))
      expect((await summary(first)).status).toBe(404)
      expect((await summary(second)).status).toBe(200)
      expect((await tenant.actions()).at(-1)).toBe('org.invite.resend')
    })

    test('not to a member', async () => {
      const tenant = await foundTenant(t)
      const { user } = await tenant.join('guest')
      expect((await invite(tenant, { email: user.email.toUpperCase(), role: 'admin' })).status).toBe(409)
      expect(await tokensFor(user.email)).toEqual([])
    })

    test('for departments of this organization only', async () => {
      const tenant = await foundTenant(t)
      const own = await furnish(t, tenant)
      const foreign = await furnish(t, await foundTenant(t))
      const body = { email: addressIn(tenant), role: 'member' }
      const fits = await invite(tenant, { ...body, department_ids: [own.departmentId, own.departmentId] })
      expect(fits.status).toBe(201)
      const mixed = await invite(tenant, {
        ...body,
        department_ids: [own.departmentId, foreign.departmentId],
      })
      expect(mixed.status).toBe(404)
    })

    test('not past the limit of open ones', async () => {
      const tenant = await foundTenant(t)
      await t.write(({ tx, newId, now, random }) =>
        tx.insert(tx.t.invite).values(
          Array.from({ length: LIMITS.invites }, (_, i) => ({
            id: newId(),
            organizationId: tenant.id,
            email: `${i}@mass.example`,
            emailNormalized: `${i}@mass.example`,
            role: 'guest' as const,
            departmentIds: [],
            digest: random.bytes(32),
            invitedBy: tenant.owner.user.id,
            createdAt: now,
            sentAt: now,
            expiresAt: now,
          })),
        ),
      )
      expect((await invite(tenant, { email: addressIn(tenant), role: 'guest' })).status).toBe(409)
    })

    test.each([
      ['an owner', { email: 'bob@example.com', role: 'owner' }],
      ['no address', { role: 'member' }],
      ['two addresses', { email: 'bob@example.com,eve@example.com', role: 'member' }],
      ['an address with a line end', { email: 'bob@example.com\r\nBcc: eve@example.com', role: 'member' }],
      ['an address that is too long', { email: `${'b'.repeat(250)}@example.com`, role: 'member' }],
      [
        'too many departments',
        {
          email: 'bob@example.com',
          role: 'member',
          department_ids: Array(21).fill('01970000-0000-7000-8000-000000000000'),
        },
      ],
      ['a department that is no id', { email: 'bob@example.com', role: 'member', department_ids: ['x'] }],
    ])('not for %s', async (_, body) => {
      expect((await invite(await foundTenant(t), body)).status).toBe(400)
    })
  })

  test('is listed page by page', async () => {
    const tenant = await foundTenant(t)
    for (let i = 0; i < 3; i++) await invite(tenant, { email: `${i}@${tenant.id}.example`, role: 'guest' })
    const { token } = tenant.owner
    const first = await t.call('GET', tenant.path('/invites?limit=2'), { token })
    const next = first.body.meta.page.next_cursor
    const second = await t.call('GET', tenant.path(`/invites?limit=2&cursor=${next}`), { token })
    expect(first.body.data.invites).toHaveLength(2)
    expect(second.body.data.invites).toMatchObject([{ email: `2@${tenant.id}.example` }])
    expect(second.body.meta.page.next_cursor).toBeNull()
  })

  test('is withdrawn, and its link with it', async () => {
    const tenant = await foundTenant(t)
    const { body } = await invite(tenant, { email: addressIn(tenant), role: 'member' })
    const path = tenant.path(`/invites/${body.data.invite.id}`)
    expect((await t.call('DELETE', path, { token: tenant.owner.token })).status).toBe(200)
    expect((await t.call('DELETE', path, { token: tenant.owner.token })).status).toBe(404)
    expect((await t.call('POST', `${path}/resend`, { token: tenant.owner.token })).status).toBe(404)
    const [token = ''] = await tokensFor(addressIn(tenant))
    expect((await summary(token)).status).toBe(404)
    expect((await tenant.actions()).at(-1)).toBe('org.invite.revoke')
  })

  test('tells whoever holds its link what it is for, with the address masked', async () => {
    const tenant = await foundTenant(t, 'Hooli')
    await invite(tenant, { email: addressIn(tenant), role: 'guest' })
    const [token = ''] = await tokensFor(addressIn(tenant))
    const answer = await summary(token)
    expect(answer.status).toBe(200)
    expect(answer.body.data.invite).toEqual({
      organization: { id: tenant.id, slug: tenant.slug, name: 'Hooli', logo_url: null },
      role: 'guest',
      inviter_name: tenant.owner.user.email,
      email: `b***@${tenant.id}.example`,
      expires_at: expect.any(String),
    })
  })
})

test('invites are limited by address', async () => {
  await using t = await testServer({ env: { RATELIMIT_ENABLED: 'true', RATELIMIT_INVITE: '2/1h' } })
  const tenant = await foundTenant(t)
  const statuses: number[] = []
  for (let i = 0; i < 3; i++) {
    const body = { email: `${i}@example.com`, role: 'guest' }
    statuses.push((await t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body })).status)
  }
  expect(statuses).toEqual([201, 201, 429])
})
