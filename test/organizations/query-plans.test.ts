import { Database as SqliteFile } from 'bun:sqlite'
import { expect, spyOn, test } from 'bun:test'
import {
  listInvitesFor,
  listPrincipalsOf,
  organizationNamesOf,
  ownedOrganizations,
} from '../../src/organizations/index.ts'
import { normalizeEmail } from '../../src/users/index.ts'
import { mailsOf } from '../support/mails.ts'
import { testServer } from '../support/server.ts'
import { foundTenant, furnish } from './tenant.ts'

/** Nothing that an organization reads may get slower with how many other organizations there are. */
test('no query of this capability reads a whole table, or sorts a list', async () => {
  const prepare = spyOn(SqliteFile.prototype, 'prepare')
  await using t = await testServer()
  const tenant = await foundTenant(t)
  const { member, departmentId, principalId, inviteId } = await furnish(t, tenant)
  const { token } = tenant.owner
  const lists = [
    '/members?search=a&role=member&status=active',
    `/members?department=${departmentId}`,
    '/invites?',
    '/departments?',
    '/principals?',
    `/departments/${departmentId}/members?`,
    `/principals/${principalId}/members?`,
    `/principals/${principalId}/departments?`,
  ]
  await furnishMore()
  for (const list of lists) {
    const first = await t.call('GET', tenant.path(`${list}&limit=1`), { token })
    const cursor = first.body.meta.page.next_cursor
    expect(cursor, list).toBeString() // the second page has a condition more
    await t.call('GET', tenant.path(`${list}&limit=1&cursor=${cursor}`), { token })
  }
  await t.call('GET', tenant.path('/roles'), { token })
  const [mail] = await mailsOf(t, 'invite')
  expect((await t.call('GET', `/invites/${mail?.token}`)).status).toBe(200)
  await t.call('POST', tenant.path(`/invites/${inviteId}/resend`), { token })
  await t.call('DELETE', tenant.path(`/members/${member.user.id}`), { token })
  await t.read((ctx) => listPrincipalsOf(ctx, member.user.id))
  await t.read((ctx) => listInvitesFor(ctx, normalizeEmail('bob@example.com')))
  await t.read((ctx) => ownedOrganizations(ctx, tenant.owner.user.id))
  await t.read((ctx) => organizationNamesOf(ctx, member.user.id))

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
  expect(scans.filter((scan) => !scan.includes('from "outbox_messages"'))).toEqual([]) // read by this test itself

  /** A second one of everything that is listed. */
  async function furnishMore(): Promise<void> {
    const post = async (path: string, body: unknown) =>
      (await t.call('POST', tenant.path(path), { token, body })).body.data
    const { user } = await tenant.join('member')
    const { department } = await post('/departments', { name: 'Second' })
    await post('/principals', { name: 'second' })
    await post('/invites', { email: 'second@example.com', role: 'guest' })
    await post(`/departments/${departmentId}/members`, { user_id: user.id })
    await post(`/principals/${principalId}/members`, { user_id: user.id })
    await post(`/principals/${principalId}/departments`, { department_id: department.id })
  }
})
