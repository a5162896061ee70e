import { describe, expect, test } from 'bun:test'
import { addMember } from '../../src/organizations/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { anotherSession } from '../profile/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import {
  addKey,
  addTotp,
  memberOf,
  passDays,
  remindersTo,
  removeFactors,
  setOverride,
  setPolicy,
  statusOf,
} from './compliance.ts'

const REQUIRED = { mfa_policy_mode: 'require_totp_or_webauthn', mfa_grace_period_days: 14 }

/** What answers to somebody who must enrol first: that, and proving who it is that enrols. */
const ENROLMENT = [
  'GET /auth/me',
  'GET /auth/totp/status',
  'GET /auth/webauthn/status',
  'GET /users/me',
  'GET /users/me/mfa-compliance',
  'GET /users/me/organizations',
  'POST /auth/logout',
  'POST /auth/step-up',
  'POST /auth/step-up/begin',
  'POST /auth/totp/enroll',
  'POST /auth/totp/verify-enrollment',
  'POST /auth/webauthn/register/begin',
  'POST /auth/webauthn/register/complete',
]

/** Every route that wants to know who calls, by its guard. */
const guardedRoutes = (t: TestServer) =>
  t.app.routes
    .map(({ method, path, hooks }) => ({
      method,
      path: path.replace('/api/v1', ''),
      guard: String((hooks.detail as { 'x-guard'?: unknown })['x-guard']),
    }))
    .filter(({ guard }) => guard !== 'public')

