import { Elysia } from 'elysia'
import { z } from 'zod'
import { guard } from '../http/index.ts'
import { CLIENT_SCRIPTS } from './client-scripts.ts'
import type { PageDeps, PageRoute } from './page-route.ts'
import { consentRoutes } from './routes/consent.ts'
import { deviceRoutes } from './routes/device.ts'
import { emailRoutes } from './routes/email.ts'
import { enrolmentRoutes } from './routes/enrolment.ts'
import { homeRoutes } from './routes/home.ts'
import { inviteRoutes } from './routes/invites.ts'
import { passwordRoutes } from './routes/passwords.ts'
import { registrationRoutes } from './routes/registration.ts'
import { secondFactorRoutes } from './routes/second-factor.ts'
import { createShowSignIn, signInRoutes } from './routes/sign-in.ts'
import { signOutRoutes } from './routes/sign-out.ts'
import { createServe } from './serve.ts'
import { createSignInFlow } from './sign-in-flow.ts'

const Html = z.string()

/** Every page, and what its forms do. */
function pageRoutes(deps: PageDeps): readonly PageRoute[] {
  const flow = createSignInFlow(deps)
  const showSignIn = createShowSignIn(deps)
  return [
    ...homeRoutes(deps),
    ...signInRoutes(deps, flow, showSignIn),
    ...secondFactorRoutes(deps, flow, showSignIn),
    ...registrationRoutes(deps),
    ...passwordRoutes(deps),
    ...emailRoutes(deps),
    ...inviteRoutes(deps),
    ...enrolmentRoutes(deps),
    ...consentRoutes(deps),
    ...deviceRoutes(deps),
    ...signOutRoutes(deps),
  ]
}

/** The hosted pages. Not of the JSON API: each answers with HTML, also when it fails. */
export function pages(deps: PageDeps) {
  const serve = createServe(deps)
  const app = new Elysia({ name: 'pages', tags: ['Pages'] }).use(guard(deps))
  for (const { path, type, cacheControl, source } of CLIENT_SCRIPTS) {
    app.get(
      path,
      ({ set }) => {
        Object.assign(set.headers, { 'Content-Type': type, 'Cache-Control': cacheControl })
        return source
      },
      { public: true, response: { 200: z.string() }, detail: { summary: 'Script of the pages', hide: true } },
    )
  }
  // Elysia reads from a handler's parameters what a route needs of its request.
  for (const route of pageRoutes(deps)) {
    const options = optionsOf(route)
    if (route.method === 'GET') {
      app.get(
        route.path,
        ({ origin, request, set, params }) => serve.route(route, { origin, request, set, params }),
        options,
      )
    } else {
      app.post(
        route.path,
        ({ origin, request, set, params, body }) =>
          serve.route(route, { origin, request, set, params, body }),
        options,
      )
    }
  }
  return app
}

/** The limit is counted by `serve`, whose answer to too many is a page. */
const optionsOf = ({ summary, limit }: PageRoute) =>
  ({
    public: true,
    response: { 200: Html },
    detail: { summary, hide: true, 'x-rate-limit': limit } as object,
  }) as const
