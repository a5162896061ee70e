import { Elysia } from 'elysia'
import { apiKeyRoutes } from './api-key-routes.ts'
import { belongingRoutes } from './belonging-routes.ts'
import type { ProfileDeps } from './deps.ts'
import { grantRoutes } from './grant-routes.ts'
import { selfRoutes } from './self-routes.ts'

/** Everything that people see and do of their own. */
export const profile = (deps: ProfileDeps) =>
  new Elysia({ name: 'profile' })
    .use(selfRoutes(deps))
    .use(belongingRoutes(deps))
    .use(apiKeyRoutes(deps))
    .use(grantRoutes(deps))