describe.each(testDialects)('on $name', (dialect) => {
  test('an organization walks from a new policy to full compliance', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: 'bob@example.com' })
    const start = t.clock.now()
    const status = () => statusOf(t, tenant, bob.user.id, start)
    const me = async () => (await t.call('GET', '/auth/me', { token: bob.token })).body.data

    await setPolicy(t, tenant, REQUIRED)
    expect(await status()).toEqual(['in_grace', 14])
    expect((await me()).mfa_compliance).toEqual({
      status: 'in_grace',
      organizations: [
        {
          organization_id: tenant.id,
          slug: tenant.slug,
          name: 'Acme Corporation',
          status: 'in_grace',
          deadline_at: '2030-01-15T00:00:00.000Z',
          missing_methods: ['totp_or_webauthn'],
        },
      ],
    })
    expect((await t.call('GET', tenant.path(), { token: bob.token })).status).toBe(200)

    await passDays(t, 6)
    expect(remindersTo(t, 'bob@example.com')).toHaveLength(0)
    await passDays(t, 7)
    expect(remindersTo(t, 'bob@example.com')).toHaveLength(2)
    await passDays(t, 1)
    expect(remindersTo(t, 'bob@example.com')).toEqual([
      'Add a second factor by 15 January 2030 at 00:00 UTC',
      'Add a second factor by 15 January 2030 at 00:00 UTC',
      'A second factor is missing',
    ])
    expect(await status()).toEqual(['past_due', 14])
    await passDays(t, 10)
    expect(remindersTo(t, 'bob@example.com')).toHaveLength(3)

    const { token } = await anotherSession(t, bob.user.id)
    const limited = (await t.call('GET', '/auth/me', { token })).body.data
    expect(limited).toMatchObject({ session: { is_compliance_only: true } })
    expect(limited.mfa_compliance.status).toBe('past_due')
    await addTotp(t, bob.user.id)
    expect(await status()).toEqual(['compliant', null])
    expect((await t.call('GET', tenant.path(), { token })).status).toBe(200)
    expect((await t.call('GET', '/auth/me', { token })).body.data).toMatchObject({
      session: { is_compliance_only: false },
      mfa_compliance: { status: 'compliant' },
    })

    const changes = (await eventsOf(t, 'mfa.compliance_change'))
      .filter(({ targetId }) => targetId === bob.user.id)
      .map(({ details }) => [details.from, details.to, details.deadline])
    expect(changes).toEqual([
      ['not_applicable', 'in_grace', '2030-01-15T00:00:00.000Z'],
      ['in_grace', 'past_due', '2030-01-15T00:00:00.000Z'],
      ['past_due', 'compliant', null],
    ])
  })

  test('past the deadline nothing answers but what enrolment needs', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, { ...REQUIRED, mfa_grace_period_days: 0 })
    const { token } = tenant.owner
    const isEnrolling = ({ guard }: { guard: string }) => guard.startsWith('enrolling')
    const open = guardedRoutes(t).filter(isEnrolling)
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(ENROLMENT)
    for (const { method, path } of guardedRoutes(t).filter((route) => !isEnrolling(route))) {
      const body = method === 'GET' ? {} : { body: {} }
      const answer = await t.call(method, path.replaceAll(/:\w+/g, 'x'), { token, ...body })
      const got = [method, path, answer.status, answer.body.error.type]
      expect(got).toEqual([method, path, 403, 'COMPLIANCE_REQUIRED'])
    }
    for (const path of ['/auth/me', '/users/me', '/users/me/mfa-compliance', '/users/me/organizations']) {
      expect((await t.call('GET', path, { token })).status).toBe(200)
    }
  })

  // Anybody can found an organization and add people to it: once they could not get out from under its policy.
  test('past the deadline a member can still leave, and removes nobody else', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const [bob, carol] = [await tenant.join('admin'), await tenant.join('member')]
    await setPolicy(t, tenant, { ...REQUIRED, mfa_grace_period_days: 0 })
    const { token } = bob
    const listed = await t.call('GET', '/users/me/organizations', { token })
    expect(listed.body.data.organizations).toMatchObject([{ id: tenant.id }])
    const remove = (userId: string) => t.call('DELETE', tenant.path(`/members/${userId}`), { token })
    const refused = await remove(carol.user.id)
    expect([refused.status, refused.body.error.type]).toEqual([403, 'COMPLIANCE_REQUIRED'])
    expect(refused.body.message).toContain('DELETE /api/v1/organizations/:id/members/:userId')
    expect((await t.call('GET', '/auth/sessions', { token })).status).toBe(403)
    expect((await remove(bob.user.id)).status).toBe(200)
    expect((await t.call('GET', '/auth/sessions', { token })).status).toBe(200)
    expect([...(await tenant.roles()).keys()].sort()).toEqual([tenant.owner.user.id, carol.user.id].sort())
    expect((await tenant.actions()).at(-1)).toBe('org.member.leave')
  })

  test('a deadline that passes between two runs of the job counts at once', async () => {
    await using t = await testServer({
      dialect,
      env: { MAX_SESSION_DURATION: '30d', SESSION_IDLE_TIMEOUT: '30d' },
    })
    const tenant = await foundTenant(t)
    const { token } = tenant.owner
    await setPolicy(t, tenant, REQUIRED)
    t.clock.advance(14 * 86_400 - 1)
    expect((await t.call('GET', tenant.path(), { token })).status).toBe(200)
    t.clock.advance(1)
    expect((await t.call('GET', tenant.path(), { token })).body.error).toMatchObject({
      type: 'COMPLIANCE_REQUIRED',
      details: { missing_methods: ['totp_or_webauthn'], organizations: [{ id: tenant.id }] },
    })
    const own = await t.call('GET', '/users/me/mfa-compliance', { token })
    expect(own.body.data.mfa_compliance.status).toBe('past_due')
  })

  test('tightening gives time to those alone whom it asks for more', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const start = t.clock.now()
    const [withKey, withApp, withBoth] = [
      await tenant.join('member'),
      await tenant.join('member'),
      await tenant.join('member'),
    ]
    await setPolicy(t, tenant, REQUIRED)
    await addKey(t, withKey.user.id)
    await addTotp(t, withApp.user.id)
    await addTotp(t, withBoth.user.id)
    await addKey(t, withBoth.user.id)
    await passDays(t, 20)
    await addKey(t, tenant.owner.user.id)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn' })
    expect(await statusOf(t, tenant, withKey.user.id, start)).toEqual(['compliant', null])
    expect(await statusOf(t, tenant, withApp.user.id, start)).toEqual(['in_grace', 34])
    expect(await statusOf(t, tenant, withBoth.user.id, start)).toEqual(['compliant', null])
  })

  test('loosening and other fields move no deadline; days do', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const start = t.clock.now()
    const status = () => statusOf(t, tenant, bob.user.id, start)
    await setPolicy(t, tenant, { ...REQUIRED, mfa_policy_mode: 'require_totp' })
    await passDays(t, 0.25)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp_or_webauthn' })
    expect(await status()).toEqual(['in_grace', 14])
    await setPolicy(t, tenant, { password_min_length: 12 })
    expect(await status()).toEqual(['in_grace', 14])
    await setPolicy(t, tenant, { mfa_grace_period_days: 20 })
    expect(await status()).toEqual(['in_grace', 20])
    await setPolicy(t, tenant, { mfa_policy_mode: 'optional' })
    expect(await status()).toEqual(['not_applicable', null])
  })

  test('who joins late has the whole time from then', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const start = t.clock.now()
    await setPolicy(t, tenant, REQUIRED)
    await passDays(t, 10)
    const late = await tenant.join('member')
    expect((await memberOf(t, tenant, late.user.id)).mfaStatus).toBe('not_applicable')
    await t.deps.outbox.runOnce()
    expect(await statusOf(t, tenant, late.user.id, start)).toEqual(['in_grace', 24])
  })

  test('an exemption asks for nothing until it ends, and then gives the whole time', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const start = t.clock.now()
    const status = () => statusOf(t, tenant, bob.user.id, start)
    await setPolicy(t, tenant, REQUIRED)
    const exempt = { mode: 'exempt', ends_at: '2030-01-21T00:00:00Z' }
    expect((await setOverride(t, tenant, bob.user.id, exempt)).status).toBe(200)
    expect(await status()).toEqual(['not_applicable', null])
    await passDays(t, 19.75)
    expect(await status()).toEqual(['not_applicable', null])
    await passDays(t, 0.25)
    expect(await status()).toEqual(['in_grace', 34])
  })

  test('an exemption that is taken back gives the whole time from then', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await addTotp(t, tenant.owner.user.id)
    const start = t.clock.now()
    await setPolicy(t, tenant, REQUIRED)
    await setOverride(t, tenant, bob.user.id, { mode: 'exempt', ends_at: '2030-06-01T00:00:00Z' })
    await passDays(t, 20)
    for (const _ of [1, 2]) {
      expect((await setOverride(t, tenant, bob.user.id, { mode: 'inherit' })).status).toBe(200)
      expect(await statusOf(t, tenant, bob.user.id, start)).toEqual(['in_grace', 34])
    }
  })

  test('of two organizations each keeps its own time, and the worse counts', async () => {
    await using t = await testServer({ dialect })
    const acme = await foundTenant(t)
    const globex = await foundTenant(t, 'Globex')
    const bob = await acme.join('member')
    await t.write((ctx) => addMember(ctx, { organizationId: globex.id, user: bob.user, role: 'member' }))
    const overall = async () =>
      (await t.call('GET', '/users/me/mfa-compliance', { token: bob.token })).body.data.mfa_compliance.status
    await setPolicy(t, acme, REQUIRED)
    await setPolicy(t, globex, { mfa_policy_mode: 'require_webauthn', mfa_grace_period_days: 0 })
    expect(await overall()).toBe('past_due')
    await addTotp(t, bob.user.id)
    expect((await memberOf(t, acme, bob.user.id)).mfaStatus).toBe('compliant')
    expect((await memberOf(t, globex, bob.user.id)).mfaStatus).toBe('past_due')
    expect((await t.call('GET', acme.path(), { token: bob.token })).status).toBe(403)
    await addKey(t, bob.user.id)
    expect(await overall()).toBe('compliant')
  })

  test('who is suspended owes nothing, and everything again afterwards', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const { token } = tenant.owner
    const start = t.clock.now()
    const status = () => statusOf(t, tenant, bob.user.id, start)
    await setPolicy(t, tenant, REQUIRED)
    for (const [what, expected] of [
      ['suspend', ['suspended', null]],
      ['unsuspend', ['in_grace', 14]],
    ] as const) {
      await t.call('POST', tenant.path(`/members/${bob.user.id}/${what}`), { token })
      await t.deps.outbox.runOnce()
      expect(await status()).toEqual([...expected])
    }
  })

  test('so does who is suspended altogether, at once', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t) // whose owner is the first user, and so administers the instance
    const bob = await tenant.join('member')
    const { token } = tenant.owner
    await setPolicy(t, tenant, REQUIRED)
    for (const [what, status] of [
      ['suspend', 'suspended'],
      ['unsuspend', 'in_grace'],
    ] as const) {
      const answer = await t.call('POST', `/admin/users/${bob.user.id}/${what}`, { token, body: {} })
      expect(answer.status).toBe(200)
      expect((await memberOf(t, tenant, bob.user.id)).mfaStatus).toBe(status)
    }
  })

  test('who loses all factors after the deadline is past due at once, and told', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: 'bob@example.com' })
    const start = t.clock.now()
    await setPolicy(t, tenant, REQUIRED)
    await addTotp(t, bob.user.id)
    await passDays(t, 30)
    expect(remindersTo(t, 'bob@example.com')).toEqual([])
    await removeFactors(t, bob.user.id)
    await t.deps.outbox.runOnce()
    expect(await statusOf(t, tenant, bob.user.id, start)).toEqual(['past_due', 14])
    expect(remindersTo(t, 'bob@example.com')).toEqual(['A second factor is missing'])
  })
})
