import { Elysia } from 'elysia'
import type { Deps } from './deps.ts'
import { edge } from './http/index.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The composition root: every capability once, under the edge. */
export function createApp(deps: Deps) {
  let allowedMethods: (path: string) => readonly string[] = () => []
  const app = new Elysia({ name: 'authy2' }).use(
    edge({ ...deps, allowedMethods: (path) => allowedMethods(path) }),
  )
  const { http } = app.router
  allowedMethods = (path) => METHODS.filter((method) => http.find(method, path) !== null)
  return app
}

/** What apps import for the typed client: the routes, with what they take and give. */
export type App = ReturnType<typeof createApp>
