import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { LIMITS } from '../../src/organizations/limits.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish } from './tenant.ts'

describe.each(testDialects)('an organization on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  describe('is created', () => {
    test('by any signed-in user, who becomes its owner', async () => {
      const { token, user } = await t.signedIn()
      const body = {
        name: ' Globex ',
        slug: 'globex',
        description: 'Makes things',
        logo_url: 'https://globex.example/l.png',
        accent_color: '#0B7a4b',
      }
      const answer = await t.call('POST', '/organizations', { token, body })
      expect(answer.status).toBe(201)
      const { organization } = answer.body.data
      expect(organization).toMatchObject({ ...body, name: 'Globex' })
      const me = await t.call('GET', `/organizations/${organization.id}/members`, { token })
      expect(me.body.data.members).toMatchObject([{ user_id: user.id, role: 'owner', status: 'active' }])
    })

    test('and that is recorded', async () => {
      const tenant = await foundTenant(t)
      expect(await tenant.actions()).toEqual(['org.create'])
    })

    test('with a slug from its name, and with a suffix where that is taken', async () => {
      const { token } = await t.signedIn()
      const create = async () =>
        (await t.call('POST', '/organizations', { token, body: { name: 'Same Name' } })).body.data
          .organization.slug
      const slugs = await Promise.all(Array.from({ length: 5 }, create))
      expect(slugs.filter((slug) => slug === 'same-name')).toHaveLength(1)
      expect(slugs.filter((slug) => /^same-name-[0-9a-f]{8}$/.test(slug))).toHaveLength(4)
      expect(new Set(slugs).size).toBe(5)
    })

    test('with a given slug once: of 20 at the same moment one gets it', async () => {
      const { token } = await t.signedIn()
      const body = { name: 'Wanted', slug: 'wanted' }
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => t.call('POST', '/organizations', { token, body })),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    })

    test.each([
      ['without a name', {}],
      ['with an empty name', { name: '  ' }],
      ['with a name that is too long', { name: 'x'.repeat(101) }],
      ['with a control character in the name', { name: 'a\u0000b' }],
      ['with half a character in the name', { name: 'a\ud800b' }],
      ['with a reserved slug', { name: 'Fine', slug: 'admin' }],
      ['with a slug that is none', { name: 'Fine', slug: 'Not A Slug' }],
      ['with a script as its logo', { name: 'Fine', logo_url: 'javascript:alert(1)' }],
      ['with a colour that has a name', { name: 'Fine', accent_color: 'red' }],
      ['with a colour of three digits', { name: 'Fine', accent_color: '#0b7' }],
      ['with a style as its colour', { name: 'Fine', accent_color: '#0b7a4b;}body{display:none' }],
      ['with a control character in its logo', { name: 'Fine', logo_url: 'https://a.example/\u0000' }],
    ])('not %s', async (_, body) => {
      const { token } = await t.signedIn()
      const answer = await t.call('POST', '/organizations', { token, body })
      expect(answer.status).toBe(400)
      expect(answer.body.error.type).toBe('VALIDATION_ERROR')
    })

    test('not by a stranger without a session, nor past the limit for one owner', async () => {
      expect((await t.call('POST', '/organizations', { body: { name: 'Nobody' } })).status).toBe(401)
      const { token, user } = await t.signedIn()
      await t.write(async ({ tx, newId, now }) => {
        for (let i = 0; i < LIMITS.organizationsOwned; i++) {
          const id = newId()
          const empty = { description: null, logoUrl: null, createdAt: now, updatedAt: now }
          await tx.insert(tx.t.organization).values({ id, slug: `mass-${id}`, name: 'Mass', ...empty })
          await tx
            .insert(tx.t.member)
            .values({ organizationId: id, userId: user.id, role: 'owner', status: 'active', joinedAt: now })
        }
      })
      expect((await t.call('POST', '/organizations', { token, body: { name: 'More' } })).status).toBe(409)
    })
  })

  test('is seen by its members, guests too', async () => {
    const tenant = await foundTenant(t)
    const guest = await tenant.join('guest')
    const answer = await t.call('GET', tenant.path(), { token: guest.token })
    expect(answer.body.data.organization).toMatchObject({ id: tenant.id, slug: tenant.slug })
  })

  test('is changed by an admin: what is not named stays, null takes away, the slug stays', async () => {
    const tenant = await foundTenant(t)
    const { token } = await tenant.join('admin')
    t.clock.advance(1)
    const first = await t.call('PATCH', tenant.path(), { token, body: { description: 'New' } })
    expect(first.body.data.organization).toMatchObject({ name: 'Acme Corporation', description: 'New' })
    expect(first.body.data.organization.updated_at).not.toBe(first.body.data.organization.created_at)
    const body = { name: 'Renamed', description: null, slug: 'other' }
    const second = await t.call('PATCH', tenant.path(), { token, body })
    expect(second.body.data.organization).toMatchObject({
      name: 'Renamed',
      description: null,
      slug: tenant.slug,
    })
    expect((await tenant.actions()).filter((action) => action === 'org.update')).toHaveLength(2)
  })

  test('tells its roles, how many hold each and what each may', async () => {
    const tenant = await foundTenant(t)
    const guest = await tenant.join('guest')
    await tenant.join('guest')
    const { roles } = (await t.call('GET', tenant.path('/roles'), { token: guest.token })).body.data
    expect(
      roles.map((each: { role: string; member_count: number }) => [each.role, each.member_count]),
    ).toEqual([
      ['owner', 1],
      ['admin', 0],
      ['member', 0],
      ['guest', 2],
    ])
    expect(roles[0].permissions).toContain('organization.delete')
    expect(roles[1].permissions).not.toContain('organization.delete')
    expect(roles[3].permissions).toContain('members.read')
  })

  describe('is deleted', () => {
    test('by its owner, with everything in it', async () => {
      const tenant = await foundTenant(t)
      const other = await foundTenant(t)
      const { member } = await furnish(t, tenant)
      await furnish(t, other)
      const body = { confirm: tenant.slug }
      const answer = await t.call('DELETE', tenant.path(), { token: tenant.owner.token, body })
      expect(answer.status).toBe(200)
      expect((await t.call('GET', tenant.path(), { token: tenant.owner.token })).status).toBe(404)
      expect((await t.call('GET', tenant.path(), { token: member.token })).status).toBe(404)
      expect((await t.call('GET', other.path(), { token: other.owner.token })).status).toBe(200)
      expect((await tenant.actions()).at(-1)).toBe('org.delete')
      const left = await t.read(async ({ reader }) => {
        const { department, principal, invite, member: members } = reader.t
        const tables = [department, principal, invite, members]
        return Promise.all(tables.map((table) => reader.$count(table, eq(table.organizationId, tenant.id))))
      })
      expect(left).toEqual([0, 0, 0, 0])
    })

    test('only with its slug as confirmation', async () => {
      const tenant = await foundTenant(t)
      const answer = await t.call('DELETE', tenant.path(), {
        token: tenant.owner.token,
        body: { confirm: 'something-else' },
      })
      expect(answer.status).toBe(400)
      expect(answer.body.error.details.fields).toHaveProperty('confirm')
      expect((await t.call('DELETE', tenant.path(), { token: tenant.owner.token, body: {} })).status).toBe(
        400,
      )
      expect((await t.call('GET', tenant.path(), { token: tenant.owner.token })).status).toBe(200)
    })

    test('only soon after signing in', async () => {
      const tenant = await foundTenant(t)
      t.clock.advance(601)
      const body = { confirm: tenant.slug }
      const answer = await t.call('DELETE', tenant.path(), { token: tenant.owner.token, body })
      expect(answer.status).toBe(403)
      expect(answer.body.error.type).toBe('STEP_UP_REQUIRED')
    })

    test('not by an admin', async () => {
      const tenant = await foundTenant(t)
      const { token } = await tenant.join('admin')
      const answer = await t.call('DELETE', tenant.path(), { token, body: { confirm: tenant.slug } })
      expect(answer.body.error.type).toBe('AUTHORIZATION_ERROR')
    })
  })
})
