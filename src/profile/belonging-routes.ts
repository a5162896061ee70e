import { Elysia } from 'elysia'
import { z } from 'zod'
import { AuditEvent, ownAuditEventView } from '../audit/index.ts'
import { Envelope, guard, type HttpDeps, success } from '../http/index.ts'
import {
  HeldPrincipal,
  InviteSummary,
  membershipView,
  OrganizationMembership,
} from '../organizations/index.ts'
import { MfaCompliance, mfaComplianceView } from '../policies/index.ts'
import { listOwnAuditEvents, listOwnInvites, listOwnMemberships, listOwnPrincipals } from './belongings.ts'
import { OwnAuditQuery } from './schema.ts'

/** What a person belongs to, holds, is invited to and did. */
export const belongingRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'profile/belongings', prefix: '/api/v1/users/me', tags: ['Users'] })
    .use(guard(deps))
    .get(
      '/organizations',
      ({ origin, caller }) =>
        success(origin, { organizations: listOwnMemberships(caller).map(membershipView) }),
      {
        enrolling: 'organizations:read',
        response: { 200: Envelope(z.object({ organizations: z.array(OrganizationMembership) })) },
        detail: { summary: 'List own organizations, with the role in each' },
      },
    )
    .get(
      '/invites',
      async ({ origin, caller }) =>
        success(origin, { invites: await deps.read(origin, (ctx) => listOwnInvites(ctx, caller)) }),
      {
        signedIn: 'organizations:read',
        response: { 200: Envelope(z.object({ invites: z.array(InviteSummary) })) },
        detail: { summary: 'List open invites to one’s verified address' },
      },
    )
    .get(
      '/principals',
      async ({ origin, caller }) =>
        success(origin, { principals: await deps.read(origin, (ctx) => listOwnPrincipals(ctx, caller)) }),
      {
        signedIn: 'organizations:read',
        response: { 200: Envelope(z.object({ principals: z.array(HeldPrincipal) })) },
        detail: { summary: 'List held principals, with the reasons' },
      },
    )
    .get(
      '/mfa-compliance',
      ({ origin, caller }) => {
        const memberships = listOwnMemberships(caller)
        return success(origin, { mfa_compliance: mfaComplianceView(memberships, deps.clock.now()) })
      },
      {
        enrolling: 'profile:read',
        response: { 200: Envelope(z.object({ mfa_compliance: MfaCompliance })) },
        detail: { summary: 'How far one complies with what one’s organizations ask' },
      },
    )
    .get(
      '/audit-logs',
      async ({ origin, caller, query }) => {
        const input = { caller, query, cursors: deps.cursors }
        const page = await deps.read(origin, (ctx) => listOwnAuditEvents(ctx, input))
        const events = page.rows.map((row) => ownAuditEventView(row, caller.user.id))
        return success(origin, { audit_events: events }, { meta: page.meta })
      },
      {
        signedIn: 'audit:read',
        query: OwnAuditQuery,
        response: { 200: Envelope(z.object({ audit_events: z.array(AuditEvent) })) },
        detail: { summary: 'What one did and had done to oneself', description: 'Newest first.' },
      },
    )
