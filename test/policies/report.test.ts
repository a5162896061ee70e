import { describe, expect, test } from 'bun:test'
import { deleteUserEntirely } from '../../src/access/index.ts'
import { addMember } from '../../src/organizations/index.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { anotherSession } from '../profile/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { addTotp, passDays, setPolicy } from './compliance.ts'

const REQUIRED = { mfa_policy_mode: 'require_totp', mfa_grace_period_days: 14 }
const NONE = { not_applicable: 0, pending: 0, in_grace: 0, compliant: 0, past_due: 0, suspended: 0 }

async function report(t: TestServer, tenant: Tenant, query = '') {
  const { token } = await anotherSession(t, tenant.owner.user.id)
  const answer = await t.call('GET', tenant.path(`/mfa-compliance${query}`), { token })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return answer.body.data
}

/** Each member's status, by user id. */
const statuses = (data: { members: { user_id: string; status: string }[] }): Record<string, string> =>
  Object.fromEntries(data.members.map(({ user_id, status }) => [user_id, status]))

describe.each(testDialects)('the compliance report on $name', (dialect) => {
  test('tells of every member, and counts them', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const bob = await tenant.join('member', { email: 'bob@example.com', fullName: 'Bob' })
    const carol = await tenant.join('member')
    await addTotp(t, tenant.owner.user.id)
    await setPolicy(t, tenant, REQUIRED)
    await t.call('POST', tenant.path(`/members/${carol.user.id}/suspend`), { token: tenant.owner.token })
    await t.deps.outbox.runOnce()
    const data = await report(t, tenant)
    expect(data.as_of).toBe('2030-01-01T00:00:00.000Z')
    expect(data.counts).toEqual({ ...NONE, compliant: 1, in_grace: 1, suspended: 1 })
    expect(statuses(data)).toEqual({
      [tenant.owner.user.id]: 'compliant',
      [bob.user.id]: 'in_grace',
      [carol.user.id]: 'suspended',
    })
    expect(data.members.find(({ user_id }: { user_id: string }) => user_id === bob.user.id)).toEqual({
      user_id: bob.user.id,
      email: 'bob@example.com',
      full_name: 'Bob',
      status: 'in_grace',
      deadline_at: '2030-01-15T00:00:00.000Z',
      missing_methods: ['totp'],
      last_reminder_at: null,
      policy_version: 1,
    })
    await passDays(t, 8)
    const [reminded] = (await report(t, tenant, '?status=in_grace')).members
    expect(reminded).toMatchObject({ user_id: bob.user.id, last_reminder_at: '2030-01-08T00:00:00.000Z' })
  })

  test('shows as pending who was not judged yet by the present policy', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const { token } = tenant.owner
    const body = { policy_version: 0, ...REQUIRED }
    await t.call('PUT', tenant.path('/security-policy'), { token, body })
    const pending = await report(t, tenant)
    expect(pending.counts).toEqual({ ...NONE, pending: 1 })
    expect(statuses(pending)).toEqual({ [tenant.owner.user.id]: 'pending' })
    expect((await report(t, tenant, '?status=pending')).members).toHaveLength(1)
    expect((await report(t, tenant, '?status=not_applicable')).members).toEqual([])
    await t.deps.outbox.runOnce()
    expect((await report(t, tenant)).counts).toEqual({ ...NONE, in_grace: 1 })
  })

  test('shows as past due whose deadline has passed, before any job has noticed', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const admin = await tenant.join('admin')
    await addTotp(t, admin.user.id)
    await setPolicy(t, tenant, REQUIRED)
    t.clock.advance(14 * 86_400)
    const { token } = await anotherSession(t, admin.user.id)
    for (const [status, expected] of [
      ['past_due', [tenant.owner.user.id]],
      ['in_grace', []],
    ] as const) {
      const path = tenant.path(`/mfa-compliance?status=${status}`)
      const { data } = (await t.call('GET', path, { token })).body
      expect(Object.keys(statuses(data))).toEqual([...expected])
      expect(data.counts).toEqual({ ...NONE, compliant: 1, past_due: 1 })
    }
  })

  test('tells of any moment of the past as it was, of those who left and were deleted, too', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const owner = tenant.owner.user.id
    await addTotp(t, owner)
    const moments: [as_of: string, expected: Record<string, string>][] = []
    const note = async (expected: Record<string, string>) => {
      expect(statuses(await report(t, tenant))).toEqual(expected)
      t.clock.advance(60)
      moments.push([t.clock.now().toISOString(), expected])
      t.clock.advance(60)
    }
    await note({ [owner]: 'not_applicable' })
    const bob = (await tenant.join('member')).user
    const carol = (await tenant.join('member')).user
    const known = { [owner]: 'not_applicable', [bob.id]: 'not_applicable', [carol.id]: 'not_applicable' }
    await note(known)
    await setPolicy(t, tenant, REQUIRED)
    const required = { [owner]: 'compliant', [bob.id]: 'in_grace', [carol.id]: 'in_grace' }
    await note(required)
    await addTotp(t, bob.id)
    await note({ ...required, [bob.id]: 'compliant' })
    await passDays(t, 15)
    await note({ ...required, [bob.id]: 'compliant', [carol.id]: 'past_due' })
    const { token } = await anotherSession(t, owner)
    await t.call('DELETE', tenant.path(`/members/${carol.id}`), { token })
    await note({ [owner]: 'compliant', [bob.id]: 'compliant' })
    await t.write((ctx) => addMember(ctx, { organizationId: tenant.id, user: carol, role: 'member' }))
    await t.deps.outbox.runOnce()
    await note({ [owner]: 'compliant', [bob.id]: 'compliant', [carol.id]: 'in_grace' })
    await t.write((ctx) => deleteUserEntirely(ctx, bob.id))
    await note({ [owner]: 'compliant', [carol.id]: 'in_grace' })

    for (const [asOf, expected] of moments) {
      const data = await report(t, tenant, `?as_of=${asOf}`)
      expect([asOf, statuses(data)]).toEqual([asOf, expected])
      const counts: Record<string, number> = { ...NONE }
      for (const status of Object.values(expected)) counts[status] = (counts[status] ?? 0) + 1
      expect(data.counts).toEqual(counts)
      for (const status of Object.keys(NONE)) {
        const filtered = statuses(await report(t, tenant, `?as_of=${asOf}&status=${status}`))
        const those = Object.entries(expected).filter(([, each]) => each === status)
        expect(filtered).toEqual(Object.fromEntries(those))
      }
    }
    const before = await report(t, tenant, `?as_of=${moments[2]?.[0]}`)
    const gone = before.members.find(({ user_id }: { user_id: string }) => user_id === bob.id)
    expect(gone).toMatchObject({ email: null, full_name: null, status: 'in_grace' })
    expect((await report(t, tenant, '?as_of=2029-12-31T23:59:59Z')).members).toEqual([])
    expect((await report(t, tenant, '?as_of=0001-01-01T00:00:00Z')).members).toEqual([])
  })

  test('comes in pages that do not overlap, now and then', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    for (let count = 0; count < 6; count++) await tenant.join('member')
    t.clock.advance(60)
    const { token } = tenant.owner
    for (const query of ['', '&as_of=2030-01-01T00:00:30.000Z', '&status=not_applicable']) {
      const seen: string[] = []
      for (let cursor = ''; ; ) {
        const path = tenant.path(`/mfa-compliance?limit=3${query}${cursor}`)
        const { body } = await t.call('GET', path, { token })
        seen.push(...Object.keys(statuses(body.data)))
        if (body.meta.page.next_cursor === null) break
        cursor = `&cursor=${body.meta.page.next_cursor}`
      }
      expect(seen).toHaveLength(7)
      expect(new Set(seen).size).toBe(7)
    }
    const first = await t.call('GET', tenant.path('/mfa-compliance?limit=3'), { token })
    const elsewhere = `&as_of=2030-01-01T00:00:30.000Z&cursor=${first.body.meta.page.next_cursor}`
    const mixed = await t.call('GET', tenant.path(`/mfa-compliance?limit=3${elsewhere}`), { token })
    expect([mixed.status, mixed.body.error.type]).toEqual([400, 'BAD_REQUEST'])
  })

  test('is downloaded as CSV that no spreadsheet runs', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    await addTotp(t, tenant.owner.user.id)
    const bob = await tenant.join('member', { email: 'bob@example.com', fullName: '=cmd()|"x", y' })
    await setPolicy(t, tenant, REQUIRED)
    const { token } = tenant.owner
    const csv = async (query: string) =>
      t.call('GET', tenant.path(`/mfa-compliance?format=csv${query}`), { token })
    const { headers, body } = await csv('')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toBe('attachment; filename="mfa-compliance-2030-01-01.csv"')
    const lines = body.trimEnd().split('\r\n')
    expect(lines[0]).toBe(
      'user_id,email,full_name,status,deadline_at,missing_methods,last_reminder_at,policy_version',
    )
    expect(lines).toHaveLength(3)
    const row = `${bob.user.id},bob@example.com,"'=cmd()|""x"", y",in_grace,2030-01-15T00:00:00.000Z,totp,,1`
    expect(lines).toContain(row)
    const past = (await csv('&as_of=2030-01-01T00:00:00.000Z&status=in_grace')).body
    expect(past.trimEnd().split('\r\n').slice(1)).toEqual([row])
  })

  test('is for administrators of that organization', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const other = await foundTenant(t, 'Globex')
    for (const [token, status] of [
      [undefined, 401],
      [(await tenant.join('guest')).token, 403],
      [(await tenant.join('member')).token, 403],
      [other.owner.token, 404],
      [(await tenant.join('admin')).token, 200],
    ] as const) {
      for (const query of ['', '?format=csv', '?as_of=2030-01-01T00:00:00Z']) {
        expect((await t.call('GET', tenant.path(`/mfa-compliance${query}`), { token })).status).toBe(status)
      }
    }
    expect((await report(t, other)).members).toHaveLength(1)
  })
})

test.each(['as_of=2030-01-01T00:00:01Z', 'as_of=yesterday', 'format=xlsx', 'status=fine', 'limit=0'])(
  'a report is refused for %s',
  async (query) => {
    await using t = await testServer()
    const tenant = await foundTenant(t)
    const { status, body } = await t.call('GET', tenant.path(`/mfa-compliance?${query}`), {
      token: tenant.owner.token,
    })
    expect([status, body.error.type]).toEqual([400, 'VALIDATION_ERROR'])
  },
)

test('members may not ask each other’s state by the list of members', async () => {
  await using t = await testServer()
  const tenant = await foundTenant(t)
  const path = tenant.path('/members?mfa_status=in_grace')
  expect((await t.call('GET', path, { token: (await tenant.join('member')).token })).status).toBe(403)
  expect((await t.call('GET', path, { token: (await tenant.join('admin')).token })).status).toBe(200)
})
