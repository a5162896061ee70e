import { addMember } from '../../src/organizations/index.ts'
import type { TestServer } from '../support/server.ts'

export type Person = Awaited<ReturnType<TestServer['signedIn']>>
type MemberRole = 'admin' | 'member' | 'guest'

/** An organization with its owner, and a way to let more people in. */
export async function foundTenant(t: TestServer, name = 'Acme Corporation') {
  const owner = await t.signedIn()
  const created = await t.call('POST', '/organizations', { token: owner.token, body: { name } })
  const { id, slug } = created.body.data.organization as { id: string; slug: string }
  return {
    id,
    slug,
    owner,
    /** The path of something in the organization. */
    path: (rest = '') => `/organizations/${id}${rest}`,
    /** A new user with a session, as a member. */
    async join(role: MemberRole, user: { email?: string; fullName?: string } = {}): Promise<Person> {
      const person = await t.signedIn(user)
      await t.write((ctx) => addMember(ctx, { organizationId: id, user: person.user, role }))
      return person
    },
    /** What was recorded in the organization, oldest first. */
    async actions(): Promise<string[]> {
      const rows = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
      return rows
        .filter(({ organizationId }) => organizationId === id)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ action }) => action)
    },
    /** Each member's role, by user id. */
    async roles(): Promise<Map<string, string>> {
      const rows = await t.read(({ reader }) => reader.select().from(reader.t.member))
      return new Map(
        rows.filter(({ organizationId }) => organizationId === id).map(({ userId, role }) => [userId, role]),
      )
    },
  }
}

export type Tenant = Awaited<ReturnType<typeof foundTenant>>

/** One thing of every kind in an organization, made over HTTP, with somebody in each. */
export async function furnish(t: TestServer, tenant: Tenant) {
  const { token } = tenant.owner
  const post = async (path: string, body: unknown) =>
    (await t.call('POST', tenant.path(path), { token, body })).body.data
  const member = await tenant.join('member')
  const { department } = await post('/departments', { name: 'Engineering' })
  const { principal } = await post('/principals', { name: 'deploy' })
  const { invite } = await post('/invites', { email: `${tenant.id}@invited.example`, role: 'member' })
  await post(`/departments/${department.id}/members`, { user_id: member.user.id })
  await post(`/principals/${principal.id}/members`, { user_id: member.user.id })
  await post(`/principals/${principal.id}/departments`, { department_id: department.id })
  return {
    member,
    departmentId: department.id as string,
    principalId: principal.id as string,
    inviteId: invite.id as string,
  }
}
