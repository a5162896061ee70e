import { describe, expect, test } from 'bun:test'
import type { Membership } from '../../src/http/index.ts'
import type { MfaStatus } from '../../src/kernel/index.ts'
import { addMember } from '../../src/organizations/index.ts'
import { effectivePolicy, mfaComplianceView } from '../../src/policies/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { OTHER_MODEL, setPolicy, YUBIKEY } from './compliance.ts'

describe.each(testDialects)('what organizations ask of a user together on $name', (dialect) => {
  test('is nothing where none asks for anything', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    expect(await t.read((ctx) => effectivePolicy(ctx, tenant.owner.user.id))).toEqual({
      password: { minLength: 8, requireUpper: false, requireNumber: false, requireSpecial: false },
      sessionMaxSeconds: undefined,
      sessionIdleSeconds: undefined,
      allowedAuthMethods: [],
      webauthnAllowedAaguids: [],
    })
  })

  test('is the strictest of each rule, over those in which they are active', async () => {
    await using t = await testServer({ dialect })
    const acme = await foundTenant(t)
    const globex = await foundTenant(t, 'Globex')
    const initech = await foundTenant(t, 'Initech')
    const bob = await acme.join('member')
    for (const { id } of [globex, initech]) {
      await t.write((ctx) => addMember(ctx, { organizationId: id, user: bob.user, role: 'member' }))
    }
    await setPolicy(t, acme, {
      password_min_length: 10,
      password_require_upper: true,
      session_max_hours: 8,
      allowed_auth_methods: ['password', 'passkey'],
    })
    await setPolicy(t, globex, {
      password_min_length: 14,
      password_require_number: true,
      session_max_hours: 12,
      session_idle_minutes: 30,
      webauthn_allowed_aaguids: [YUBIKEY, OTHER_MODEL],
    })
    await setPolicy(t, initech, { password_min_length: 64, session_max_hours: 1 })
    const { token } = initech.owner
    await t.call('POST', initech.path(`/members/${bob.user.id}/suspend`), { token })
    expect(await t.read((ctx) => effectivePolicy(ctx, bob.user.id))).toEqual({
      password: { minLength: 14, requireUpper: true, requireNumber: true, requireSpecial: false },
      sessionMaxSeconds: 8 * 3_600,
      sessionIdleSeconds: 1_800,
      allowedAuthMethods: [
        { organizationId: acme.id, name: 'Acme Corporation', methods: ['password', 'passkey'] },
      ],
      webauthnAllowedAaguids: [[YUBIKEY, OTHER_MODEL]],
    })
  })

  test('shortens sessions that are open already, and lengthens none', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const stranger = await t.signedIn()
    const sessionOf = async (id: string) => {
      const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.session))
      const row = rows.find((session) => session.id === id)
      return row && [row.expiresAt.toISOString(), row.idleSeconds]
    }
    const asBefore = ['2030-01-02T00:00:00.000Z', 43_200]
    expect(await sessionOf(bob.sessionId)).toEqual(asBefore)
    await setPolicy(t, tenant, { session_max_hours: 8, session_idle_minutes: 15 })
    expect(await sessionOf(bob.sessionId)).toEqual(['2030-01-01T08:00:00.000Z', 900])
    expect(await sessionOf(stranger.sessionId)).toEqual(asBefore)
    await setPolicy(t, tenant, { session_max_hours: 500, session_idle_minutes: null })
    expect(await sessionOf(bob.sessionId)).toEqual(['2030-01-01T08:00:00.000Z', 900])
    t.clock.advance(901)
    expect((await t.call('GET', '/auth/me', { token: bob.token })).status).toBe(401)
  })
})

describe('the status of a user over all organizations', () => {
  const now = new Date('2030-01-10T00:00:00Z')
  const membership = (mfaStatus: MfaStatus, changed: Partial<Membership> = {}): Membership => ({
    organizationId: 'acme',
    slug: 'acme',
    name: 'Acme',
    role: 'member',
    status: 'active',
    joinedAt: now,
    mfaStatus,
    mfaDeadlineAt: null,
    mfaMissing: [],
    ...changed,
  })

  test.each<readonly [MfaStatus, readonly Membership[]]>([
    ['not_applicable', []],
    ['not_applicable', [membership('not_applicable')]],
    ['compliant', [membership('not_applicable'), membership('compliant')]],
    [
      'in_grace',
      [membership('in_grace', { mfaDeadlineAt: new Date('2030-01-11') }), membership('compliant')],
    ],
    ['past_due', [membership('in_grace', { mfaDeadlineAt: now }), membership('compliant')]],
    ['past_due', [membership('past_due'), membership('in_grace')]],
    ['suspended', [membership('past_due', { status: 'suspended' })]],
    ['compliant', [membership('past_due', { status: 'suspended' }), membership('compliant')]],
  ])('is %s', (expected, memberships) => {
    expect(mfaComplianceView(memberships, now).status).toBe(expected)
  })

  test('tells of the organizations that ask for something', () => {
    const both = [membership('not_applicable'), membership('compliant', { organizationId: 'globex' })]
    const { organizations } = mfaComplianceView(both, now)
    expect(organizations.map((each) => each.organization_id)).toEqual(['globex'])
  })
})
