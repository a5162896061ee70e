import { Elysia } from 'elysia'
import { adminAudit, adminUsers } from './admin/index.ts'
import { authentication } from './authentication/index.ts'
import type { Deps } from './deps.ts'
import { health } from './health/index.ts'
import { edge } from './http/index.ts'
import { organizationAudit, organizations } from './organizations/index.ts'
import { developmentMailbox } from './outbox/index.ts'
import { apiKeys, belongings, profile } from './profile/index.ts'
import { sessions } from './sessions/index.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The composition root: every capability once, under the edge. */
export function createApp(deps: Deps) {
  // The edge is part of the app that it asks: these answer once the app is whole.
  let allowedMethods: (path: string) => readonly string[] = () => []
  let peerAddress: (request: Request) => string | undefined = () => undefined
  const app = new Elysia({ name: 'authy2' })
    .use(
      edge({
        ...deps,
        allowedMethods: (path) => allowedMethods(path),
        peerAddress: (request) => peerAddress(request),
      }),
    )
    .use(health(deps))
    .use(authentication(deps))
    .use(sessions(deps))
    .use(organizationAudit(deps))
    .use(profile(deps))
    .use(belongings(deps))
    .use(apiKeys(deps))
    .use(adminUsers(deps))
    .use(adminAudit(deps))
    .use(organizations(deps))
    .use(developmentMailbox(deps))
  const { http } = app.router
  allowedMethods = (path) => METHODS.filter((method) => http.find(method, path) !== null)
  peerAddress = (request) => app.server?.requestIP(request)?.address
  return app
}

/** What apps import for the typed client: the routes, with what they take and give. */
export type App = ReturnType<typeof createApp>
