import type { AnyElysia } from 'elysia'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Every method that an app answers to at a path, HEAD wherever GET; none where nothing is. For `Allow`. */
export function allowedMethods({ router }: Pick<AnyElysia, 'router'>, path: string): readonly string[] {
  // Paths without parameters are kept apart from the others, and answer with a slash at their end, too.
  const fixed = router.static[path] ?? router.static[path.replace(/\/$/, '')] ?? {}
  const methods = METHODS.filter((method) => method in fixed || router.http.find(method, path) !== null)
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
