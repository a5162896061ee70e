import { describe, expect, test } from 'bun:test'
import type { Caller } from '../../src/http/index.ts'
import { AppError } from '../../src/kernel/index.ts'
import {
  createApiKey,
  listApiKeys,
  MAX_API_KEYS,
  NewApiKey,
  revokeApiKey,
  revokeApiKeys,
} from '../../src/sessions/index.ts'
import { updateUser } from '../../src/users/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

async function callerOf(t: TestServer, input: { isInstanceAdmin?: boolean } = {}): Promise<Caller> {
  const { user, token } = await t.signedIn()
  await t.write((ctx) => updateUser(ctx, user.id, { isInstanceAdmin: input.isInstanceAdmin ?? false }))
  const caller = await t.deps.authenticate(token, false)
  if (!caller) throw new Error('The session does not work')
  return caller
}

const create = (t: TestServer, caller: Caller, input: Partial<NewApiKey> = {}) =>
  t.deps.write(
    { actor: caller.actor, log: t.deps.log },
    (ctx) => createApiKey(ctx, caller, { name: 'ci', scopes: ['profile:read'], ...input }),
    { isSerializable: true },
  )

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof AppError ? error.type : error),
  )

/** The caller as a member of a new organization. */
async function joined(t: TestServer, caller: Caller, status: 'active' | 'suspended'): Promise<Caller> {
  const membership = await t.write(async (ctx) => {
    const { organization, member } = ctx.tx.t
    const id = ctx.newId()
    const row = {
      organizationId: id,
      userId: caller.user.id,
      role: 'member' as const,
      status,
      joinedAt: ctx.now,
    }
    const at = { createdAt: ctx.now, updatedAt: ctx.now }
    await ctx.tx
      .insert(organization)
      .values({ id, slug: id, name: 'Acme', description: null, logoUrl: null, ...at })
    const [stored] = await ctx.tx.insert(member).values(row).returning()
    if (!stored) throw new Error('Not stored')
    return { ...stored, slug: id, name: 'Acme' }
  })
  return { ...caller, memberships: [membership] }
}

