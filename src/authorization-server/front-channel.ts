import { Elysia } from 'elysia'
import { authorizationEndpoint } from './authorize-routes.ts'
import { deviceApproval } from './device-routes.ts'
import type { BrowserEndpointDeps, InteractionRouteDeps } from './interaction-deps.ts'
import { interactions } from './interaction-routes.ts'
import { endSessionEndpoint } from './logout-routes.ts'
import { registrationEndpoint } from './registration-routes.ts'
import { createKeyChain } from './subject.ts'

/** What applications send people's browsers to: of the standards, not of the JSON API. */
export const browserEndpoints = (routeDeps: InteractionRouteDeps & Pick<BrowserEndpointDeps, 'pages'>) => {
  const deps = { ...routeDeps, keyChain: createKeyChain(routeDeps) }
  return new Elysia({ name: 'browser-endpoints' })
    .use(authorizationEndpoint(deps))
    .use(endSessionEndpoint(deps))
    .use(registrationEndpoint(deps))
}

/** What people do on their way to an application, as JSON. */
export const interactionApi = (deps: InteractionRouteDeps) =>
  new Elysia({ name: 'interaction-api' })
    .use(interactions({ ...deps, keyChain: createKeyChain(deps) }))
    .use(deviceApproval(deps))
