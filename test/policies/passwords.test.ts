import { describe, expect, test } from 'bun:test'
import { addMember } from '../../src/organizations/index.ts'
import { withPassword } from '../authentication/people.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { anotherSession } from '../profile/people.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { setPolicy } from './compliance.ts'

const STRICT = {
  password_min_length: 20,
  password_require_upper: true,
  password_require_number: true,
  password_require_special: true,
}
const PASSWORD = 'correct horse 7 battery'
const STRONG = 'Correct-Horse-7-Battery'
/** All that is told of a password without an upper-case letter. */
const refusal = (field: 'password' | 'new_password') => ({
  fields: { [field]: ['Use an upper-case letter.'] },
  password_problems: ['password_needs_upper'],
  password_min_length: 20,
})

const member = async (t: TestServer, tenant: Tenant) => {
  const user = await withPassword(t)
  await t.write((ctx) => addMember(ctx, { organizationId: tenant.id, user, role: 'member' }))
  return { user, ...(await anotherSession(t, user.id)) }
}

describe.each(testDialects)('what an organization asks of passwords, on $name', (dialect) => {
  test('holds for who changes theirs', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const { token } = await member(t, tenant)
    await setPolicy(t, tenant, STRICT)
    const change = (new_password: string) =>
      t.call('POST', '/users/me/password', { token, body: { current_password: PASSWORD, new_password } })
    const { status, body } = await change('wrong horse 7 battery')
    expect([status, body.error.details]).toEqual([400, refusal('new_password')])
    expect((await change('Short-7-x')).body.error.details).toEqual({
      fields: { new_password: ['Use at least 20 characters.'] },
      password_problems: ['password_too_short'],
      password_min_length: 20,
    })
    expect((await change(STRONG)).status).toBe(200)
  })

  test('holds for who resets theirs', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const { user } = await member(t, tenant)
    await setPolicy(t, tenant, STRICT)
    await t.call('POST', '/auth/forgot-password', { body: { email: user.email } })
    const [mail] = await mailsOf(t, 'reset_password')
    const reset = (password: string) =>
      t.call('POST', '/auth/reset-password', { body: { token: mail?.token, password } })
    expect((await reset(PASSWORD)).body.error.details).toEqual(refusal('password'))
    expect((await reset(STRONG)).status).toBe(200)
  })

  test('holds for who registers by an invite to it, and for nobody else', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await setPolicy(t, tenant, STRICT)
    const invited = { email: 'bob@example.com', role: 'member' }
    await t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body: invited })
    const [mail] = await mailsOf(t, 'invite')
    const register = (email: string, password: string, invite_token?: string) =>
      t.call('POST', '/auth/register', { body: { email, password, invite_token } })
    const refused = await register('bob@example.com', PASSWORD, mail?.token)
    expect(refused.body.error.details).toEqual(refusal('password'))
    expect((await register('bob@example.com', STRONG, mail?.token)).status).toBe(201)
    expect((await register('eve@example.com', PASSWORD)).status).toBe(201)
  })
})
