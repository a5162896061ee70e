import { describe, expect, test } from 'bun:test'
import { setPassword } from '../../src/credentials/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { eventsOf, PASSWORD } from '../authentication/people.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { apiKeyOf } from '../profile/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { setPolicy, YUBIKEY } from './compliance.ts'

const PATH = '/security-policy'

const DEFAULTS = {
  mfa_policy_mode: 'optional',
  mfa_grace_period_days: 14,
  notify_days_before: 7,
  password_min_length: 8,
  password_require_upper: false,
  password_require_number: false,
  password_require_special: false,
  session_max_hours: null,
  session_idle_minutes: null,
  allowed_auth_methods: [],
  allowed_email_domains: [],
  webauthn_allowed_aaguids: [],
  policy_version: 0,
  updated_at: null,
}

const put = (t: TestServer, tenant: Tenant, body: unknown, token = tenant.owner.token) =>
  t.call('PUT', tenant.path(PATH), { token, body })

describe.each(testDialects)('the security policy on $name', (dialect) => {
  test('asks for nothing where none was ever set, and is for members to see', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const guest = await tenant.join('guest')
    const { status, body } = await t.call('GET', tenant.path(PATH), { token: guest.token })
    expect([status, body.data.policy]).toEqual([200, DEFAULTS])
  })

  test('keeps what a change leaves out, and counts its versions', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const first = await put(t, tenant, {
      policy_version: 0,
      mfa_policy_mode: 'require_webauthn',
      session_max_hours: 8,
      allowed_email_domains: [' Acme-Corp.COM ', 'acme-corp.com', 'bücher.example'],
      webauthn_allowed_aaguids: [YUBIKEY.toUpperCase(), YUBIKEY],
      allowed_auth_methods: ['password', 'passkey', 'password'],
    })
    const expected = {
      ...DEFAULTS,
      mfa_policy_mode: 'require_webauthn',
      session_max_hours: 8,
      allowed_email_domains: ['acme-corp.com', 'bücher.example'],
      webauthn_allowed_aaguids: [YUBIKEY],
      allowed_auth_methods: ['password', 'passkey'],
      policy_version: 1,
      updated_at: '2030-01-01T00:00:00.000Z',
    }
    expect([first.status, first.body.data?.policy]).toEqual([200, expected])
    const second = await put(t, tenant, { policy_version: 1, session_max_hours: null })
    expect(second.body.data.policy).toEqual({ ...expected, session_max_hours: null, policy_version: 2 })
    const seen = await t.call('GET', tenant.path(PATH), { token: tenant.owner.token })
    expect(seen.body.data.policy).toEqual(second.body.data.policy)
  })

  test('records what has changed, before and after', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await put(t, tenant, { policy_version: 0, mfa_policy_mode: 'require_totp', password_min_length: 8 })
    const [event, ...others] = await eventsOf(t, 'org.security_policy.update')
    expect(others).toEqual([])
    expect(event).toMatchObject({
      actorId: tenant.owner.user.id,
      organizationId: tenant.id,
      targetId: tenant.id,
      details: {
        policy_version: 1,
        changes: { mfa_policy_mode: { from: 'optional', to: 'require_totp' } },
      },
    })
  })

  test('that is not changed by a change stays the same version, unrecorded', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const { status, body } = await put(t, tenant, { policy_version: 0, mfa_policy_mode: 'optional' })
    expect([status, body.data.policy]).toEqual([200, DEFAULTS])
    expect(await eventsOf(t, 'org.security_policy.update')).toEqual([])
  })

  test('refuses a stale version, and tells the present one', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp' })
    for (const policy_version of [0, 2, 7]) {
      const { status, body } = await put(t, tenant, { policy_version, password_min_length: 20 })
      expect([status, body.error]).toEqual([409, { type: 'CONFLICT', details: { policy_version: 1 } }])
    }
  })

  test.each([0, 1])('of twenty changes at once from version %i one wins', async (version) => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    if (version === 1) await setPolicy(t, tenant, { password_min_length: 10 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        put(t, tenant, { policy_version: version, password_min_length: 20 + index }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
    const winner = answers.find(({ status }) => status === 200)
    const seen = await t.call('GET', tenant.path(PATH), { token: tenant.owner.token })
    expect(seen.body.data.policy).toEqual(winner?.body.data.policy)
    expect(seen.body.data.policy.policy_version).toBe(version + 1)
    expect(await eventsOf(t, 'org.security_policy.update')).toHaveLength(version + 1)
  })

  test('is for administrators to change', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const other = await foundTenant(t, 'Globex')
    const change = { policy_version: 0, password_min_length: 12 }
    const statusFor = async (token: string | undefined) =>
      (await t.call('PUT', tenant.path(PATH), { token, body: change })).status
    const reader = await apiKeyOf(t, tenant.owner.token, { scopes: ['organizations:read'] })
    expect(await statusFor(undefined)).toBe(401)
    expect(await statusFor((await tenant.join('guest')).token)).toBe(403)
    expect(await statusFor((await tenant.join('member')).token)).toBe(403)
    expect(await statusFor(other.owner.token)).toBe(404)
    expect(await statusFor(reader)).toBe(403)
    expect((await t.call('GET', tenant.path(PATH), { token: other.owner.token })).status).toBe(404)
    expect((await t.call('GET', tenant.path(PATH))).status).toBe(401)
    expect(await statusFor((await tenant.join('admin')).token)).toBe(200)
  })

  test('does not shut out whoever changes it', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const byPasskey = await t.write((ctx) =>
      issueSession(ctx, {
        userId: tenant.owner.user.id,
        amr: ['hwk', 'user'],
        acr: 'urn:authy2:acr:phr',
        isRemembered: false,
      }),
    )
    const change = (allowed_auth_methods: string[]) => ({ policy_version: 0, allowed_auth_methods })
    const refused = await put(t, tenant, change(['passkey', 'saml']))
    expect([refused.status, refused.body.error]).toEqual([
      409,
      { type: 'CONFLICT', details: { method: 'password' } },
    ])
    expect((await put(t, tenant, change(['password', 'saml']), byPasskey.token)).status).toBe(409)
    expect((await put(t, tenant, change(['passkey']), byPasskey.token)).status).toBe(200)
  })

  // Once a key could allow what its owner had no part in.
  test('does not shut out the owner of the key that changes it', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const key = await apiKeyOf(t, tenant.owner.token, { scopes: ['organizations:write'] })
    const change = (allowed_auth_methods: string[]) =>
      put(t, tenant, { policy_version: 0, allowed_auth_methods }, key)
    const withNothing = await change(['password'])
    expect([withNothing.status, withNothing.body.error]).toEqual([
      409,
      { type: 'CONFLICT', details: { methods: [] } },
    ])
    const hash = await t.deps.hasher.hash(PASSWORD)
    await t.write((ctx) => setPassword(ctx, { userId: tenant.owner.user.id, hash }))
    const refused = await change(['passkey', 'saml'])
    expect([refused.status, refused.body.error]).toEqual([
      409,
      { type: 'CONFLICT', details: { methods: ['password'] } },
    ])
    expect((await change(['password', 'saml'])).status).toBe(200)
  })
})

