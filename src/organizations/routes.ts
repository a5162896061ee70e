import { Elysia } from 'elysia'
import type { HttpDeps } from '../http/index.ts'
import { departmentRoutes } from './department-routes.ts'
import { inviteRoutes } from './invite-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { organizationRoutes } from './organization-routes.ts'
import { principalHolderRoutes } from './principal-holder-routes.ts'
import { principalRoutes } from './principal-routes.ts'

/** Everything of an organization that its members see and change. */
export const organizations = (deps: HttpDeps) =>
  new Elysia({ name: 'organizations' })
    .use(organizationRoutes(deps))
    .use(memberRoutes(deps))
    .use(inviteRoutes(deps))
    .use(departmentRoutes(deps))
    .use(principalRoutes(deps))
    .use(principalHolderRoutes(deps))
