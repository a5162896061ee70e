import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { DAY, type SignInMethod } from '../../src/kernel/index.ts'
import { addMember } from '../../src/organizations/index.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { setPolicy } from '../policies/compliance.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { firstFactor, verifyCode, verifyWebauthn, withPasskey, withTotp } from './factors.ts'
import { eventsOf, register, signIn, withPassword } from './people.ts'

const failureOf = ({ status, body }: Answer) => [status, body.error?.type]

/** An organization that lets its members in by these methods only. The owner could not shut themselves out by the API. */
async function allowing(t: TestServer, methods: readonly SignInMethod[], name?: string): Promise<Tenant> {
  const tenant = await foundTenant(t, name)
  await setPolicy(t, tenant, { mfa_grace_period_days: 10 })
  await t.write(({ tx }) =>
    tx
      .update(tx.t.securityPolicy)
      .set({ allowedAuthMethods: methods })
      .where(eq(tx.t.securityPolicy.organizationId, tenant.id)),
  )
  return tenant
}

async function memberOf(t: TestServer, ...tenants: readonly Tenant[]) {
  const user = await withPassword(t)
  for (const { id } of tenants) {
    await t.write((ctx) => addMember(ctx, { organizationId: id, user, role: 'member' }))
  }
  return user
}

const me = (t: TestServer, token: string) => t.call('GET', '/auth/me', { token })

describe.each(testDialects)('an organization that allows some methods on $name', (dialect) => {
  test('lets in by one of them', async () => {
    await using t = await testServer({ dialect })
    await memberOf(t, await allowing(t, ['password']))
    const answer = await signIn(t)
    expect(answer.body.data).toMatchObject({ mfa_required: false, requires_mfa_enrollment: false })
  })

  test('says which, to who has proved the password, and to nobody else', async () => {
    await using t = await testServer({ dialect })
    const tenant = await allowing(t, ['saml', 'google'])
    const user = await memberOf(t, tenant)
    const answer = await signIn(t)
    expect(failureOf(answer)).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(answer.body.message).toContain('“Acme Corporation” (saml, google)')
    expect(answer.body.error.details.organizations).toEqual([
      { id: tenant.id, name: 'Acme Corporation', allowed_methods: ['saml', 'google'] },
    ])
    expect(answer.headers.getSetCookie()).toEqual([])
    const [refused] = await eventsOf(t, 'user.login_failed')
    expect(refused).toMatchObject({ reason: 'method_not_allowed', targetId: user.id })
    const stranger = await signIn(t, { password: 'wrong' })
    expect(failureOf(stranger)).toEqual([401, 'AUTHENTICATION_ERROR'])
    expect(JSON.stringify(stranger.body)).not.toContain('Acme')
  })

  test('says so after the second factor only, to who owes one', async () => {
    await using t = await testServer({ dialect })
    const user = await memberOf(t, await allowing(t, ['saml']))
    const app = await withTotp(t, user)
    const token = await firstFactor(t)
    expect(failureOf(await verifyCode(t, token, app.wrongCode()))).toEqual([401, 'AUTHENTICATION_ERROR'])
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual([403, 'AUTHORIZATION_ERROR'])
    t.clock.advance(60)
    expect(failureOf(await verifyCode(t, token, app.code()))).toEqual([401, 'AUTHENTICATION_ERROR'])
    expect(await mailsOf(t, 'new_device')).toEqual([])
  })

  test('that wants a passkey lets in who has none yet, to make one and nothing else', async () => {
    await using t = await testServer({ dialect })
    const user = await memberOf(t, await allowing(t, ['passkey']))
    const { body } = await signIn(t)
    expect(body.data).toMatchObject({ mfa_required: false, requires_mfa_enrollment: true })
    expect(body.message).toContain('to enrol a second factor')
    const { token } = body.data
    expect((await me(t, token)).body.data.session).toMatchObject({ is_compliance_only: true })
    expect(failureOf(await t.call('GET', '/auth/sessions', { token }))).toEqual([403, 'COMPLIANCE_REQUIRED'])

    const enrolment = await t.call('POST', '/auth/totp/enroll', { token })
    expect(enrolment.status).toBe(200)
    const key = new SoftwareAuthenticator()
    const options = (await t.call('POST', '/auth/webauthn/register/begin', { token })).body.data
    const registered = await t.call('POST', '/auth/webauthn/register/complete', {
      token,
      body: { credential: key.register(options) },
    })
    expect(registered.status).toBe(201)
    const full = registered.body.data.token
    expect((await t.call('GET', '/auth/sessions', { token: full })).status).toBe(200)

    const byPassword = await signIn(t)
    expect(byPassword.body.data.mfa_required).toBe(true)
    const refused = await verifyWebauthn(t, key, { mfa_token: byPassword.body.data.mfa_token })
    expect(failureOf(refused)).toEqual([403, 'AUTHORIZATION_ERROR'])
    const byPasskey = await verifyWebauthn(t, key)
    expect(byPasskey.body.data).toMatchObject({ user: { id: user.id }, requires_mfa_enrollment: false })
  })

  test('that wants a passkey is not satisfied by an app', async () => {
    await using t = await testServer({ dialect })
    const user = await memberOf(t, await allowing(t, ['passkey']))
    const app = await withTotp(t, user)
    const { body } = await verifyCode(t, await firstFactor(t), app.code())
    expect(body.data.requires_mfa_enrollment).toBe(true)
    t.clock.advance(60)
    const stepped = await t.call('POST', '/auth/step-up', {
      token: body.data.token,
      body: { method: 'totp', code: app.code() },
    })
    expect(stepped.status).toBe(200)
    const { token } = stepped.body.data
    expect(failureOf(await t.call('GET', '/auth/sessions', { token }))).toEqual([403, 'COMPLIANCE_REQUIRED'])
  })

  test('of several each must be satisfied', async () => {
    await using t = await testServer({ dialect })
    const strict = await allowing(t, ['passkey'], 'Strict')
    const stricter = await allowing(t, ['oidc'], 'Stricter')
    await memberOf(t, strict, stricter)
    const answer = await signIn(t)
    expect(failureOf(answer)).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(answer.body.error.details.organizations).toHaveLength(2)
  })

  // Once two organizations that contradict each other shut whomever they had added out of the whole instance.
  test('of several that contradict each other lets in by a password, to leave and nothing else', async () => {
    await using t = await testServer({ dialect })
    const one = await allowing(t, ['password'], 'One')
    const other = await allowing(t, ['passkey', 'saml'], 'Other')
    const user = await memberOf(t, one, other)
    const key = await withPasskey(t, user)
    const byPassword = async () =>
      verifyWebauthn(t, key, { mfa_token: (await signIn(t)).body.data.mfa_token })
    expect(failureOf(await verifyWebauthn(t, key))).toEqual([403, 'AUTHORIZATION_ERROR'])
    const { body } = await byPassword()
    expect(body.data).toMatchObject({ requires_mfa_enrollment: true })
    const { token } = body.data
    expect(failureOf(await t.call('GET', '/auth/sessions', { token }))).toEqual([403, 'COMPLIANCE_REQUIRED'])
    const left = await t.call('DELETE', other.path(`/members/${user.id}`), { token })
    expect(left.status).toBe(200)
    expect((await byPassword()).body.data).toMatchObject({ requires_mfa_enrollment: false })
    expect(failureOf(await verifyWebauthn(t, key))).toEqual([403, 'AUTHORIZATION_ERROR'])
  })

  test('does not matter to who is suspended in it, or in another one', async () => {
    await using t = await testServer({ dialect })
    const tenant = await allowing(t, ['saml'])
    const user = await memberOf(t, tenant)
    const { token } = tenant.owner
    await t.call('POST', tenant.path(`/members/${user.id}/suspend`), { token })
    expect((await signIn(t)).status).toBe(200)
  })

  test('does not take who registers by its invitation with a password', async () => {
    await using t = await testServer({ dialect })
    const tenant = await allowing(t, ['saml'])
    const { token } = tenant.owner
    await t.call('POST', tenant.path('/invites'), {
      token,
      body: { email: 'alice@example.com', role: 'member' },
    })
    const [mail] = await mailsOf(t, 'invite', 'alice@example.com')
    const refused = await register(t, { invite_token: mail?.token })
    expect(failureOf(refused)).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(failureOf(await signIn(t))).toEqual([401, 'AUTHENTICATION_ERROR'])
  })
})