describe('a change of a policy is refused for', () => {
  test.each<[string, unknown]>([
    ['no version', { mfa_policy_mode: 'optional' }],
    ['a negative version', { policy_version: -1 }],
    ['a field that is not one', { policy_version: 0, mfa_mode: 'optional' }],
    ['a mode that is not one', { policy_version: 0, mfa_policy_mode: 'required' }],
    ['91 days of grace', { policy_version: 0, mfa_grace_period_days: 91 }],
    ['half a day', { policy_version: 0, mfa_grace_period_days: 0.5 }],
    ['31 days of notice', { policy_version: 0, notify_days_before: 31 }],
    ['a length below ours', { policy_version: 0, password_min_length: 7 }],
    ['a length that no password has', { policy_version: 0, password_min_length: 129 }],
    ['a session of no hours', { policy_version: 0, session_max_hours: 0 }],
    ['a session of more than a year', { policy_version: 0, session_max_hours: 8_761 }],
    ['a method that is not one', { policy_version: 0, allowed_auth_methods: ['pigeon'] }],
    ['no method but such as are not offered', { policy_version: 0, allowed_auth_methods: ['saml', 'oidc'] }],
    ['an address for a domain', { policy_version: 0, allowed_email_domains: ['a@example.com'] }],
    ['a name without a dot', { policy_version: 0, allowed_email_domains: ['localhost'] }],
    ['an empty domain', { policy_version: 0, allowed_email_domains: [''] }],
    ['a wildcard', { policy_version: 0, allowed_email_domains: ['*.example.com'] }],
    [
      '101 domains',
      {
        policy_version: 0,
        allowed_email_domains: Array.from({ length: 101 }, (_, index) => `a${index}.example`),
      },
    ],
    ['a model that is no UUID', { policy_version: 0, webauthn_allowed_aaguids: ['yubikey'] }],
    ['null where there is always a value', { policy_version: 0, mfa_policy_mode: null }],
    ['a list', []],
  ])('%s', async (_, body) => {
    await using t = await testServer()
    const tenant = await foundTenant(t)
    const answer = await put(t, tenant, body)
    expect([answer.status, answer.body.error.type]).toEqual([400, 'VALIDATION_ERROR'])
  })
})
