import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { deleteUserEntirely } from '../../src/access/index.ts'
import { listAuditEvents, record } from '../../src/audit/index.ts'
import type { Row } from '../../src/db/index.ts'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { addMember, createOrganization } from '../../src/organizations/index.ts'
import { findUser, normalizeEmail } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const ORIGIN = { actor: SYSTEM, log: silentLog }

const remove = (server: TestServer, userId: string) =>
  server.deps.write(ORIGIN, (ctx) => deleteUserEntirely(ctx, userId), { isSerializable: true })

const join = (server: TestServer, organizationId: string, user: Row<'user'>) =>
  server.write((ctx) => addMember(ctx, { organizationId, user, role: 'member' }))

describe.each(testDialects)('deleting a user on $name', (dialect) => {
  test('takes their organization along where nobody else is in it', async () => {
    await using server = await testServer({ dialect })
    await server.signedIn()
    const { user } = await server.signedIn()
    const organization = await server.write((ctx) => createOrganization(ctx, user.id, { name: 'Solo' }))
    await remove(server, user.id)
    expect(await server.read((ctx) => findUser(ctx, user.id))).toBeUndefined()
    const left = await server.read(({ reader }) =>
      reader.$count(reader.t.organization, eq(reader.t.organization.id, organization.id)),
    )
    expect(left).toBe(0)
  })

  test('is refused to the owner of an organization with other members, which is named', async () => {
    await using server = await testServer({ dialect })
    const other = await server.signedIn()
    const { user } = await server.signedIn()
    const { id, slug, name } = await server.write((ctx) => createOrganization(ctx, user.id, { name: 'Acme' }))
    await server.write((ctx) => createOrganization(ctx, user.id, { name: 'Solo' }))
    await join(server, id, other.user)
    await expect(remove(server, user.id)).rejects.toMatchObject({
      type: 'CONFLICT',
      details: { organizations: [{ id, slug, name }] },
    })
    expect(await server.read((ctx) => findUser(ctx, user.id))).toBeDefined()
    expect(await server.read(({ reader }) => reader.$count(reader.t.organization))).toBe(2)
  })

  test('keeps a member’s organization, and only drops the membership', async () => {
    await using server = await testServer({ dialect })
    const owner = await server.signedIn()
    const { user } = await server.signedIn()
    const { id } = await server.write((ctx) => createOrganization(ctx, owner.user.id, { name: 'Acme' }))
    await join(server, id, user)
    await remove(server, user.id)
    const members = await server.read(({ reader }) => reader.select().from(reader.t.member))
    expect(members.map(({ userId }) => userId)).toEqual([owner.user.id])
  })

  test('removes invites to their address', async () => {
    await using server = await testServer({ dialect })
    const owner = await server.signedIn()
    const { user } = await server.signedIn()
    const { id } = await server.write((ctx) => createOrganization(ctx, owner.user.id, { name: 'Acme' }))
    await server.write(async (ctx) => {
      await ctx.tx.insert(ctx.tx.t.invite).values({
        id: ctx.newId(),
        organizationId: id,
        email: user.email,
        emailNormalized: normalizeEmail(user.email),
        role: 'member',
        departmentIds: [],
        digest: ctx.random.bytes(32),
        invitedBy: owner.user.id,
        createdAt: ctx.now,
        sentAt: ctx.now,
        expiresAt: ctx.now,
      })
    })
    await remove(server, user.id)
    expect(await server.read(({ reader }) => reader.$count(reader.t.invite))).toBe(0)
  })

  test('keeps what they did in the audit log, under their id', async () => {
    await using server = await testServer({ dialect })
    await server.signedIn()
    const { user } = await server.signedIn()
    const actor = { kind: 'user', userId: user.id } as const
    await server.write((ctx) => record(ctx, { action: 'user.login', actor }))
    await remove(server, user.id)
    const query = { scope: { userId: user.id }, filters: {} }
    const events = await server.read((ctx) => listAuditEvents(ctx, query, { count: 10 }))
    expect(events.map(({ action }) => action)).toEqual(['user.delete', 'session.revoke', 'user.login'])
  })

  test('is NOT_FOUND for somebody who is not there', async () => {
    await using server = await testServer({ dialect })
    await expect(remove(server, 'nobody')).rejects.toMatchObject({ type: 'NOT_FOUND' })
  })

  test('is refused for the last instance administrator, also beside a suspended one', async () => {
    await using server = await testServer({ dialect })
    const first = await server.signedIn()
    const second = await server.signedIn()
    expect(first.user.isInstanceAdmin).toBe(true)
    await expect(remove(server, first.user.id)).rejects.toMatchObject({ type: 'CONFLICT' })
    const become = (change: object) =>
      server.write(async ({ tx }) => {
        await tx.update(tx.t.user).set(change).where(eq(tx.t.user.id, second.user.id))
      })
    await become({ isInstanceAdmin: true, status: 'suspended' })
    await expect(remove(server, first.user.id)).rejects.toMatchObject({ type: 'CONFLICT' })
    await become({ status: 'active' })
    await remove(server, first.user.id)
    expect(await server.read((ctx) => findUser(ctx, first.user.id))).toBeUndefined()
  })

  test('twenty times at once happens once', async () => {
    await using server = await testServer({ dialect })
    await server.signedIn()
    const { user } = await server.signedIn()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => remove(server, user.id)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  // A member who joins while the owner goes must not vanish with the organization unasked.
  test('never takes along an organization that somebody joins at the same moment', async () => {
    await using server = await testServer({ dialect })
    const joiner = await server.signedIn()
    for (let round = 0; round < 5; round++) {
      const { user } = await server.signedIn()
      const { id } = await server.write((ctx) => createOrganization(ctx, user.id, { name: 'Acme' }))
      const [removed, joined] = await Promise.allSettled([
        remove(server, user.id),
        join(server, id, joiner.user),
      ])
      const members = await server.read(({ reader }) =>
        reader.$count(reader.t.member, eq(reader.t.member.organizationId, id)),
      )
      expect([removed?.status, joined?.status].filter((status) => status === 'fulfilled')).toHaveLength(1)
      expect(members).toBe(joined?.status === 'fulfilled' ? 2 : 0)
    }
  })
})
