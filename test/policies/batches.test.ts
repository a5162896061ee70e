import { describe, expect, test } from 'bun:test'
import { enqueue } from '../../src/outbox/index.ts'
import { evaluateOrganization } from '../../src/policies/batches.ts'
import { evaluateDue, evaluateUser } from '../../src/policies/index.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { addTotp, memberOf, passDays, setPolicy } from './compliance.ts'

const MEMBERS = 1_000

/** Many members, written as rows: adding each over the API is tested elsewhere. */
async function fill(t: TestServer, tenant: Tenant): Promise<void> {
  await t.write(async (ctx) => {
    const { user, member } = ctx.tx.t
    const ids = Array.from({ length: MEMBERS - 1 }, () => ctx.newId())
    const common = { emailVerifiedAt: null, fullName: null, avatarUrl: null, locale: null }
    const times = { createdAt: ctx.now, updatedAt: ctx.now }
    for (let from = 0; from < ids.length; from += 250) {
      const part = ids.slice(from, from + 250)
      const people = part.map((id) => ({ id, email: `${id}@x.example`, emailNormalized: `${id}@x.example` }))
      await ctx.tx.insert(user).values(
        people.map((person) => ({
          ...person,
          ...common,
          ...times,
          status: 'active' as const,
          isInstanceAdmin: false,
        })),
      )
      await ctx.tx.insert(member).values(
        part.map((userId) => ({
          organizationId: tenant.id,
          userId,
          role: 'member' as const,
          status: 'active' as const,
          joinedAt: ctx.now,
        })),
      )
    }
  })
}

const countOf = async (t: TestServer, tenant: Tenant) => {
  const { token } = tenant.owner
  return (await t.call('GET', tenant.path('/mfa-compliance?limit=1'), { token })).body.data.counts
}

/** Says how many transactions there were while it worked. */
function counting(t: TestServer, stopAfter = Number.POSITIVE_INFINITY) {
  const controller = new AbortController()
  const counted = { transactions: 0, signal: controller.signal, deps: t.deps }
  counted.deps = {
    ...t.deps,
    write: (origin, body, options) => {
      counted.transactions++
      if (counted.transactions === stopAfter) controller.abort(new Error('The process stops'))
      return t.deps.write(origin, body, options)
    },
  }
  return counted
}

describe.each(testDialects)('on $name', (dialect) => {
  test('a thousand members are judged in batches, and a run that was cut off goes on', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await fill(t, tenant)
    const body = { policy_version: 0, mfa_policy_mode: 'require_totp' }
    await t.call('PUT', tenant.path('/security-policy'), { token: tenant.owner.token, body })
    expect(await countOf(t, tenant)).toMatchObject({ pending: MEMBERS })

    const first = counting(t, 2)
    const cutOff = evaluateOrganization(first.deps, tenant.id, { signal: first.signal })
    await expect(cutOff).rejects.toThrow('stops')
    expect(await countOf(t, tenant)).toMatchObject({ pending: MEMBERS - 400, in_grace: 400 })

    const second = counting(t)
    const counts = await evaluateOrganization(second.deps, tenant.id)
    expect(counts).toEqual({ judged: 600, changed: 600, reminded: 0 })
    expect(second.transactions).toBe(4) // three batches, and one that found nothing
    expect(await countOf(t, tenant)).toMatchObject({ pending: 0, in_grace: MEMBERS })
  })

  test('the job finds who is due, and who was judged by an older policy', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const other = await foundTenant(t, 'Globex')
    await t.deps.outbox.runOnce()
    expect(await evaluateDue(t.deps)).toEqual({ judged: 0, changed: 0, reminded: 0 })
    const body = { policy_version: 0, mfa_policy_mode: 'require_totp', notify_days_before: 14 }
    await t.call('PUT', tenant.path('/security-policy'), { token: tenant.owner.token, body })
    expect(await evaluateDue(t.deps)).toEqual({ judged: 1, changed: 1, reminded: 1 })
    expect(await evaluateDue(t.deps)).toEqual({ judged: 0, changed: 0, reminded: 0 })
    expect(await passDays(t, 12)).toEqual({ judged: 0, changed: 0, reminded: 0 })
    expect(await passDays(t, 2)).toEqual({ judged: 2, changed: 1, reminded: 2 })
    expect((await memberOf(t, other, other.owner.user.id)).mfaPolicyVersion).toBe(0)
  })

  test('two at once judge everybody once, and remind once', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    for (let count = 0; count < 20; count++) await tenant.join('member')
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp' })
    t.clock.advance(7 * 86_400)
    const runs = await Promise.all(Array.from({ length: 4 }, () => evaluateDue(t.deps)))
    expect(runs.reduce((sum, { reminded }) => sum + reminded, 0)).toBe(21)
    const events = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.auditEvent))
    expect(events.filter(({ action }) => action === 'mfa.reminder')).toHaveLength(21)
  })

  test('a factor that is enrolled while everybody is judged counts', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const people = []
    for (let count = 0; count < 10; count++) people.push(await tenant.join('member'))
    const body = { policy_version: 0, mfa_policy_mode: 'require_totp' }
    await t.call('PUT', tenant.path('/security-policy'), { token: tenant.owner.token, body })
    await Promise.all([
      evaluateOrganization(t.deps, tenant.id),
      ...people.map(({ user }) => addTotp(t, user.id)),
      evaluateDue(t.deps),
    ])
    for (const { user } of people) {
      expect((await memberOf(t, tenant, user.id)).mfaStatus).toBe('compliant')
    }
  })

  test('a message that makes no sense ends as a dead letter; one about nobody does nothing', async () => {
    await using t = await testServer({ dialect })
    await t.write((ctx) => enqueue(ctx, { kind: 'policies.evaluate', payload: { whom: 'everybody' } }))
    await t.write((ctx) =>
      enqueue(ctx, { kind: 'policies.evaluate', payload: { organizationId: 'gone', userId: 'gone' } }),
    )
    await t.write((ctx) => enqueue(ctx, { kind: 'policies.evaluate', payload: { organizationId: 'gone' } }))
    await t.write((ctx) => evaluateUser(ctx, 'gone'))
    await t.deps.outbox.runOnce()
    const left = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.outboxMessage))
    expect(left.map(({ status }) => status)).toEqual(['dead'])
  })
})
