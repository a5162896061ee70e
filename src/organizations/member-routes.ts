import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, type Membership, Nothing, PathId, success } from '../http/index.ts'
import { forbidden, may } from '../kernel/index.ts'
import { addOrInvite } from './add-or-invite.ts'
import { listMembers } from './member-list.ts'
import { changeRole, removeMember, setMemberStatus } from './members.ts'
import { AssignableRole, Invite, Member, MemberQuery, NewMember } from './schema.ts'
import { inviteView, memberView } from './views.ts'

const MembersPath = z.object({ id: PathId })
const MemberPath = z.object({ id: PathId, userId: PathId })
const MemberData = Envelope(z.object({ member: Member }))

/** Who belongs to an organization, and as what. */
export const memberRoutes = (deps: HttpDeps) =>
  new Elysia({
    name: 'organizations/members',
    prefix: '/api/v1/organizations/:id/members',
    tags: ['Members'],
  })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, membership, query }) => {
        requireReadable(membership, query)
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listMembers(ctx, input, deps.cursors))
        return success(origin, { members: page.rows.map(memberView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: MembersPath,
        fails: ['AUTHORIZATION_ERROR'],
        query: MemberQuery,
        response: { 200: Envelope(z.object({ members: z.array(Member) })) },
        detail: { summary: 'List members' },
      },
    )
    .post(
      '',
      async ({ origin, caller, membership, body, status }) => {
        const by = { organization: membership, caller }
        const { member, invite } = await deps.write(origin, (ctx) => addOrInvite(ctx, by, body))
        const data = { member: member && memberView(member), invite: invite && inviteView(invite) }
        return status(201, success(origin, data, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        limit: 'invite',
        fails: ['CONFLICT'],
        params: MembersPath,
        body: NewMember,
        response: {
          201: Envelope(z.object({ member: Member.nullable(), invite: Invite.nullable() })).describe(
            'Either the new member, or the invite that was mailed where nobody could be added unasked',
          ),
        },
        detail: { summary: 'Add an existing user, or invite by mail' },
      },
    )
    .delete(
      '/:userId',
      async ({ origin, caller, membership, params }) => {
        const input = { by: membership, callerId: caller.user.id, userId: params.userId }
        await deps.write(origin, (ctx) => removeMember(ctx, input))
        return success(origin, {}, { message: 'Membership ended.' })
      },
      {
        leaving: 'organizations:write',
        fails: ['CONFLICT'],
        params: MemberPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Remove a member, or leave' },
      },
    )
    .patch(
      '/:userId/role',
      async ({ origin, membership, params, body }) => {
        const key = { organizationId: membership.organizationId, userId: params.userId }
        const row = await deps.write(origin, (ctx) => changeRole(ctx, key, body.role))
        return success(origin, { member: memberView(row) })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: MemberPath,
        body: z.object({ role: AssignableRole }).meta({ examples: [{ role: 'admin' }] }),
        response: { 200: MemberData },
        detail: { summary: "Change a member's role" },
      },
    )
    .post(
      '/:userId/suspend',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, userId: params.userId }
        const row = await deps.write(origin, (ctx) => setMemberStatus(ctx, key, 'suspended'))
        return success(origin, { member: memberView(row) })
      },
      {
        admin: 'organizations:write',
        params: MemberPath,
        response: { 200: MemberData },
        detail: { summary: 'Keep a member out of the organization' },
      },
    )
    .post(
      '/:userId/unsuspend',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, userId: params.userId }
        const row = await deps.write(origin, (ctx) => setMemberStatus(ctx, key, 'active'))
        return success(origin, { member: memberView(row) })
      },
      {
        admin: 'organizations:write',
        params: MemberPath,
        response: { 200: MemberData },
        detail: { summary: 'Let a suspended member in again' },
      },
    )

/** Throws AUTHORIZATION_ERROR where members would find out who of them lacks a second factor. */
function requireReadable({ role }: Membership, query: MemberQuery): void {
  if (query.mfa_status !== undefined && !may(role, 'policies.manage')) {
    throw forbidden('Only administrators may ask for the state of second factors.')
  }
}
