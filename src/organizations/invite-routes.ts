import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, Nothing, PageQuery, PathId, success } from '../http/index.ts'
import { acceptInvite, getInviteSummary } from './invitation.ts'
import { createInvite, listInvites, resendInvite, revokeInvite } from './invites.ts'
import { Invite, InviteSummary, NewInvite, OrganizationMembership } from './schema.ts'
import { inviteView, membershipView } from './views.ts'

const InvitesPath = z.object({ id: PathId })
const InvitePath = z.object({ id: PathId, inviteId: PathId })
const TokenPath = z.object({ token: z.string().describe('From the mail') })
const InviteData = Envelope(z.object({ invite: Invite }))

/** Bringing people in by mail: the organization's side, and that of the invited. */
export const inviteRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'organizations/invites', prefix: '/api/v1', tags: ['Invites'] })
    .use(guard(deps))
    .get(
      '/organizations/:id/invites',
      async ({ origin, membership, query }) => {
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listInvites(ctx, input, deps.cursors))
        return success(origin, { invites: page.rows.map(inviteView) }, { meta: page.meta })
      },
      {
        admin: 'organizations:read',
        params: InvitesPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ invites: z.array(Invite) })) },
        detail: { summary: 'List open and expired invites' },
      },
    )
    .post(
      '/organizations/:id/invites',
      async ({ origin, caller, membership, body, status }) => {
        const invitation = { organization: membership, inviter: caller.user }
        const row = await deps.write(origin, (ctx) => createInvite(ctx, invitation, body))
        return status(201, success(origin, { invite: inviteView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        limit: 'invite',
        fails: ['CONFLICT'],
        params: InvitesPath,
        body: NewInvite,
        response: { 201: InviteData },
        detail: { summary: 'Invite somebody by mail; an earlier invite to the address is replaced' },
      },
    )
    .post(
      '/organizations/:id/invites/:inviteId/resend',
      async ({ origin, caller, membership, params }) => {
        const invitation = { organization: membership, inviter: caller.user }
        const row = await deps.write(origin, (ctx) => resendInvite(ctx, invitation, params.inviteId))
        return success(origin, { invite: inviteView(row) })
      },
      {
        admin: 'organizations:write',
        limit: 'invite',
        params: InvitePath,
        response: { 200: InviteData },
        detail: { summary: 'Send an invite again, with a new link' },
      },
    )
    .delete(
      '/organizations/:id/invites/:inviteId',
      async ({ origin, membership, params }) => {
        await deps.write(origin, (ctx) => revokeInvite(ctx, membership.organizationId, params.inviteId))
        return success(origin, {}, { message: 'Invite withdrawn.' })
      },
      {
        admin: 'organizations:write',
        params: InvitePath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Withdraw an invite' },
      },
    )
    .get(
      '/invites/:token',
      async ({ origin, params }) => {
        const invite = await deps.read(origin, (ctx) => getInviteSummary(ctx, params.token))
        return success(origin, { invite })
      },
      {
        public: true,
        limit: 'verification',
        fails: ['NOT_FOUND'],
        params: TokenPath,
        response: { 200: Envelope(z.object({ invite: InviteSummary })) },
        detail: { summary: 'See what an invite is for' },
      },
    )
    .post(
      '/invites/:token/accept',
      async ({ origin, caller, params }) => {
        const input = { token: params.token, user: caller.user }
        const membership = await deps.write(origin, (ctx) => acceptInvite(ctx, input))
        return success(origin, { organization: membershipView(membership) })
      },
      {
        signedIn: true,
        limit: 'verification',
        fails: ['NOT_FOUND', 'AUTHORIZATION_ERROR', 'CONFLICT'],
        params: TokenPath,
        response: { 200: Envelope(z.object({ organization: OrganizationMembership })) },
        detail: { summary: 'Accept an invite' },
      },
    )
