import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Tenant } from './tenant.ts'

describe.each(testDialects)('members on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  describe('are listed', () => {
    const emails = async (tenant: Tenant, query = ''): Promise<string[]> => {
      const answer = await t.call('GET', tenant.path(`/members${query}`), { token: tenant.owner.token })
      expect(answer.status).toBe(200)
      return answer.body.data.members.map((member: { email: string }) => member.email)
    }

    test('page by page, each once, also while others join', async () => {
      const tenant = await foundTenant(t)
      const expected = [tenant.owner.user.id]
      for (let i = 0; i < 5; i++) expected.push((await tenant.join('member')).user.id)
      const seen: string[] = []
      let cursor = ''
      do {
        const path = tenant.path(`/members?limit=2${cursor && `&cursor=${cursor}`}`)
        const { body } = await t.call('GET', path, { token: tenant.owner.token })
        seen.push(...body.data.members.map((member: { user_id: string }) => member.user_id))
        cursor = body.meta.page.next_cursor ?? ''
        if (seen.length === 2) expected.push((await tenant.join('member')).user.id)
      } while (cursor)
      expect(seen).toEqual(expected)
    })

    test('with filters: part of the name or address, role, status, department', async () => {
      const tenant = await foundTenant(t)
      const unique = tenant.id.slice(-12)
      const ann = await tenant.join('admin', {
        email: `ann-${unique}@acme.example`,
        fullName: 'Ann Percent%',
      })
      const bob = await tenant.join('guest', {
        email: `bob-${unique}@acme.example`,
        fullName: 'Bob Under_score',
      })
      const { departmentId, member } = await furnish(t, tenant)
      await t.call('POST', tenant.path(`/members/${bob.user.id}/suspend`), { token: tenant.owner.token })
      expect(await emails(tenant, '?search=ACME.example')).toEqual([ann.user.email, bob.user.email])
      expect(await emails(tenant, '?search=percent')).toEqual([ann.user.email])
      expect(await emails(tenant, '?search=%25')).toEqual([ann.user.email])
      expect(await emails(tenant, '?search=_')).toEqual([bob.user.email])
      expect(await emails(tenant, '?role=admin')).toEqual([ann.user.email])
      expect(await emails(tenant, '?status=suspended')).toEqual([bob.user.email])
      expect(await emails(tenant, `?department=${departmentId}`)).toEqual([member.user.email])
      expect(await emails(tenant, '?role=admin&status=suspended')).toEqual([])
    })

    test('never those of another organization, by its department neither', async () => {
      const tenant = await foundTenant(t)
      const other = await furnish(t, await foundTenant(t))
      expect(await emails(tenant, `?department=${other.departmentId}`)).toEqual([])
    })

    test.each([
      '?role=king',
      '?status=gone',
      '?limit=0',
      '?limit=101',
      '?department=x',
      '?search=%00',
      '?cursor=abc',
    ])('not by %s', async (query) => {
      const tenant = await foundTenant(t)
      const answer = await t.call('GET', tenant.path(`/members${query}`), { token: tenant.owner.token })
      expect(answer.status).toBe(400)
    })

    test('and a cursor of another list does not fit', async () => {
      const tenant = await foundTenant(t)
      const other = await foundTenant(t)
      await other.join('member')
      const first = await t.call('GET', other.path('/members?limit=1'), { token: other.owner.token })
      const path = tenant.path(`/members?cursor=${first.body.meta.page.next_cursor}`)
      expect((await t.call('GET', path, { token: tenant.owner.token })).body.error.type).toBe('BAD_REQUEST')
    })
  })

  describe('change their role', () => {
    test('when an admin says so, another admin too, and it counts at once', async () => {
      const tenant = await foundTenant(t)
      const admin = await tenant.join('admin')
      const peer = await tenant.join('admin')
      const path = tenant.path(`/members/${peer.user.id}/role`)
      const answer = await t.call('PATCH', path, { token: admin.token, body: { role: 'guest' } })
      expect(answer.body.data.member).toMatchObject({ user_id: peer.user.id, role: 'guest' })
      expect((await t.call('PATCH', tenant.path(), { token: peer.token, body: {} })).status).toBe(403)
      await t.call('PATCH', path, { token: admin.token, body: { role: 'guest' } })
      expect((await tenant.actions()).filter((action) => action === 'org.member.role_change')).toHaveLength(1)
    })

    test('themselves downward, and not up again', async () => {
      const tenant = await foundTenant(t)
      const { token, user } = await tenant.join('admin')
      const path = tenant.path(`/members/${user.id}/role`)
      expect((await t.call('PATCH', path, { token, body: { role: 'member' } })).status).toBe(200)
      expect((await t.call('PATCH', path, { token, body: { role: 'admin' } })).status).toBe(403)
    })

    test('never to owner, and the owner never', async () => {
      const tenant = await foundTenant(t)
      const { token, user } = await tenant.join('admin')
      const own = tenant.path(`/members/${user.id}/role`)
      expect((await t.call('PATCH', own, { token, body: { role: 'owner' } })).status).toBe(400)
      const owners = tenant.path(`/members/${tenant.owner.user.id}/role`)
      for (const caller of [token, tenant.owner.token]) {
        expect((await t.call('PATCH', owners, { token: caller, body: { role: 'member' } })).status).toBe(403)
      }
      expect((await tenant.roles()).get(tenant.owner.user.id)).toBe('owner')
    })
  })

  describe('are suspended', () => {
    test('and let in again, each once in the record', async () => {
      const tenant = await foundTenant(t)
      const { token, user } = await tenant.join('admin')
      const act = (verb: string) =>
        t.call('POST', tenant.path(`/members/${user.id}/${verb}`), { token: tenant.owner.token })
      expect((await act('suspend')).body.data.member.status).toBe('suspended')
      expect((await act('suspend')).body.data.member.status).toBe('suspended')
      expect((await t.call('GET', tenant.path(), { token })).status).toBe(403)
      expect((await act('unsuspend')).body.data.member.status).toBe('active')
      expect((await act('unsuspend')).body.data.member.status).toBe('active')
      expect((await t.call('GET', tenant.path(), { token })).status).toBe(200)
      expect((await tenant.actions()).slice(-2)).toEqual(['org.member.suspend', 'org.member.unsuspend'])
    })

    test('but not the owner', async () => {
      const tenant = await foundTenant(t)
      const { token } = await tenant.join('admin')
      const path = tenant.path(`/members/${tenant.owner.user.id}/suspend`)
      expect((await t.call('POST', path, { token })).status).toBe(403)
    })
  })

  describe('are removed', () => {
    test('with all that they held through the organization, and with nothing else', async () => {
      const tenant = await foundTenant(t)
      const { member, departmentId, principalId } = await furnish(t, tenant)
      const elsewhere = await foundTenant(t)
      await t.write(async ({ tx, newId, now, random }) => {
        for (const organizationId of [tenant.id, null]) {
          await tx.insert(tx.t.apiKey).values({
            id: newId(),
            userId: member.user.id,
            organizationId,
            name: organizationId ?? 'anywhere',
            digest: random.bytes(32),
            hint: 'a2k_',
            scopes: [],
            createdAt: now,
            expiresAt: null,
            lastUsedAt: null,
          })
        }
      })
      const path = tenant.path(`/members/${member.user.id}`)
      expect((await t.call('DELETE', path, { token: tenant.owner.token })).status).toBe(200)
      expect((await t.call('DELETE', path, { token: tenant.owner.token })).status).toBe(404)
      expect((await t.call('GET', tenant.path(), { token: member.token })).status).toBe(404)
      for (const of of [`/departments/${departmentId}`, `/principals/${principalId}`]) {
        const { body } = await t.call('GET', tenant.path(`${of}/members`), { token: tenant.owner.token })
        expect(body.data.members).toEqual([])
      }
      const keys = await t.read(({ reader }) => reader.select().from(reader.t.apiKey))
      expect(keys.filter(({ userId }) => userId === member.user.id).map(({ name }) => name)).toEqual([
        'anywhere',
      ])
      expect((await elsewhere.roles()).size).toBe(1)
      expect((await tenant.actions()).at(-1)).toBe('org.member.remove')
    })

    test('when they leave, whatever their role', async () => {
      const tenant = await foundTenant(t)
      for (const role of ['admin', 'member', 'guest'] as const) {
        const { token, user } = await tenant.join(role)
        expect((await t.call('DELETE', tenant.path(`/members/${user.id}`), { token })).status).toBe(200)
        expect((await t.call('GET', tenant.path(), { token })).status).toBe(404)
        expect((await tenant.actions()).at(-1)).toBe('org.member.leave')
      }
    })

    test('but the owner neither is nor leaves', async () => {
      const tenant = await foundTenant(t)
      const { token } = await tenant.join('admin')
      const path = tenant.path(`/members/${tenant.owner.user.id}`)
      expect((await t.call('DELETE', path, { token })).status).toBe(403)
      expect((await t.call('DELETE', path, { token: tenant.owner.token })).status).toBe(403)
      expect((await tenant.roles()).get(tenant.owner.user.id)).toBe('owner')
    })

    test('by one of 20 requests at the same moment', async () => {
      const tenant = await foundTenant(t)
      const { user } = await tenant.join('member')
      const path = tenant.path(`/members/${user.id}`)
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => t.call('DELETE', path, { token: tenant.owner.token })),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 404 || status === 409)).toHaveLength(19)
      expect((await tenant.actions()).filter((action) => action === 'org.member.remove')).toHaveLength(1)
    })
  })
})