describe.each(testDialects)('an API key on $name', (dialect) => {
  test('works, is shown once, and is stored as a digest and a hint', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    const { key, apiKey } = await create(t, caller)
    expect(key).toStartWith('a2k_')
    expect(apiKey.hint).toBe(key.slice(0, 8))
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(200)
    const stored = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.apiKey))
    expect(JSON.stringify(stored)).not.toContain(key.slice(8))
    expect(await eventsOf(t, 'api_key.create')).toMatchObject([
      { actorId: caller.user.id, targetId: apiKey.id, details: { scopes: ['profile:read'] } },
    ])
  })

  test('has a name that its owner has not used yet, and others may', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    await create(t, caller)
    expect(await failure(create(t, caller))).toBe('CONFLICT')
    expect(await failure(create(t, await callerOf(t)))).toBe('nothing')
  })

  test('of one name is made by one of twenty who try at once', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => failure(create(t, caller))))
    expect(outcomes.sort()).toEqual([...Array(19).fill('CONFLICT'), 'nothing'])
  })

  test('is refused past fifty, however many are asked for at once', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    const names = Array.from({ length: MAX_API_KEYS - 2 }, (_, index) => `key ${index}`)
    for (const name of names) await create(t, caller, { name })
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => failure(create(t, caller, { name: `late ${index}` }))),
    )
    expect(outcomes.sort()).toEqual([...Array(4).fill('CONFLICT'), ...Array(2).fill('nothing')])
  })

  test('ends at its time, which lies in the future', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    for (const expires_at of ['2030-01-01T00:00:00.000Z', '2029-12-31T23:59:59.999Z'])
      expect(await failure(create(t, caller, { expires_at }))).toBe('VALIDATION_ERROR')
    const { key } = await create(t, caller, { expires_at: '2030-01-01T01:00:00.000Z' })
    t.clock.advance(3_599)
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(200)
    t.clock.advance(1)
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(401)
  })

  test('reaches no further than its owner', async () => {
    await using t = await testServer({ dialect })
    const caller = await callerOf(t)
    const admin = await callerOf(t, { isInstanceAdmin: true })
    const active = await joined(t, caller, 'active')
    const suspended = await joined(t, caller, 'suspended')
    const idOf = ({ memberships }: Caller) => memberships[0]?.organizationId ?? ''

    expect(await failure(create(t, caller, { scopes: ['admin:read'] }))).toBe('VALIDATION_ERROR')
    expect(await failure(create(t, admin, { scopes: ['admin:read'] }))).toBe('nothing')
    for (const someone of [caller, admin, suspended]) {
      const organization_id = someone === suspended ? idOf(suspended) : idOf(active)
      expect(await failure(create(t, someone, { name: 'x', organization_id }))).toBe('VALIDATION_ERROR')
    }
    expect(await failure(create(t, active, { organization_id: idOf(active) }))).toBe('nothing')
    const adminThere = await joined(t, admin, 'active')
    const both = { name: 'y', scopes: ['admin:read' as const], organization_id: idOf(adminThere) }
    expect(await failure(create(t, adminThere, both))).toBe('VALIDATION_ERROR')
  })

  test('for one organization does not exist to another, and goes with the membership', async () => {
    await using t = await testServer({ dialect })
    const caller = await joined(t, await joined(t, await callerOf(t), 'active'), 'active')
    const [membership] = caller.memberships
    const organization_id = membership?.organizationId ?? ''
    const { key } = await create(t, caller, { organization_id })
    expect((await t.call('GET', '/auth/me', { token: key })).body.data.organizations).toMatchObject([
      { id: organization_id },
    ])
    await t.write((ctx) => ctx.tx.delete(ctx.tx.t.member).then(() => {}))
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(401)
  })

  test('is listed to its owner only, and revoked by its owner only', async () => {
    await using t = await testServer({ dialect })
    const [alice, bob] = [await callerOf(t), await callerOf(t)]
    const { key, apiKey } = await create(t, alice)
    const listed = (userId: string) =>
      t.read((ctx) => listApiKeys(ctx, { userId, query: { limit: 50 }, cursors: t.deps.cursors }))
    expect((await listed(alice.user.id)).rows).toMatchObject([{ id: apiKey.id, name: 'ci' }])
    expect((await listed(bob.user.id)).rows).toEqual([])

    const revoke = (userId: string) => t.write((ctx) => revokeApiKey(ctx, { userId, id: apiKey.id }))
    expect(await failure(revoke(bob.user.id))).toBe('NOT_FOUND')
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(200)
    await revoke(alice.user.id)
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(401)
    expect(await failure(revoke(alice.user.id))).toBe('NOT_FOUND')
    expect(await eventsOf(t, 'api_key.revoke')).toHaveLength(1)
  })

  test('ends with all others of its owner', async () => {
    await using t = await testServer({ dialect })
    const [alice, bob] = [await callerOf(t), await callerOf(t)]
    const { key } = await create(t, alice)
    const others = await create(t, bob)
    expect(await t.write((ctx) => revokeApiKeys(ctx, alice.user.id))).toBe(1)
    expect((await t.call('GET', '/auth/me', { token: key })).status).toBe(401)
    expect((await t.call('GET', '/auth/me', { token: others.key })).status).toBe(200)
  })

  test('keeps when it was used last, to the minute', async () => {
    await using t = await testServer({ dialect })
    const { key } = await create(t, await callerOf(t))
    const lastUsed = async () => {
      const [row] = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.apiKey))
      return row?.lastUsedAt?.toISOString()
    }
    /** The write is one that the request sets off without waiting for it. */
    const isNoted = async (expected: string) => {
      for (let attempt = 0; attempt < 500 && (await lastUsed()) !== expected; attempt++) await Bun.sleep(2)
      return (await lastUsed()) === expected
    }
    await t.call('GET', '/auth/me', { token: key })
    expect(await isNoted('2030-01-01T00:00:00.000Z')).toBe(true)
    t.clock.advance(59)
    await t.call('GET', '/auth/me', { token: key })
    expect(await lastUsed()).toBe('2030-01-01T00:00:00.000Z')
    t.clock.advance(1)
    await t.call('GET', '/auth/me', { token: key })
    expect(await isNoted('2030-01-01T00:01:00.000Z')).toBe(true)
  })
})

describe('what a new API key is asked for with', () => {
  test.each([
    ['no scope', { name: 'ci', scopes: [] }],
    ['a scope that there is not', { name: 'ci', scopes: ['everything'] }],
    ['no name', { name: ' ', scopes: ['profile:read'] }],
    ['a name of 101 characters', { name: 'x'.repeat(101), scopes: ['profile:read'] }],
    ['an end that is no instant', { name: 'ci', scopes: ['profile:read'], expires_at: 'tomorrow' }],
    ['an organization that is no id', { name: 'ci', scopes: ['profile:read'], organization_id: 'acme' }],
  ])('is refused with %s', (_, input) => {
    expect(NewApiKey.safeParse(input).success).toBe(false)
  })
})
