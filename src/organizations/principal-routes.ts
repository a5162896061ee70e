import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, Nothing, PageQuery, PathId, success } from '../http/index.ts'
import {
  createPrincipal,
  deletePrincipal,
  getPrincipal,
  listPrincipals,
  updatePrincipal,
} from './principals.ts'
import { NewPrincipal, Principal, PrincipalChange } from './schema.ts'
import { groupView } from './views.ts'

const PrincipalsPath = z.object({ id: PathId })
const PrincipalPath = z.object({ id: PathId, principalId: PathId })
const PrincipalData = Envelope(z.object({ principal: Principal }))

/** Names that members may carry inside an SSH certificate. */
export const principalRoutes = (deps: HttpDeps) =>
  new Elysia({
    name: 'organizations/principals',
    prefix: '/api/v1/organizations/:id/principals',
    tags: ['Principals'],
  })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, membership, query }) => {
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listPrincipals(ctx, input, deps.cursors))
        return success(origin, { principals: page.rows.map(groupView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: PrincipalsPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ principals: z.array(Principal) })) },
        detail: { summary: 'List principals' },
      },
    )
    .post(
      '',
      async ({ origin, membership, body, status }) => {
        const row = await deps.write(origin, (ctx) => createPrincipal(ctx, membership.organizationId, body))
        return status(201, success(origin, { principal: groupView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: PrincipalsPath,
        body: NewPrincipal,
        response: { 201: PrincipalData },
        detail: { summary: 'Create a principal' },
      },
    )
    .get(
      '/:principalId',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, principalId: params.principalId }
        const row = await deps.read(origin, (ctx) => getPrincipal(ctx, key))
        return success(origin, { principal: groupView(row) })
      },
      {
        member: 'organizations:read',
        params: PrincipalPath,
        response: { 200: PrincipalData },
        detail: { summary: 'Get a principal' },
      },
    )
    .patch(
      '/:principalId',
      async ({ origin, membership, params, body }) => {
        const key = { organizationId: membership.organizationId, principalId: params.principalId }
        const row = await deps.write(origin, (ctx) => updatePrincipal(ctx, key, body), {
          isSerializable: true,
        })
        return success(origin, { principal: groupView(row) })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: PrincipalPath,
        body: PrincipalChange,
        response: { 200: PrincipalData },
        detail: { summary: 'Change a principal' },
      },
    )
    .delete(
      '/:principalId',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, principalId: params.principalId }
        await deps.write(origin, (ctx) => deletePrincipal(ctx, key))
        return success(origin, {}, { message: 'Principal deleted.' })
      },
      {
        admin: 'organizations:write',
        params: PrincipalPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Delete a principal' },
      },
    )
