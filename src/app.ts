import { Elysia } from 'elysia'
import { guard } from './http/index.ts'
import { edge, Envelope, type HttpDeps, success } from './http/index.ts'
import { User, userView } from './users/index.ts'
import { z } from 'zod'

/** The composition root: every capability once. */
export function createApp(deps: HttpDeps) {
  const app = new Elysia({ normalize: true })
    .use(edge({ ...deps, allowedMethods: () => [] }))
    .use(
      new Elysia({ prefix: '/api/v1' }).use(guard(deps)).get(
        '/auth/me',
        ({ caller, origin }) => success(origin, { user: userView(caller.user), organizations: [] }),
        { signedIn: true, response: { 200: Envelope(z.object({ user: User, organizations: z.array(z.string()) })) } },
      ),
    )
  return app
}
export type App = ReturnType<typeof createApp>
