import { describe, expect, test } from 'bun:test'
import { setPolicy } from '../policies/compliance.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { testServer } from '../support/server.ts'
import { foundTenant } from './tenant.ts'

const ALLOWED = { allowed_email_domains: ['acme-corp.com'] }

describe.each(testDialects)(
  'an organization that takes addresses of certain domains, on $name',
  (dialect) => {
    test('invites nobody else, also not again', async () => {
      await using t = await testServer({ dialect })
      const tenant = await foundTenant(t)
      const { token } = tenant.owner
      const invite = (email: string) =>
        t.call('POST', tenant.path('/invites'), { token, body: { email, role: 'member' } })
      const before = (await invite('eve@example.com')).body.data.invite
      await setPolicy(t, tenant, ALLOWED)
      for (const email of ['eve@example.com', 'eve@sub.acme-corp.com', 'eve@notacme-corp.com']) {
        const { status, body } = await invite(email)
        expect([status, body.error]).toEqual([
          403,
          { type: 'AUTHORIZATION_ERROR', details: { allowed_domains: ['acme-corp.com'] } },
        ])
      }
      const again = await t.call('POST', tenant.path(`/invites/${before.id}/resend`), { token })
      expect(again.status).toBe(403)
      expect((await invite('Bob@ACME-Corp.com')).status).toBe(201)
    })

    test('lets nobody else accept an invite from before', async () => {
      await using t = await testServer({ dialect })
      const tenant = await foundTenant(t)
      const eve = await t.signedIn({ email: 'eve@example.com' })
      const body = { email: 'eve@example.com', role: 'member' }
      await t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body })
      const [mail] = await mailsOf(t, 'invite')
      await setPolicy(t, tenant, ALLOWED)
      const accept = () => t.call('POST', `/invites/${mail?.token}/accept`, { token: eve.token })
      expect((await accept()).status).toBe(403)
      await setPolicy(t, tenant, { allowed_email_domains: [] })
      expect((await accept()).status).toBe(200) // the refusal has not spent it
    })

    test('lets nobody else register by one, whether or not the address is known', async () => {
      await using t = await testServer({ dialect, env: { AUTH_HIDE_EXISTENCE: 'true' } })
      const tenant = await foundTenant(t)
      await t.signedIn({ email: 'eve@example.com' })
      for (const email of ['eve@example.com', 'new@example.com']) {
        const body = { email, role: 'member' }
        await t.call('POST', tenant.path('/invites'), { token: tenant.owner.token, body })
      }
      const mails = await mailsOf(t, 'invite')
      await setPolicy(t, tenant, ALLOWED)
      for (const { to, token } of mails) {
        const body = { email: to, password: 'correct horse 7 battery', invite_token: token }
        expect([to, (await t.call('POST', '/auth/register', { body })).status]).toEqual([to, 403])
      }
      expect(mails).toHaveLength(2)
    })

    test('adds nobody else', async () => {
      await using t = await testServer({ dialect })
      const tenant = await foundTenant(t)
      await setPolicy(t, tenant, ALLOWED)
      const add = async (email: string) => {
        await t.signedIn({ email })
        const body = { email, role: 'member' }
        return (await t.call('POST', tenant.path('/members'), { token: tenant.owner.token, body })).status
      }
      expect(await add('eve@example.com')).toBe(403)
      expect(await add('bob@acme-corp.com')).toBe(201)
    })

    test('keeps the members that it has', async () => {
      await using t = await testServer({ dialect })
      const tenant = await foundTenant(t)
      const bob = await tenant.join('member', { email: 'bob@example.com' })
      await setPolicy(t, tenant, ALLOWED)
      expect((await t.call('GET', tenant.path(), { token: bob.token })).status).toBe(200)
    })
  },
)
