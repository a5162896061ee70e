import { Elysia } from 'elysia'
import type { HttpDeps } from '../http/index.ts'
import { auditRoutes } from './audit-routes.ts'
import { userRoutes } from './user-routes.ts'

/** Everything that only instance administrators see and do. */
export const admin = (deps: HttpDeps) =>
  new Elysia({ name: 'admin' }).use(userRoutes(deps)).use(auditRoutes(deps))
