import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, type Person, type Tenant } from './tenant.ts'

describe.each(testDialects)('ownership on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const transfer = (tenant: Tenant, from: Person, to: Person) =>
    t.call('POST', tenant.path('/transfer-ownership'), { token: from.token, body: { user_id: to.user.id } })
  const owners = async (tenant: Tenant) =>
    [...(await tenant.roles())].filter(([, role]) => role === 'owner').map(([userId]) => userId)

  test('goes to another member; who had it becomes an admin', async () => {
    const tenant = await foundTenant(t)
    const heir = await tenant.join('guest')
    expect((await transfer(tenant, tenant.owner, heir)).status).toBe(200)
    expect(await tenant.roles()).toEqual(
      new Map([
        [tenant.owner.user.id, 'admin'],
        [heir.user.id, 'owner'],
      ]),
    )
    expect((await tenant.actions()).at(-1)).toBe('org.ownership.transfer')
    expect((await transfer(tenant, tenant.owner, heir)).status).toBe(403)
  })

  test('goes to active members only', async () => {
    const tenant = await foundTenant(t)
    const suspended = await tenant.join('admin')
    await t.call('POST', tenant.path(`/members/${suspended.user.id}/suspend`), { token: tenant.owner.token })
    const locked = await tenant.join('admin')
    await t.write(({ tx }) =>
      tx.update(tx.t.user).set({ status: 'suspended' }).where(eq(tx.t.user.id, locked.user.id)),
    )
    expect((await transfer(tenant, tenant.owner, suspended)).status).toBe(409)
    expect((await transfer(tenant, tenant.owner, locked)).status).toBe(409)
    expect((await transfer(tenant, tenant.owner, tenant.owner)).status).toBe(409)
    expect((await transfer(tenant, tenant.owner, await t.signedIn())).status).toBe(404)
    expect(await owners(tenant)).toEqual([tenant.owner.user.id])
  })

  test('is not an admin’s to give away', async () => {
    const tenant = await foundTenant(t)
    const admin = await tenant.join('admin')
    expect((await transfer(tenant, admin, admin)).status).toBe(403)
  })

  test('needs a fresh sign-in', async () => {
    const tenant = await foundTenant(t)
    const heir = await tenant.join('admin')
    t.clock.advance(601)
    expect((await transfer(tenant, tenant.owner, heir)).body.error.type).toBe('STEP_UP_REQUIRED')
  })

  test('goes to one of 20 heirs at the same moment', async () => {
    const tenant = await foundTenant(t)
    const heirs: Person[] = []
    for (let i = 0; i < 20; i++) heirs.push(await tenant.join('member'))
    const answers = await Promise.all(heirs.map((heir) => transfer(tenant, tenant.owner, heir)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const winner = answers.findIndex(({ status }) => status === 200)
    expect(await owners(tenant)).toEqual([heirs[winner]?.user.id ?? ''])
    expect((await tenant.actions()).filter((action) => action === 'org.ownership.transfer')).toHaveLength(1)
  })

  // Whatever comes first, every one of these alone would leave the organization with none or two.
  test('has exactly one holder after transfers, removals, leaving and role changes in any order', async () => {
    for (let round = 0; round < 20; round++) {
      const tenant = await foundTenant(t)
      const { owner } = tenant
      const [a, b] = [await tenant.join('admin'), await tenant.join('admin')]
      const member = (person: Person, rest = '') => tenant.path(`/members/${person.user.id}${rest}`)
      const acts: (() => Promise<unknown>)[] = [
        () => transfer(tenant, owner, a),
        () => transfer(tenant, owner, b),
        () => t.call('DELETE', member(a), { token: b.token }),
        () => t.call('DELETE', member(a), { token: a.token }),
        () => t.call('DELETE', member(owner), { token: owner.token }),
        () => t.call('DELETE', member(owner), { token: b.token }),
        () => t.call('PATCH', member(a, '/role'), { token: b.token, body: { role: 'guest' } }),
        () => t.call('POST', member(a, '/suspend'), { token: b.token }),
        () => transfer(tenant, a, owner),
      ]
      const turn = round % acts.length
      await Promise.all([...acts.slice(turn), ...acts.slice(0, turn)].map((act) => act()))
      expect(await owners(tenant)).toHaveLength(1)
    }
  }, 60_000)

  test('has one holder by the database’s own rule', async () => {
    const tenant = await foundTenant(t)
    const second = await tenant.join('admin')
    const usurp = t.write(({ tx }) =>
      tx.update(tx.t.member).set({ role: 'owner' }).where(eq(tx.t.member.userId, second.user.id)),
    )
    await expect(usurp).rejects.toBeInstanceOf(Error)
    expect(await owners(tenant)).toEqual([tenant.owner.user.id])
  })
})
