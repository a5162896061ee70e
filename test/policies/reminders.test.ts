import { describe, expect, test } from 'bun:test'
import { evaluateUser } from '../../src/policies/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { addTotp, memberOf, passDays, remindersTo, setPolicy } from './compliance.ts'

const REQUIRED = { mfa_policy_mode: 'require_totp', mfa_grace_period_days: 14 }
const BOB = 'bob@example.com'

describe.each(testDialects)('reminders on $name', (dialect) => {
  test('come once each, and never in a burst', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: BOB })
    await setPolicy(t, tenant, REQUIRED)
    t.clock.advance(13.5 * 86_400) // nothing ran since: two have come due
    for (let time = 0; time < 3; time++) await t.write((ctx) => evaluateUser(ctx, bob.user.id))
    await t.deps.outbox.runOnce()
    expect(remindersTo(t, BOB)).toHaveLength(1)
    expect(await memberOf(t, tenant, bob.user.id)).toMatchObject({
      mfaReminders: 2,
      mfaDueAt: new Date('2030-01-15T00:00:00Z'),
      mfaRemindedAt: t.clock.now(),
    })
    await passDays(t, 30)
    expect(remindersTo(t, BOB)).toHaveLength(2)
    const events = (await eventsOf(t, 'mfa.reminder')).filter(({ targetId }) => targetId === bob.user.id)
    expect(events).toHaveLength(2)
    expect(events[0]).toMatchObject({
      actorKind: 'system',
      organizationId: tenant.id,
      details: { deadline: '2030-01-15T00:00:00.000Z', missing: ['totp'] },
    })
  })

  test('begin anew with a deadline that moves, and not with other notice', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await tenant.join('member', { email: BOB })
    await setPolicy(t, tenant, REQUIRED)
    await passDays(t, 8)
    expect(remindersTo(t, BOB)).toHaveLength(1)
    await setPolicy(t, tenant, { notify_days_before: 10 })
    await passDays(t, 1)
    await setPolicy(t, tenant, { notify_days_before: 2 })
    await passDays(t, 3.5)
    expect(remindersTo(t, BOB)).toHaveLength(1)
    await setPolicy(t, tenant, { mfa_grace_period_days: 20, notify_days_before: 7 })
    await passDays(t, 1)
    expect(remindersTo(t, BOB)).toEqual([
      'Add a second factor by 15 January 2030 at 00:00 UTC',
      'Add a second factor by 21 January 2030 at 00:00 UTC',
    ])
  })

  test('stop with enrolment', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: BOB })
    await setPolicy(t, tenant, REQUIRED)
    await passDays(t, 7)
    await addTotp(t, bob.user.id)
    await passDays(t, 30)
    expect(remindersTo(t, BOB)).toHaveLength(1)
    expect(await memberOf(t, tenant, bob.user.id)).toMatchObject({ mfaReminders: 0, mfaDueAt: null })
  })

  test('are told in the reader’s language', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: BOB })
    await t.call('PATCH', '/users/me', { token: bob.token, body: { locale: 'de' } })
    await setPolicy(t, tenant, REQUIRED)
    await passDays(t, 7)
    const [subject] = remindersTo(t, BOB)
    expect(subject).toBe('Richten Sie bis 15. Januar 2030 um 00:00 UTC einen zweiten Faktor ein')
  })
})

describe.each(testDialects)('a reminder that an administrator sends on $name', (dialect) => {
  test('goes out at most once an hour, also of twenty requests at once', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: BOB })
    await setPolicy(t, tenant, REQUIRED)
    const send = () =>
      t.call('POST', tenant.path(`/members/${bob.user.id}/send-mfa-reminder`), { token: tenant.owner.token })
    const answers = await Promise.all(Array.from({ length: 20 }, send))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(429)])
    await t.deps.outbox.runOnce()
    expect(remindersTo(t, BOB)).toHaveLength(1)
    t.clock.advance(3_599)
    const refused = await send()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    t.clock.advance(1)
    expect((await send()).status).toBe(200)
    await t.deps.outbox.runOnce()
    expect(remindersTo(t, BOB)).toHaveLength(2)
    const events = await eventsOf(t, 'mfa.reminder')
    expect(events.map(({ actorId, targetId }) => [actorId, targetId])).toEqual(
      Array(2).fill([tenant.owner.user.id, bob.user.id]),
    )
  })

  test('is refused where nothing is missing, and for strangers', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const other = await foundTenant(t, 'Globex')
    const bob = await tenant.join('member', { email: BOB })
    const send = async (token: string | undefined, userId: string) =>
      (await t.call('POST', tenant.path(`/members/${userId}/send-mfa-reminder`), { token })).status
    expect(await send(tenant.owner.token, bob.user.id)).toBe(409)
    await setPolicy(t, tenant, REQUIRED)
    expect(await send(undefined, bob.user.id)).toBe(401)
    expect(await send(bob.token, bob.user.id)).toBe(403)
    expect(await send(other.owner.token, bob.user.id)).toBe(404)
    expect(await send(tenant.owner.token, other.owner.user.id)).toBe(404)
    await addTotp(t, bob.user.id)
    expect(await send(tenant.owner.token, bob.user.id)).toBe(409)
    await t.deps.outbox.runOnce()
    expect(remindersTo(t, BOB)).toEqual([])
  })
})
