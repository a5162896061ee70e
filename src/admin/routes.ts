import { Elysia } from 'elysia'
import { auditRoutes } from './audit-routes.ts'
import { type AdminDeps, signingKeyRoutes } from './signing-key-routes.ts'
import { userRoutes } from './user-routes.ts'

/** Everything that only instance administrators see and do. */
export const admin = (deps: AdminDeps) =>
  new Elysia({ name: 'admin' }).use(userRoutes(deps)).use(auditRoutes(deps)).use(signingKeyRoutes(deps))
