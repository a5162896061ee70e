import type { HttpDeps } from './deps.ts'
import { failure } from './envelope.ts'
import { internalError } from './failures.ts'
import { securityHeaders } from './security-headers.ts'

/**
 * Makes what the server answers when even the edge has failed, as the framework does when a handler throws
 * `null`: INTERNAL_ERROR in an envelope, for a request of which nothing is known any more.
 */
export function lastResort({ config, clock, random, log }: HttpDeps) {
  const headers = securityHeaders(config)
  return (cause: unknown): Response => {
    const id = random.uuid(clock.now())
    const error = internalError(cause)
    log.error('request.failed', { request_id: id, err: cause })
    return Response.json(failure(id, error), {
      status: error.status,
      headers: { ...headers, 'X-Request-ID': id },
    })
  }
}
