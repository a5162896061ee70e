import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, Nothing, PathId, success } from '../http/index.ts'
import {
  createOrganization,
  deleteOrganization,
  getOrganization,
  listRoles,
  updateOrganization,
} from './organization.ts'
import { transferOwnership } from './ownership.ts'
import { MemberReference, NewOrganization, Organization, OrganizationChange, RoleSummary } from './schema.ts'
import { organizationView } from './views.ts'

const OrganizationPath = z.object({ id: PathId })
const OrganizationData = Envelope(z.object({ organization: Organization }))

/** The organization itself. */
export const organizationRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'organizations/organization', prefix: '/api/v1/organizations', tags: ['Organizations'] })
    .use(guard(deps))
    .post(
      '',
      async ({ origin, caller, body, status }) => {
        const row = await deps.write(origin, (ctx) => createOrganization(ctx, caller.user.id, body))
        return status(201, success(origin, { organization: organizationView(row) }, { code: 201 }))
      },
      {
        signedIn: 'organizations:write',
        fails: ['CONFLICT'],
        body: NewOrganization,
        response: { 201: OrganizationData },
        detail: { summary: 'Create an organization and own it' },
      },
    )
    .get(
      '/:id',
      async ({ origin, membership }) => {
        const row = await deps.read(origin, (ctx) => getOrganization(ctx, membership.organizationId))
        return success(origin, { organization: organizationView(row) })
      },
      {
        member: 'organizations:read',
        params: OrganizationPath,
        response: { 200: OrganizationData },
        detail: { summary: 'Get an organization' },
      },
    )
    .patch(
      '/:id',
      async ({ origin, membership, body }) => {
        const row = await deps.write(origin, (ctx) =>
          updateOrganization(ctx, membership.organizationId, body),
        )
        return success(origin, { organization: organizationView(row) })
      },
      {
        admin: 'organizations:write',
        params: OrganizationPath,
        body: OrganizationChange,
        response: { 200: OrganizationData },
        detail: { summary: 'Change an organization' },
      },
    )
    .delete(
      '/:id',
      async ({ origin, membership, body }) => {
        const input = { organizationId: membership.organizationId, confirm: body.confirm }
        await deps.write(origin, (ctx) => deleteOrganization(ctx, input))
        return success(origin, {}, { message: 'Organization deleted.' })
      },
      {
        owner: true,
        stepUp: true,
        params: OrganizationPath,
        body: z
          .object({ confirm: z.string().max(100).describe('The slug of the organization') })
          .meta({ examples: [{ confirm: 'acme-corp' }] }),
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Delete an organization with everything in it' },
      },
    )
    .post(
      '/:id/transfer-ownership',
      async ({ origin, caller, membership, body }) => {
        const { organizationId } = membership
        const input = { organizationId, fromUserId: caller.user.id, toUserId: body.user_id }
        await deps.write(origin, (ctx) => transferOwnership(ctx, input))
        return success(origin, {}, { message: 'Ownership transferred.' })
      },
      {
        owner: true,
        stepUp: true,
        fails: ['CONFLICT'],
        params: OrganizationPath,
        body: MemberReference,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Make another member the owner' },
      },
    )
    .get(
      '/:id/roles',
      async ({ origin, membership }) => {
        const roles = await deps.read(origin, (ctx) => listRoles(ctx, membership.organizationId))
        return success(origin, { roles })
      },
      {
        member: 'organizations:read',
        params: OrganizationPath,
        response: { 200: Envelope(z.object({ roles: z.array(RoleSummary) })) },
        detail: { summary: 'List roles, their permissions and how many hold them' },
      },
    )
