import { type AnyElysia, Elysia } from 'elysia'
import { admin } from './admin/index.ts'
import {
  authentication,
  relatedOrigins,
  secondFactors,
  stepUps,
  totp,
  webauthn,
} from './authentication/index.ts'
import {
  authorizationServer,
  browserEndpoints,
  createKeyChain,
  interactionApi,
  isOpenToPages,
  protocolFailures,
} from './authorization-server/index.ts'
import { clients } from './clients/index.ts'
import type { Deps } from './deps.ts'
import { health } from './health/index.ts'
import { allowedMethods, edge } from './http/index.ts'
import { jobs } from './jobs/index.ts'
import { openapi } from './openapi/index.ts'
import { organizationAudit, organizations } from './organizations/index.ts'
import { deadLetters, developmentMailbox } from './outbox/index.ts'
import { browserPages, pageFailures, pages } from './pages/index.ts'
import { policies } from './policies/index.ts'
import { profile } from './profile/index.ts'
import { sessions } from './sessions/index.ts'

/** The composition root: every capability once, under the edge. */
export function createApp(deps: Deps) {
  // The edge is part of the app that it asks: these answer once the app is whole.
  let methodsAt: (path: string) => readonly string[] = () => []
  let peerAddress: (request: Request) => string | undefined = () => undefined
  let routes: () => AnyElysia['routes'] = () => []
  const app = new Elysia({ name: 'authy2' })
    .use(
      edge({
        ...deps,
        allowedMethods: (path) => methodsAt(path),
        isOpenToPages,
        peerAddress: (request) => peerAddress(request),
        failureFormats: [pageFailures(deps), protocolFailures],
      }),
    )
    .use(health(deps))
    .use(authentication(deps))
    .use(secondFactors(deps))
    .use(stepUps(deps))
    .use(totp(deps))
    .use(webauthn(deps))
    .use(relatedOrigins(deps))
    .use(sessions(deps))
    .use(organizationAudit(deps))
    .use(profile(deps))
    .use(admin(deps))
    .use(jobs(deps))
    .use(deadLetters(deps))
    .use(organizations(deps))
    .use(clients(deps))
    .use(interactionApi(deps))
    .use(policies(deps))
    .use(openapi({ ...deps, routes: () => routes() }))
  // Beside the chain: what clients are typed for does not have it.
  const pageDeps = { ...deps, keyChain: createKeyChain(deps) }
  app
    .use(authorizationServer(deps))
    .use(browserEndpoints({ ...deps, pages: browserPages(pageDeps) }))
    .use(pages(pageDeps))
    .use(developmentMailbox(deps))
  methodsAt = (path) => allowedMethods(app, path)
  routes = () => app.routes
  peerAddress = (request) => app.server?.requestIP(request)?.address
  return app
}

/** What apps import for the typed client: the routes, with what they take and give. */
export type App = ReturnType<typeof createApp>
export type { ErrorType } from './kernel/index.ts'
