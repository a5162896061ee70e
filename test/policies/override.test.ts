import { describe, expect, test } from 'bun:test'
import { eventsOf } from '../authentication/people.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { addTotp, memberOf, passDays, setOverride, setPolicy, statusOf } from './compliance.ts'

const INHERITS = {
  mode: 'inherit',
  force_totp: false,
  force_webauthn: false,
  reason: null,
  ends_at: null,
  set_at: null,
  set_by: null,
  required_methods: [],
}

describe.each(testDialects)('what is different for a member on $name', (dialect) => {
  test('is set, seen, counted at once, recorded and taken back', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const path = tenant.path(`/users/${bob.user.id}/security-policy`)
    const { token } = tenant.owner
    expect((await t.call('GET', path, { token })).body.data.override).toEqual(INHERITS)

    const forced = await setOverride(t, tenant, bob.user.id, { mode: 'required', force_webauthn: true })
    const expected = {
      mode: 'required',
      force_totp: false,
      force_webauthn: true,
      reason: 'A test',
      ends_at: null,
      set_at: '2030-01-01T00:00:00.000Z',
      set_by: tenant.owner.user.id,
      required_methods: ['webauthn'],
    }
    expect([forced.status, forced.body.data?.override]).toEqual([200, expected])
    expect((await t.call('GET', path, { token })).body.data.override).toEqual(expected)
    expect(await memberOf(t, tenant, bob.user.id)).toMatchObject({
      mfaStatus: 'in_grace',
      mfaMissing: ['webauthn'],
    })

    const back = await setOverride(t, tenant, bob.user.id, { mode: 'inherit' })
    expect(back.body.data.override).toEqual(INHERITS)
    expect(await memberOf(t, tenant, bob.user.id)).toMatchObject({ mfaStatus: 'not_applicable' })
    const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.securityPolicyOverride))
    expect(rows).toEqual([])

    const events = await eventsOf(t, 'user.security_policy.override')
    expect(events.map(({ details }) => details)).toEqual([
      {
        from: { mode: 'inherit' },
        to: { mode: 'required', force_totp: false, force_webauthn: true, ends_at: null },
        reason: 'A test',
      },
      {
        from: { mode: 'required', force_totp: false, force_webauthn: true, ends_at: null },
        to: { mode: 'inherit' },
        reason: 'A test',
      },
    ])
  })

  test('gives no more time when it is said again, and the whole time for more', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const start = t.clock.now()
    const set = async (change: object) => {
      expect((await setOverride(t, tenant, bob.user.id, change)).status).toBe(200)
      return statusOf(t, tenant, bob.user.id, start)
    }
    expect(await set({ mode: 'inherit', force_totp: true })).toEqual(['in_grace', 14])
    await passDays(t, 5)
    expect(await set({ mode: 'inherit', force_totp: true })).toEqual(['in_grace', 14])
    expect(await set({ mode: 'required' })).toEqual(['in_grace', 14])
    expect(await set({ mode: 'required', force_totp: true, force_webauthn: true })).toEqual(['in_grace', 19])
  })

  test('of the owner is the owner’s own affair, and no administrator asks less of themselves', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const carol = await tenant.join('admin')
    const dave = await tenant.join('admin')
    await addTotp(t, carol.user.id)
    await addTotp(t, dave.user.id)
    await addTotp(t, tenant.owner.user.id)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp' })
    const exempt = { mode: 'exempt', reason: 'Tired of it', ends_at: '2030-06-01T00:00:00Z' }
    const set = async (token: string, userId: string, body: object) =>
      (await t.call('PATCH', tenant.path(`/users/${userId}/security-policy`), { token, body })).status
    expect(await set(carol.token, tenant.owner.user.id, exempt)).toBe(403)
    expect(await set(carol.token, carol.user.id, exempt)).toBe(403)
    const more = { mode: 'required', force_webauthn: true, reason: 'To be safe' }
    expect(await set(carol.token, carol.user.id, more)).toBe(200)
    expect(await set(carol.token, carol.user.id, { mode: 'inherit', reason: 'Changed my mind' })).toBe(403)
    expect(await set(dave.token, carol.user.id, { mode: 'inherit', reason: 'Asked by Carol' })).toBe(200)
    expect(await set(tenant.owner.token, tenant.owner.user.id, exempt)).toBe(200)
  })

  test('is for administrators of that organization', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const other = await foundTenant(t, 'Globex')
    const bob = await tenant.join('member')
    const path = tenant.path(`/users/${bob.user.id}/security-policy`)
    const body = { mode: 'required', reason: 'A test' }
    for (const [token, status] of [
      [undefined, 401],
      [bob.token, 403],
      [(await tenant.join('guest')).token, 403],
      [other.owner.token, 404],
    ] as const) {
      expect((await t.call('PATCH', path, { token, body })).status).toBe(status)
      expect((await t.call('GET', path, { token })).status).toBe(status)
    }
    const stranger = tenant.path(`/users/${other.owner.user.id}/security-policy`)
    for (const method of ['GET', 'PATCH']) {
      const sent = method === 'GET' ? {} : { body }
      expect((await t.call(method, stranger, { token: tenant.owner.token, ...sent })).status).toBe(404)
      const nobody = tenant.path('/users/nonsense/security-policy')
      expect((await t.call(method, nobody, { token: tenant.owner.token, ...sent })).status).toBe(404)
    }
  })

  test('goes with the member', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await setOverride(t, tenant, bob.user.id, { mode: 'required' })
    await t.call('DELETE', tenant.path(`/members/${bob.user.id}`), { token: tenant.owner.token })
    const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.securityPolicyOverride))
    expect(rows).toEqual([])
  })
})

describe('refused is', () => {
  test.each<[string, object]>([
    ['a mode that is not one', { mode: 'optional' }],
    ['no mode', {}],
    ['no reason', { mode: 'required', reason: undefined }],
    ['an empty reason', { mode: 'required', reason: '  ' }],
    ['a long reason', { mode: 'required', reason: 'x'.repeat(501) }],
    ['an unknown field', { mode: 'required', until: '2030-06-01T00:00:00Z' }],
    ['an exemption without an end', { mode: 'exempt' }],
    ['an exemption that ends now', { mode: 'exempt', ends_at: '2030-01-01T00:00:00Z' }],
    ['an exemption that has ended', { mode: 'exempt', ends_at: '2029-12-31T00:00:00Z' }],
    ['an exemption of more than a year', { mode: 'exempt', ends_at: '2031-01-03T00:00:00Z' }],
    ['an end that is no time', { mode: 'exempt', ends_at: 'tomorrow' }],
    ['an end of something else', { mode: 'required', ends_at: '2030-06-01T00:00:00Z' }],
    [
      'an exemption with something forced',
      { mode: 'exempt', ends_at: '2030-06-01T00:00:00Z', force_totp: true },
    ],
  ])('%s', async (_, change) => {
    await using t = await testServer()
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    const { status, body } = await setOverride(t, tenant, bob.user.id, change)
    expect([status, body.error.type]).toEqual([400, 'VALIDATION_ERROR'])
  })
})
