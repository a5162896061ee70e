import { describe, expect, test } from 'bun:test'
import { type RemainingFactors, requireRemovable } from '../../src/policies/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { addKey, addTotp, memberOf, OTHER_MODEL, setOverride, setPolicy, YUBIKEY } from './compliance.ts'

const NOTHING = { hasTotp: false, hasWebauthn: false }
const APP = { hasTotp: true, hasWebauthn: false }
const KEY = { hasTotp: false, hasWebauthn: true }

describe.each(testDialects)('removing a factor on $name', (dialect) => {
  test('is refused where an organization that is satisfied would not be any more', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await addTotp(t, bob.user.id)
    const remove = (remaining: RemainingFactors) =>
      t
        .read((ctx) => requireRemovable(ctx, bob.user.id, remaining))
        .then(
          () => 'allowed',
          (error) => [error.type, error.message, error.details],
        )
    expect(await remove(NOTHING)).toBe('allowed')
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp_or_webauthn' })
    expect(await remove(NOTHING)).toEqual([
      'CONFLICT',
      '“Acme Corporation” requires this second factor. Enrol another one that will do first.',
      {
        organizations: [{ id: tenant.id, name: 'Acme Corporation', missing_methods: ['totp_or_webauthn'] }],
      },
    ])
    const key = await addKey(t, bob.user.id)
    expect(await remove(KEY)).toBe('allowed')
    expect(await remove({ ...APP, withoutCredentialId: key })).toBe('allowed')
    await setOverride(t, tenant, bob.user.id, { mode: 'required', force_webauthn: true })
    expect(await remove(KEY)).toBe('allowed')
    expect(await remove({ ...APP, withoutCredentialId: key })).toContain('CONFLICT')
    await setOverride(t, tenant, bob.user.id, { mode: 'exempt', ends_at: '2030-06-01T00:00:00Z' })
    expect(await remove(NOTHING)).toBe('allowed')
  })

  test('is allowed to who does not comply anyway, and to who is suspended there', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn' })
    await addTotp(t, bob.user.id)
    await t.read((ctx) => requireRemovable(ctx, bob.user.id, NOTHING))
    await addKey(t, bob.user.id)
    const { token } = tenant.owner
    await t.call('POST', tenant.path(`/members/${bob.user.id}/suspend`), { token })
    await t.read((ctx) => requireRemovable(ctx, bob.user.id, NOTHING))
  })

  test('counts a key by its model where models are listed', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await setPolicy(t, tenant, {
      mfa_policy_mode: 'require_webauthn',
      webauthn_allowed_aaguids: [YUBIKEY],
    })
    const status = async () => (await memberOf(t, tenant, bob.user.id)).mfaStatus
    await addKey(t, bob.user.id, { aaguid: OTHER_MODEL })
    expect(await status()).toBe('in_grace')
    await addKey(t, bob.user.id, { isAttested: false })
    expect(await status()).toBe('in_grace')
    const approved = await addKey(t, bob.user.id)
    expect(await status()).toBe('compliant')
    const remove = (withoutCredentialId: string) =>
      t.read((ctx) => requireRemovable(ctx, bob.user.id, { ...KEY, withoutCredentialId }))
    await expect(remove(approved)).rejects.toMatchObject({ type: 'CONFLICT' })
    await remove('another')
  })

  test('a list of models that becomes narrower gives time to those whose keys it leaves out', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member')
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn', mfa_grace_period_days: 1 })
    await addKey(t, bob.user.id, { aaguid: OTHER_MODEL })
    t.clock.advance(5 * 86_400)
    await addKey(t, tenant.owner.user.id)
    await setPolicy(t, tenant, { webauthn_allowed_aaguids: [YUBIKEY] })
    expect(await memberOf(t, tenant, bob.user.id)).toMatchObject({
      mfaStatus: 'in_grace',
      mfaDeadlineAt: new Date('2030-01-07T00:00:00Z'),
    })
  })
})
