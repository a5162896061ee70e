import { Elysia } from 'elysia'
import { z } from 'zod'
import { grantView, HeldGrant, listGrants, revokeGrant } from '../authorization-server/index.ts'
import { Envelope, guard, type HttpDeps, Nothing, PageQuery, PathId, success } from '../http/index.ts'

/** The applications that a person signs in to. */
export const grantRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'profile/grants', prefix: '/api/v1/users/me/grants', tags: ['Users'] })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, caller, query }) => {
        const input = { userId: caller.user.id, query, cursors: deps.cursors }
        const page = await deps.read(origin, (ctx) => listGrants(ctx, input))
        return success(origin, { grants: page.rows.map(grantView) }, { meta: page.meta })
      },
      {
        signedIn: 'profile:read',
        query: PageQuery,
        response: { 200: Envelope(z.object({ grants: z.array(HeldGrant) })) },
        detail: { summary: 'List the applications that one signs in to' },
      },
    )
    .delete(
      '/:id',
      async ({ origin, caller, params }) => {
        await deps.write(origin, (ctx) => revokeGrant(ctx, { userId: caller.user.id, id: params.id }))
        return success(origin, {}, { message: 'The application has no access any longer.' })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND'],
        params: z.object({ id: PathId }),
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Take an application’s access back, with every token it holds' },
      },
    )
