import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, Nothing, PathId, success } from '../http/index.ts'
import { getOverride, setOverride } from './override.ts'
import { remindMember } from './remind-member.ts'
import { answerReport } from './report.ts'
import {
  ComplianceReport,
  Override,
  OverrideChange,
  PolicyChange,
  ReportQuery,
  SecurityPolicy,
} from './schema.ts'
import { changeSecurityPolicy, getSecurityPolicy } from './security-policy.ts'
import { overrideView, securityPolicyView } from './views.ts'

const OrganizationPath = z.object({ id: PathId })
const MemberPath = z.object({ id: PathId, userId: PathId })
const PolicyData = Envelope(z.object({ policy: SecurityPolicy }))
const OverrideData = Envelope(z.object({ override: Override }))

/** What an organization asks of how its members prove themselves, and how far each of them does. */
export const policies = (deps: HttpDeps) =>
  new Elysia({ name: 'policies', prefix: '/api/v1/organizations/:id', tags: ['Security policy'] })
    .use(guard(deps))
    .get(
      '/security-policy',
      async ({ origin, membership }) => {
        const row = await deps.read(origin, (ctx) => getSecurityPolicy(ctx, membership.organizationId))
        return success(origin, { policy: securityPolicyView(row) })
      },
      {
        member: 'organizations:read',
        params: OrganizationPath,
        response: { 200: PolicyData },
        detail: { summary: 'Show the security policy' },
      },
    )
    .put(
      '/security-policy',
      async ({ origin, caller, membership, body }) => {
        const { organizationId } = membership
        const row = await deps.write(origin, (ctx) =>
          changeSecurityPolicy(ctx, { organizationId, caller }, body),
        )
        return success(origin, { policy: securityPolicyView(row) })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: OrganizationPath,
        body: PolicyChange,
        response: { 200: PolicyData },
        detail: {
          summary: 'Change the security policy',
          description:
            'What is left out stays as it is. `policy_version` is the one that was read; of changes made at once one wins, the others get 409 with the present version.',
        },
      },
    )
    .get(
      '/users/:userId/security-policy',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, userId: params.userId }
        const override = await deps.read(origin, (ctx) => getOverride(ctx, key))
        return success(origin, { override: overrideView(override) })
      },
      {
        admin: 'organizations:read',
        params: MemberPath,
        response: { 200: OverrideData },
        detail: { summary: 'Show what is different for a member' },
      },
    )
    .patch(
      '/users/:userId/security-policy',
      async ({ origin, caller, membership, params, body }) => {
        const input = { by: membership, caller, userId: params.userId }
        const override = await deps.write(origin, (ctx) => setOverride(ctx, input, body))
        return success(origin, { override: overrideView(override) })
      },
      {
        admin: 'organizations:write',
        params: MemberPath,
        body: OverrideChange,
        response: { 200: OverrideData },
        detail: {
          summary: 'Ask more or less of a member',
          description: '`inherit` without anything forced takes back what was different.',
        },
      },
    )
    .get(
      '/mfa-compliance',
      ({ origin, membership: { organizationId }, query }) =>
        answerReport(deps, origin, { organizationId, query }),
      {
        admin: 'organizations:read',
        params: OrganizationPath,
        query: ReportQuery,
        response: { 200: Envelope(ComplianceReport) },
        detail: {
          summary: 'Report how far members comply, now or at any moment of the past',
          description: '`format=csv` streams all members that match as a download.',
          responses: {
            200: {
              description: 'A page of the report, or all of it.',
              content: {
                'text/csv': { schema: { type: 'string', description: 'RFC 4180, with a header' } },
              },
            },
          },
        },
      },
    )
    .post(
      '/members/:userId/send-mfa-reminder',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, userId: params.userId }
        await deps.write(origin, (ctx) => remindMember(ctx, key))
        return success(origin, {}, { message: 'A reminder is on its way.' })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT', 'RATE_LIMIT_EXCEEDED'],
        params: MemberPath,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Remind a member of the second factor that is missing',
          description: 'At most once an hour for each member.',
        },
      },
    )
