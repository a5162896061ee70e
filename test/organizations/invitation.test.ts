import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { acceptInvite, findInviteByToken, listInvitesFor } from '../../src/organizations/index.ts'
import { findUser, normalizeEmail } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Tenant } from './tenant.ts'

describe.each(testDialects)('an invite is accepted on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  /** Invites somebody, and returns the token of the mail. */
  const invited = async (tenant: Tenant, email: string, more: object = {}): Promise<string> => {
    const body = { email, role: 'member', ...more }
    await t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body })
    return (await mailsOf(t, 'invite', email)).at(-1)?.token ?? ''
  }
  const accept = (inviteToken: string, token: string) =>
    t.call('POST', `/invites/${inviteToken}/accept`, { token })
  const addressIn = (tenant: Tenant) => `ann@${tenant.id}.example`

  test('by the user with the address, who is a member then', async () => {
    const tenant = await foundTenant(t)
    const person = await t.signedIn({ email: addressIn(tenant) })
    const answer = await accept(await invited(tenant, addressIn(tenant), { role: 'admin' }), person.token)
    expect(answer.status).toBe(200)
    expect(answer.body.data.organization).toMatchObject({
      id: tenant.id,
      slug: tenant.slug,
      role: 'admin',
      status: 'active',
    })
    expect((await tenant.roles()).get(person.user.id)).toBe('admin')
    const { body } = await t.call('GET', tenant.path('/invites'), { token: tenant.owner.token })
    expect(body.data.invites).toEqual([])
    expect((await tenant.actions()).at(-1)).toBe('org.invite.accept')
  })

  test('and that proves the address', async () => {
    const tenant = await foundTenant(t)
    const { token, user } = await t.signedIn({ email: addressIn(tenant), isEmailVerified: false })
    await accept(await invited(tenant, addressIn(tenant)), token)
    const verified = await t.read((ctx) => findUser(ctx, user.id))
    expect(verified?.emailVerifiedAt).toEqual(t.clock.now())
    const events = await t.read(({ reader }) =>
      reader.select().from(reader.t.auditEvent).where(eq(reader.t.auditEvent.targetId, user.id)),
    )
    expect(events.map(({ action }) => action)).toContain('user.email_verify')
  })

  test('with the departments that are still there', async () => {
    const tenant = await foundTenant(t)
    const { token } = tenant.owner
    const create = async (name: string): Promise<string> =>
      (await t.call('POST', tenant.path('/departments'), { token, body: { name } })).body.data.department.id
    const [kept, gone] = [await create('Kept'), await create('Gone')]
    const inviteToken = await invited(tenant, addressIn(tenant), { department_ids: [gone, kept] })
    await t.call('DELETE', tenant.path(`/departments/${gone}`), { token })
    const person = await t.signedIn({ email: addressIn(tenant) })
    expect((await accept(inviteToken, person.token)).status).toBe(200)
    const { body } = await t.call('GET', tenant.path(`/departments/${kept}/members`), { token })
    expect(body.data.members).toMatchObject([{ user_id: person.user.id }])
  })

  test('once: of 20 requests at the same moment one wins', async () => {
    const tenant = await foundTenant(t)
    const person = await t.signedIn({ email: addressIn(tenant) })
    const inviteToken = await invited(tenant, addressIn(tenant))
    const answers = await Promise.all(Array.from({ length: 20 }, () => accept(inviteToken, person.token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(404)])
    expect((await tenant.roles()).size).toBe(2)
    expect((await tenant.actions()).filter((action) => action === 'org.invite.accept')).toHaveLength(1)
  })

  test('not by somebody else, and stays open for the one it is for', async () => {
    const tenant = await foundTenant(t)
    const inviteToken = await invited(tenant, addressIn(tenant))
    const other = await t.signedIn()
    const refused = await accept(inviteToken, other.token)
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain(`a***@${tenant.id}.example`)
    expect(refused.body.message).not.toContain(addressIn(tenant))
    const right = await t.signedIn({ email: addressIn(tenant) })
    expect((await accept(inviteToken, right.token)).status).toBe(200)
  })

  test('not by a member, whose role stays; nor does it let a suspended one in again', async () => {
    const tenant = await foundTenant(t)
    const inviteToken = await invited(tenant, addressIn(tenant), { role: 'admin' })
    const person = await t.signedIn({ email: addressIn(tenant) })
    // As when the person changed their address to the invited one after they had joined.
    await t.write(({ tx, now }) =>
      tx.insert(tx.t.member).values({
        organizationId: tenant.id,
        userId: person.user.id,
        role: 'guest',
        status: 'suspended',
        joinedAt: now,
      }),
    )
    expect((await accept(inviteToken, person.token)).status).toBe(409)
    const [row] = await t.read(({ reader }) =>
      reader.select().from(reader.t.member).where(eq(reader.t.member.userId, person.user.id)),
    )
    expect(row).toMatchObject({ role: 'guest', status: 'suspended' })
  })

  test('not after seven days', async () => {
    const tenant = await foundTenant(t)
    const inviteToken = await invited(tenant, addressIn(tenant))
    t.clock.advance(7 * 86_400 - 1)
    const early = await t.signedIn()
    expect((await accept(inviteToken, early.token)).status).toBe(403)
    t.clock.advance(1)
    const person = await t.signedIn({ email: addressIn(tenant) })
    expect((await accept(inviteToken, person.token)).status).toBe(404)
    expect((await t.call('GET', `/invites/${inviteToken}`)).status).toBe(404)
  })

  test('not without a session, and not with a token of another kind, a mistyped or an endless one', async () => {
    const tenant = await foundTenant(t)
    const inviteToken = await invited(tenant, addressIn(tenant))
    expect((await t.call('POST', `/invites/${inviteToken}/accept`)).status).toBe(401)
    const { token } = await t.signedIn({ email: addressIn(tenant) })
    for (const wrong of [token, `${inviteToken}x`, inviteToken.slice(0, -1), '%00', 'x'.repeat(8_000)]) {
      expect((await accept(wrong, token)).status).toBe(404)
      expect((await t.call('GET', `/invites/${wrong}`)).status).toBe(404)
    }
  })

  test('by a new user in the transaction that makes them', async () => {
    const tenant = await foundTenant(t)
    const inviteToken = await invited(tenant, addressIn(tenant))
    const person = await t.signedIn({ email: addressIn(tenant), isEmailVerified: false })
    const joined = await t.write((ctx) =>
      acceptInvite({ ...ctx, actor: { kind: 'anonymous' } }, { token: inviteToken, user: person.user }),
    )
    expect(joined).toMatchObject({ organizationId: tenant.id, role: 'member' })
    const events = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
    const accepted = events.find((e) => e.action === 'org.invite.accept' && e.organizationId === tenant.id)
    expect(accepted).toMatchObject({ actorKind: 'user', actorId: person.user.id })
  })

  test('when it is found by its token or its address, for as long as it lives', async () => {
    const [first, second] = [await foundTenant(t, 'First'), await foundTenant(t, 'Second')]
    const email = addressIn(first)
    await invited(first, email)
    t.clock.advance(86_400)
    const owner = await t.signedIn()
    const fresh = { ...second, owner: { ...owner, token: owner.token } }
    await t.write(({ tx, now }) =>
      tx.insert(tx.t.member).values({
        organizationId: second.id,
        userId: owner.user.id,
        role: 'admin',
        status: 'active',
        joinedAt: now,
      }),
    )
    const inviteToken = await invited(fresh, email)
    const names = async () =>
      (await t.read((ctx) => listInvitesFor(ctx, normalizeEmail(email.toUpperCase())))).map(
        ({ organization }) => organization.name,
      )
    expect(await names()).toEqual(['Second', 'First'])
    expect(await t.read((ctx) => findInviteByToken(ctx, inviteToken))).toMatchObject({
      organizationId: second.id,
    })
    t.clock.advance(6 * 86_400)
    expect(await names()).toEqual(['Second'])
    t.clock.advance(86_400)
    expect(await names()).toEqual([])
    expect(await t.read((ctx) => findInviteByToken(ctx, inviteToken))).toBeUndefined()
  })

  test('leaves the organization’s furniture alone', async () => {
    const tenant = await foundTenant(t)
    const { inviteId } = await furnish(t, tenant)
    const person = await t.signedIn({ email: addressIn(tenant) })
    await accept(await invited(tenant, addressIn(tenant)), person.token)
    const { body } = await t.call('GET', tenant.path('/invites'), { token: tenant.owner.token })
    expect(body.data.invites).toMatchObject([{ id: inviteId }])
  })
})
