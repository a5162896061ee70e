import { Database as SqliteFile } from 'bun:sqlite'
import { expect, spyOn, test } from 'bun:test'
import { effectivePolicy, evaluateDue, evaluateUser, requireRemovable } from '../../src/policies/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testServer } from '../support/server.ts'
import { addTotp, passDays, setOverride, setPolicy } from './compliance.ts'

/** Nothing that is asked about a member or an organization may get slower with how many others there are. */
test('no query of this capability reads a whole table, or sorts a list', async () => {
  const prepare = spyOn(SqliteFile.prototype, 'prepare')
  await using t = await testServer()
  const tenant = await foundTenant(t)
  const bob = await tenant.join('member')
  const carol = await tenant.join('member')
  await setPolicy(t, tenant, { mfa_policy_mode: 'require_totp', session_max_hours: 8 })
  await setOverride(t, tenant, bob.user.id, { mode: 'exempt', ends_at: '2030-06-01T00:00:00Z' })
  await setOverride(t, tenant, bob.user.id, { mode: 'required' })
  const { token } = tenant.owner
  await t.call('POST', tenant.path(`/members/${carol.user.id}/send-mfa-reminder`), { token })
  await addTotp(t, bob.user.id)
  t.clock.advance(60)
  for (const query of ['', '&as_of=2030-01-01T00:00:30.000Z']) {
    for (const status of [
      '',
      '&status=in_grace',
      '&status=past_due',
      '&status=pending',
      '&status=compliant',
    ]) {
      const path = tenant.path(`/mfa-compliance?limit=1${query}${status}`)
      const { body } = await t.call('GET', path, { token })
      const cursor = body.meta.page.next_cursor
      if (cursor) await t.call('GET', `${path}&cursor=${cursor}`, { token })
    }
    await t.call('GET', tenant.path(`/mfa-compliance?format=csv${query}`), { token })
  }
  await t.read((ctx) => effectivePolicy(ctx, bob.user.id))
  await t.read((ctx) => requireRemovable(ctx, bob.user.id, { hasTotp: true, hasWebauthn: false }))
  await t.write((ctx) => evaluateUser(ctx, bob.user.id))
  await passDays(t, 8)
  await evaluateDue(t.deps)

  const statements = new Set(
    prepare.mock.calls.map(([sql]) => sql).filter((sql) => /^(select|update|delete)/.test(sql)),
  )
  prepare.mockRestore()
  expect(statements.size).toBeGreaterThan(30)
  using file = new SqliteFile(t.url.slice('sqlite:'.length), { readonly: true })
  const scans = [...statements].flatMap((sql) =>
    file
      .query<{ detail: string }, []>(`explain query plan ${sql}`)
      .all()
      .filter(({ detail }) => /^SCAN|FOR ORDER BY/.test(detail))
      .map(({ detail }) => `${detail}: ${sql}`),
  )
  // Policies are few, one an organization at most: the job asks each whether anybody was judged by an older one.
  const isExpected = (scan: string) =>
    scan.startsWith('SCAN security_policies: select "organization_id"') || /^SCAN outbox_messages/.test(scan)
  expect(scans.filter((scan) => !isExpected(scan))).toEqual([])
})
