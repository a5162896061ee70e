import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { getDepartment } from '../../src/organizations/departments.ts'
import { LIMITS } from '../../src/organizations/limits.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Tenant } from './tenant.ts'

describe.each(testDialects)('departments on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const call = (tenant: Tenant, method: string, path: string, body?: unknown) =>
    t.call(method, tenant.path(`/departments${path}`), { token: tenant.owner.token, body })
  const create = async (tenant: Tenant, name: string): Promise<string> =>
    (await call(tenant, 'POST', '', { name })).body.data.department.id

  test('are created, read, changed and deleted', async () => {
    const tenant = await foundTenant(t)
    const created = await call(tenant, 'POST', '', { name: ' Engineering ', description: 'Builds things' })
    expect(created.status).toBe(201)
    const { department } = created.body.data
    expect(department).toMatchObject({ name: 'Engineering', description: 'Builds things' })
    expect((await call(tenant, 'GET', `/${department.id}`)).body.data.department).toEqual(department)
    const changed = await call(tenant, 'PATCH', `/${department.id}`, {
      name: 'ENGINEERING',
      description: null,
    })
    expect(changed.body.data.department).toMatchObject({ name: 'ENGINEERING', description: null })
    expect((await call(tenant, 'DELETE', `/${department.id}`)).status).toBe(200)
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
      expect((await call(tenant, method, `/${department.id}`, body)).status).toBe(404)
    }
    expect(await tenant.actions()).toEqual([
      'org.create',
      'department.create',
      'department.update',
      'department.delete',
    ])
  })

  test('have names that differ in more than case within an organization', async () => {
    const [tenant, other] = [await foundTenant(t), await foundTenant(t)]
    await create(tenant, 'Über')
    expect((await call(tenant, 'POST', '', { name: 'üBER' })).status).toBe(409)
    expect((await call(tenant, 'POST', '', { name: 'U\u0308ber' })).status).toBe(409)
    expect((await call(other, 'POST', '', { name: 'Über' })).status).toBe(201)
    const second = await create(tenant, 'Second')
    const renamed = await call(tenant, 'PATCH', `/${second}`, { name: 'über' })
    expect(renamed.status).toBe(409)
    expect(renamed.body.error.type).toBe('CONFLICT')
  })

  test('get a wanted name once: of 20 at the same moment, created or renamed, one wins', async () => {
    const tenant = await foundTenant(t)
    const created = await Promise.all(
      Array.from({ length: 20 }, () => call(tenant, 'POST', '', { name: 'One' })),
    )
    expect(created.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    const ids = await Promise.all(Array.from({ length: 5 }, (_, i) => create(tenant, `No ${i}`)))
    const renamed = await Promise.all(ids.map((id) => call(tenant, 'PATCH', `/${id}`, { name: 'Two' })))
    expect(renamed.map(({ status }) => status).sort()).toEqual([200, ...Array(4).fill(409)])
  })

  test('are listed page by page', async () => {
    const tenant = await foundTenant(t)
    for (const name of ['A', 'B', 'C']) await create(tenant, name)
    const first = await call(tenant, 'GET', '?limit=2')
    const second = await call(tenant, 'GET', `?limit=2&cursor=${first.body.meta.page.next_cursor}`)
    const names = [first, second].map(({ body }) =>
      body.data.departments.map((d: { name: string }) => d.name),
    )
    expect(names).toEqual([['A', 'B'], ['C']])
    expect(second.body.meta.page.next_cursor).toBeNull()
  })

  test('are not more than the limit', async () => {
    const tenant = await foundTenant(t)
    await t.write(({ tx, newId, now }) =>
      tx.insert(tx.t.department).values(
        Array.from({ length: LIMITS.departments }, (_, i) => ({
          id: newId(),
          organizationId: tenant.id,
          name: `d${i}`,
          nameNormalized: `d${i}`,
          description: null,
          createdAt: now,
          updatedAt: now,
        })),
      ),
    )
    expect((await call(tenant, 'POST', '', { name: 'One more' })).status).toBe(409)
  })

  test.each([[{}], [{ name: '' }], [{ name: 'x'.repeat(101) }], [{ name: 'a\nb' }], [{ name: 7 }]])(
    'are not created from %j',
    async (body) => {
      expect((await call(await foundTenant(t), 'POST', '', body)).status).toBe(400)
    },
  )

  // Everybody was locked out of a client whose access named it alone.
  test('are not deleted while clients let their members in, and then are', async () => {
    const tenant = await foundTenant(t)
    const [named, other] = [await create(tenant, 'Named'), await create(tenant, 'Other')]
    const { token } = tenant.owner
    const client = async (department_ids: string[]): Promise<string> => {
      const access = { members_only: true, department_ids }
      const body = { client_name: 'Wiki', redirect_uris: ['https://wiki.example.com/callback'], access }
      return (await t.call('POST', tenant.path('/clients'), { token, body })).body.data.client.client_id
    }
    const ids = [await client([named]), await client([other, named])]
    for (let i = 0; i < 9; i++) await client([named])
    await client([other])
    const refused = await call(tenant, 'DELETE', `/${named}`)
    expect([refused.status, refused.body.error.type]).toEqual([409, 'CONFLICT'])
    expect(refused.body.error.details).toMatchObject({ total: 11 })
    expect(refused.body.error.details.clients).toHaveLength(10)
    expect(refused.body.error.details.clients.slice(0, 2)).toEqual(ids)
    expect((await call(tenant, 'GET', `/${named}`)).status).toBe(200)

    const { reader } = await t.read(async (ctx) => ctx)
    for (const { id } of await reader.select({ id: reader.t.client.id }).from(reader.t.client)) {
      const body = { access: { members_only: true, roles: ['owner'] } }
      await t.call('PATCH', tenant.path(`/clients/${id}`), { token, body })
    }
    expect((await call(tenant, 'DELETE', `/${named}`)).status).toBe(200)
  })

  test('of which a client comes to name one while it is deleted: one of both is refused', async () => {
    const tenant = await foundTenant(t)
    const { token } = tenant.owner
    const id = await create(tenant, 'Contested')
    const access = { members_only: true, department_ids: [id] }
    const body = { client_name: 'Wiki', redirect_uris: ['https://wiki.example.com/callback'], access }
    const [made, deleted] = await Promise.all([
      t.call('POST', tenant.path('/clients'), { token, body }),
      call(tenant, 'DELETE', `/${id}`),
    ])
    expect([
      [201, 409],
      [400, 200],
    ]).toContainEqual([made.status, deleted.status])
  })

  describe('take members', () => {
    test('in and out, and list them', async () => {
      const tenant = await foundTenant(t)
      const id = await create(tenant, 'Team')
      const { user } = await tenant.join('guest')
      const added = await call(tenant, 'POST', `/${id}/members`, { user_id: user.id })
      expect(added.status).toBe(201)
      expect(added.body.data.member).toMatchObject({ user_id: user.id, email: user.email, role: 'guest' })
      expect((await call(tenant, 'POST', `/${id}/members`, { user_id: user.id })).status).toBe(409)
      const listed = await call(tenant, 'GET', `/${id}/members`)
      expect(listed.body.data.members).toEqual([added.body.data.member])
      expect((await call(tenant, 'DELETE', `/${id}/members/${user.id}`)).status).toBe(200)
      expect((await call(tenant, 'DELETE', `/${id}/members/${user.id}`)).status).toBe(404)
      expect((await call(tenant, 'GET', `/${id}/members`)).body.data.members).toEqual([])
      expect((await tenant.actions()).slice(-2)).toEqual([
        'department.member.add',
        'department.member.remove',
      ])
    })

    test('in pages', async () => {
      const tenant = await foundTenant(t)
      const id = await create(tenant, 'Team')
      const people = [await tenant.join('guest'), await tenant.join('guest'), await tenant.join('guest')]
      for (const { user } of people) await call(tenant, 'POST', `/${id}/members`, { user_id: user.id })
      const first = await call(tenant, 'GET', `/${id}/members?limit=2`)
      const second = await call(
        tenant,
        'GET',
        `/${id}/members?limit=2&cursor=${first.body.meta.page.next_cursor}`,
      )
      const seen = [...first.body.data.members, ...second.body.data.members]
      expect(seen.map(({ user_id }) => user_id)).toEqual(people.map(({ user }) => user.id))
    })

    test('once each: of 20 requests at the same moment one wins', async () => {
      const tenant = await foundTenant(t)
      const id = await create(tenant, 'Team')
      const { user } = await tenant.join('guest')
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => call(tenant, 'POST', `/${id}/members`, { user_id: user.id })),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    })

    test('who are removed at the same moment, without a failure of the server', async () => {
      const tenant = await foundTenant(t)
      const id = await create(tenant, 'Team')
      for (let round = 0; round < 10; round++) {
        const { user } = await tenant.join('guest')
        const answers = await Promise.all([
          call(tenant, 'POST', `/${id}/members`, { user_id: user.id }),
          t.call('DELETE', tenant.path(`/members/${user.id}`), { token: tenant.owner.token }),
        ])
        expect([201, 404]).toContain(answers[0].status)
        expect(answers[1].status).toBe(200)
      }
      expect((await call(tenant, 'GET', `/${id}/members`)).body.data.members).toEqual([])
    })
  })

  // On SQLite nothing comes between a look and the write after it.
  if (dialect.name === 'postgres')
    test('deleted after they were looked at are looked for again', async () => {
      const tenant = await foundTenant(t)
      const departmentId = await create(tenant, 'Short-lived')
      let attempts = 0
      const adding = t.write(async (ctx) => {
        attempts++
        await getDepartment(ctx, { organizationId: tenant.id, departmentId })
        if (attempts === 1) await call(tenant, 'DELETE', `/${departmentId}`)
        const { departmentMember } = ctx.tx.t
        const userId = tenant.owner.user.id
        const row = { departmentId, organizationId: tenant.id, userId, createdAt: ctx.now }
        await ctx.tx.insert(departmentMember).values(row)
      })
      await expect(adding).rejects.toMatchObject({ type: 'NOT_FOUND' })
      expect(attempts).toBe(2)
    })

  test('end with what was held through them, and their members stay', async () => {
    const tenant = await foundTenant(t)
    const { departmentId, member, principalId } = await furnish(t, tenant)
    await call(tenant, 'DELETE', `/${departmentId}`)
    const { token } = tenant.owner
    const { body } = await t.call('GET', tenant.path(`/principals/${principalId}/departments`), { token })
    expect(body.data.departments).toEqual([])
    expect((await t.call('GET', tenant.path(), { token: member.token })).status).toBe(200)
  })
})