describe.each(testDialects)('an organization that limits sessions on $name', (dialect) => {
  test('shortens those that its members begin, remembered ones, too', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, { session_max_hours: 2, session_idle_minutes: 30 })
    await memberOf(t, tenant)
    const { body, headers } = await signIn(t, { remember_me: true })
    expect(body.data.expires_at).toBe('2030-01-01T02:00:00.000Z')
    expect(headers.getSetCookie()[0]).toContain('Max-Age=7200')
    t.clock.advance(31 * 60)
    expect((await me(t, body.data.token)).status).toBe(401)
  })
})

describe.each(testDialects)('a deadline that has passed on $name', (dialect) => {
  test('is told at sign-in, and enrolling makes the session a full one', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp_or_webauthn', mfa_grace_period_days: 1 })
    await memberOf(t, tenant)
    await t.deps.outbox.runOnce()
    const inTime = await signIn(t)
    expect(inTime.body.data).toMatchObject({
      requires_mfa_enrollment: false,
      mfa_compliance: { status: 'in_grace' },
    })
    t.clock.advance(DAY)
    const late = await signIn(t)
    expect(late.body.data).toMatchObject({
      requires_mfa_enrollment: true,
      mfa_compliance: { status: 'past_due' },
    })
    const { token } = late.body.data
    expect(failureOf(await t.call('GET', '/auth/sessions', { token }))).toEqual([403, 'COMPLIANCE_REQUIRED'])
    const options = (await t.call('POST', '/auth/webauthn/register/begin', { token })).body.data
    const { body } = await t.call('POST', '/auth/webauthn/register/complete', {
      token,
      body: { credential: new SoftwareAuthenticator().register(options) },
    })
    expect((await t.call('GET', '/auth/sessions', { token: body.data.token })).status).toBe(200)
  })

  test('is told to who has a second factor that will not do', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn', mfa_grace_period_days: 0 })
    const user = await memberOf(t, tenant)
    const app = await withTotp(t, user)
    await t.deps.outbox.runOnce()
    const { body } = await verifyCode(t, await firstFactor(t), app.code())
    expect(body.data).toMatchObject({
      requires_mfa_enrollment: true,
      mfa_compliance: { status: 'past_due', organizations: [{ missing_methods: ['webauthn'] }] },
    })
    await withPasskey(t, user)
  })
})
