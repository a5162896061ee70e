import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listPrincipalsOf } from '../../src/organizations/index.ts'
import { LIMITS } from '../../src/organizations/limits.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Tenant } from './tenant.ts'

describe.each(testDialects)('principals on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const call = (tenant: Tenant, method: string, path: string, body?: unknown) =>
    t.call(method, tenant.path(`/principals${path}`), { token: tenant.owner.token, body })
  const create = async (tenant: Tenant, name: string): Promise<string> =>
    (await call(tenant, 'POST', '', { name })).body.data.principal.id
  const createDepartment = async (tenant: Tenant, name: string): Promise<string> => {
    const { token } = tenant.owner
    return (await t.call('POST', tenant.path('/departments'), { token, body: { name } })).body.data.department
      .id
  }

  test('are created, read, changed and deleted', async () => {
    const tenant = await foundTenant(t)
    const created = await call(tenant, 'POST', '', { name: 'deploy', description: 'May deploy' })
    expect(created.status).toBe(201)
    const { principal } = created.body.data
    expect(principal).toMatchObject({ name: 'deploy', description: 'May deploy' })
    expect((await call(tenant, 'GET', `/${principal.id}`)).body.data.principal).toEqual(principal)
    const changed = await call(tenant, 'PATCH', `/${principal.id}`, { name: 'deployer', description: null })
    expect(changed.body.data.principal).toMatchObject({ name: 'deployer', description: null })
    expect((await call(tenant, 'DELETE', `/${principal.id}`)).status).toBe(200)
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
      expect((await call(tenant, method, `/${principal.id}`, body)).status).toBe(404)
    }
    expect(await tenant.actions()).toEqual([
      'org.create',
      'principal.create',
      'principal.update',
      'principal.delete',
    ])
  })

  test.each(['a', 'root', 'web-01.prod_x@host:22', 'x'.repeat(64), 'Deploy'])(
    'may be called %s',
    async (name) => {
      expect((await call(await foundTenant(t), 'POST', '', { name })).status).toBe(201)
    },
  )

  test.each(['', 'x'.repeat(65), 'a b', 'a,b', 'a\nb', 'größe', '*', 'a/b', ' a'])(
    'may not be called %j',
    async (name) => {
      expect((await call(await foundTenant(t), 'POST', '', { name })).status).toBe(400)
    },
  )

  test('have names of their own within an organization, where case counts', async () => {
    const [tenant, other] = [await foundTenant(t), await foundTenant(t)]
    const created = await Promise.all(
      Array.from({ length: 20 }, () => call(tenant, 'POST', '', { name: 'web' })),
    )
    expect(created.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect((await call(tenant, 'POST', '', { name: 'Web' })).status).toBe(201)
    expect((await call(other, 'POST', '', { name: 'web' })).status).toBe(201)
    const id = await create(tenant, 'db')
    expect((await call(tenant, 'PATCH', `/${id}`, { name: 'web' })).status).toBe(409)
    expect((await call(tenant, 'PATCH', `/${id}`, { name: 'db', description: 'same name' })).status).toBe(200)
  })

  test('are not more than the limit', async () => {
    const tenant = await foundTenant(t)
    await t.write(({ tx, newId, now }) =>
      tx.insert(tx.t.principal).values(
        Array.from({ length: LIMITS.principals }, (_, i) => ({
          id: newId(),
          organizationId: tenant.id,
          name: `p${i}`,
          description: null,
          createdAt: now,
          updatedAt: now,
        })),
      ),
    )
    expect((await call(tenant, 'POST', '', { name: 'more' })).status).toBe(409)
  })

  test('are listed page by page', async () => {
    const tenant = await foundTenant(t)
    for (const name of ['c', 'b', 'a']) await create(tenant, name)
    const first = await call(tenant, 'GET', '?limit=2')
    const second = await call(tenant, 'GET', `?limit=2&cursor=${first.body.meta.page.next_cursor}`)
    const names = [first, second].map(({ body }) => body.data.principals.map((p: { name: string }) => p.name))
    expect(names).toEqual([['c', 'b'], ['a']])
  })

  test('are given to members and taken back', async () => {
    const tenant = await foundTenant(t)
    const id = await create(tenant, 'web')
    const { user } = await tenant.join('member')
    expect((await call(tenant, 'POST', `/${id}/members`, { user_id: user.id })).status).toBe(201)
    expect((await call(tenant, 'POST', `/${id}/members`, { user_id: user.id })).status).toBe(409)
    const listed = await call(tenant, 'GET', `/${id}/members?limit=1`)
    expect(listed.body.data.members).toMatchObject([{ user_id: user.id, email: user.email }])
    expect((await call(tenant, 'DELETE', `/${id}/members/${user.id}`)).status).toBe(200)
    expect((await call(tenant, 'DELETE', `/${id}/members/${user.id}`)).status).toBe(404)
    expect((await tenant.actions()).slice(-2)).toEqual(['principal.member.add', 'principal.member.remove'])
  })

  test('are carried by departments until taken back', async () => {
    const tenant = await foundTenant(t)
    const id = await create(tenant, 'web')
    const departments = [await createDepartment(tenant, 'A'), await createDepartment(tenant, 'B')]
    for (const department_id of departments) {
      expect((await call(tenant, 'POST', `/${id}/departments`, { department_id })).status).toBe(201)
      expect((await call(tenant, 'POST', `/${id}/departments`, { department_id })).status).toBe(409)
    }
    const first = await call(tenant, 'GET', `/${id}/departments?limit=1`)
    const second = await call(tenant, 'GET', `/${id}/departments?cursor=${first.body.meta.page.next_cursor}`)
    expect([first, second].map(({ body }) => body.data.departments[0].name)).toEqual(['A', 'B'])
    expect((await call(tenant, 'DELETE', `/${id}/departments/${departments[0]}`)).status).toBe(200)
    expect((await call(tenant, 'DELETE', `/${id}/departments/${departments[0]}`)).status).toBe(404)
    expect((await tenant.actions()).slice(-1)).toEqual(['principal.department.remove'])
  })

  describe('that a person holds', () => {
    test('are each told once, with every reason, in all organizations', async () => {
      const [tenant, other] = [await foundTenant(t, 'Alpha'), await foundTenant(t, 'Beta')]
      const { member, principalId, departmentId } = await furnish(t, tenant)
      const second = await createDepartment(tenant, 'Second')
      const { token } = tenant.owner
      await t.call('POST', tenant.path(`/departments/${second}/members`), {
        token,
        body: { user_id: member.user.id },
      })
      await call(tenant, 'POST', `/${principalId}/departments`, { department_id: second })
      await create(tenant, 'nobody')
      const body = { email: member.user.email, role: 'member' }
      await t.call('POST', other.path('/members'), { token: other.owner.token, body })
      const elsewhere = await create(other, 'web')
      await call(other, 'POST', `/${elsewhere}/members`, { user_id: member.user.id })
      const held = await t.read((ctx) => listPrincipalsOf(ctx, member.user.id))
      expect(held).toMatchObject([
        {
          id: principalId,
          name: 'deploy',
          organization: { id: tenant.id, slug: tenant.slug, name: 'Alpha' },
          is_direct: true,
          departments: expect.arrayContaining([
            { id: departmentId, name: 'Engineering' },
            { id: second, name: 'Second' },
          ]),
        },
        { id: elsewhere, organization: { name: 'Beta' }, is_direct: true, departments: [] },
      ])
    })

    test('are none while suspended, and none after leaving', async () => {
      const tenant = await foundTenant(t)
      const { member } = await furnish(t, tenant)
      const { token } = tenant.owner
      const held = async () => (await t.read((ctx) => listPrincipalsOf(ctx, member.user.id))).length
      const path = tenant.path(`/members/${member.user.id}`)
      await t.call('POST', `${path}/suspend`, { token })
      expect(await held()).toBe(0)
      await t.call('POST', `${path}/unsuspend`, { token })
      expect(await held()).toBe(1)
      await t.call('DELETE', path, { token: member.token })
      expect(await held()).toBe(0)
    })

    test('by a department end when the department no longer carries them', async () => {
      const tenant = await foundTenant(t)
      const { member, principalId, departmentId } = await furnish(t, tenant)
      await call(tenant, 'DELETE', `/${principalId}/members/${member.user.id}`)
      const reasons = async () => t.read((ctx) => listPrincipalsOf(ctx, member.user.id))
      expect(await reasons()).toMatchObject([{ is_direct: false, departments: [{ id: departmentId }] }])
      await call(tenant, 'DELETE', `/${principalId}/departments/${departmentId}`)
      expect(await reasons()).toEqual([])
    })
  })
})
