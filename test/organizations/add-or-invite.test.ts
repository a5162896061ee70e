import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, type Tenant } from './tenant.ts'

const add = (t: TestServer, tenant: Tenant, body: unknown) =>
  t.call('POST', tenant.path('/members'), { token: tenant.owner.token, body })

describe.each(testDialects)('adding a member on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test('by a proved address takes effect at once, however the address is written', async () => {
    const tenant = await foundTenant(t)
    const { user, token } = await t.signedIn()
    const answer = await add(t, tenant, { email: ` ${user.email.toUpperCase()} `, role: 'guest' })
    expect(answer.status).toBe(201)
    expect(answer.body.data).toMatchObject({ member: { user_id: user.id, role: 'guest' }, invite: null })
    expect((await t.call('GET', tenant.path(), { token })).status).toBe(200)
    expect((await tenant.actions()).at(-1)).toBe('org.member.add')
  })

  test('tells them by mail who did it and how to leave, and whom an invite asks nothing but that', async () => {
    const tenant = await foundTenant(t)
    const { user } = await t.signedIn()
    const { email } = user
    const colleague = await t.signedIn({ isEmailVerified: false })
    await add(t, tenant, { email, role: 'guest' })
    await add(t, tenant, { email, role: 'guest' })
    await add(t, tenant, { email: colleague.user.email, role: 'guest' })
    expect(await mailsOf(t, 'member_added', email)).toEqual([
      {
        kind: 'member_added',
        to: email,
        locale: user.locale,
        organizationName: 'Acme Corporation',
        organizationId: tenant.id,
        userId: user.id,
        adderName: tenant.owner.user.fullName ?? tenant.owner.user.email,
        role: 'guest',
      },
    ])
    expect(await mailsOf(t, 'member_added', colleague.user.email)).toEqual([])
  })

  // Anybody can register: once somebody who had not even proved an address could make a member of whom they liked.
  test('by somebody who has not proved their own address mails an invite', async () => {
    const tenant = await foundTenant(t)
    const { user } = await t.signedIn()
    await t.write(({ tx }) =>
      tx.update(tx.t.user).set({ emailVerifiedAt: null }).where(eq(tx.t.user.id, tenant.owner.user.id)),
    )
    const answer = await add(t, tenant, { email: user.email, role: 'member' })
    expect(answer.body.data).toMatchObject({ member: null, invite: { email: user.email } })
    expect([...(await tenant.roles()).keys()]).toEqual([tenant.owner.user.id])
    expect(await mailsOf(t, 'invite', user.email)).toHaveLength(1)
  })

  test('ends an open invite for the same person', async () => {
    const tenant = await foundTenant(t)
    const email = `${tenant.id}@example.com`
    await t.call('POST', tenant.path('/invites'), {
      token: tenant.owner.token,
      body: { email, role: 'admin' },
    })
    await t.signedIn({ email })
    expect((await add(t, tenant, { email, role: 'member' })).body.data.member.role).toBe('member')
    const { body } = await t.call('GET', tenant.path('/invites'), { token: tenant.owner.token })
    expect(body.data.invites).toEqual([])
  })

  test('by an unknown address mails an invite', async () => {
    const tenant = await foundTenant(t)
    const answer = await add(t, tenant, { email: 'Nobody.Yet@example.com', role: 'admin' })
    expect(answer.status).toBe(201)
    expect(answer.body.data).toMatchObject({
      member: null,
      invite: { email: 'Nobody.Yet@example.com', role: 'admin' },
    })
  })

  // Whoever registers first with an address that is not theirs would otherwise be let in in its owner's place.
  test('by an address that its user has not proved mails an invite', async () => {
    const tenant = await foundTenant(t)
    const { user, token } = await t.signedIn({ isEmailVerified: false })
    const answer = await add(t, tenant, { email: user.email, role: 'admin' })
    expect(answer.body.data.member).toBeNull()
    expect((await t.call('GET', tenant.path(), { token })).status).toBe(404)
  })

  test('by id works for somebody whom the caller shares an organization with', async () => {
    const first = await foundTenant(t)
    const colleague = await first.join('guest')
    const { body } = await t.call('POST', '/organizations', {
      token: first.owner.token,
      body: { name: 'Second' },
    })
    const answer = await t.call('POST', `/organizations/${body.data.organization.id}/members`, {
      token: first.owner.token,
      body: { user_id: colleague.user.id, role: 'admin' },
    })
    expect(answer.body.data.member).toMatchObject({ user_id: colleague.user.id, role: 'admin' })
  })

  test('by the id of a stranger is like that of nobody', async () => {
    const tenant = await foundTenant(t)
    const stranger = await t.signedIn()
    const real = await add(t, tenant, { user_id: stranger.user.id, role: 'member' })
    const made = await add(t, tenant, { user_id: '01970000-0000-7000-8000-000000000000', role: 'member' })
    expect(real.status).toBe(404)
    expect({ ...real.body, request_id: '' }).toEqual({ ...made.body, request_id: '' })
  })

  test('a second time is a conflict; of 20 at the same moment one wins', async () => {
    const tenant = await foundTenant(t)
    const { user } = await t.signedIn()
    const body = { email: user.email, role: 'member' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => add(t, tenant, body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect((await add(t, tenant, body)).status).toBe(409)
  })

  test.each([
    ['nobody', { role: 'member' }],
    ['what is no address', { email: 'bob', role: 'member' }],
    ['an address with a control character', { email: 'a\u0000b@example.com', role: 'member' }],
    ['what is no id', { user_id: 'bob', role: 'member' }],
    ['an owner', { email: 'bob@example.com', role: 'owner' }],
    ['no role', { email: 'bob@example.com' }],
  ])('refuses %s', async (_, body) => {
    expect((await add(t, await foundTenant(t), body)).status).toBe(400)
  })
})

test('where existence is hidden an admin does not learn by an address who is registered', async () => {
  await using t = await testServer({ env: { AUTH_HIDE_EXISTENCE: 'true' } })
  const tenant = await foundTenant(t)
  const stranger = await t.signedIn({ email: 'stranger@example.com' })
  const known = (await add(t, tenant, { email: stranger.user.email, role: 'member' })).body.data
  const unknown = (await add(t, tenant, { email: 'unknown@example.com', role: 'member' })).body.data
  expect(Object.keys(known.invite)).toEqual(Object.keys(unknown.invite))
  expect([known.member, unknown.member]).toEqual([null, null])
})
