import { invalidRequest } from '../protocol/oauth/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { ClientRequest } from './endpoint.ts'
import { readRequest } from './open-request.ts'
import { keepPushedRequest, PUSHED_REQUEST_SECONDS } from './pushed-request.ts'

/**
 * Takes an authorization request from the client itself, which has authenticated: nobody on the way can change it,
 * and what is wrong with it is told to the client at once. A DPoP proof that comes along binds the code to its key.
 * RFC 9126 §2, RFC 9449 §10.1
 */
export async function pushAuthorizationRequest(
  deps: AuthorizationServerDeps,
  { client, parameters, origin, thumbprint }: ClientRequest,
): Promise<{ request_uri: string; expires_in: number }> {
  const request = await readRequest(deps, origin, { client, parameters, isPushed: true })
  const { dpopThumbprint = thumbprint } = request
  if (thumbprint !== undefined && dpopThumbprint !== thumbprint) {
    throw invalidRequest('The DPoP proof is of another key than dpop_jkt.')
  }
  const reference = await deps.write(origin, (ctx) =>
    keepPushedRequest(ctx, client, { ...request, dpopThumbprint }),
  )
  return { request_uri: reference, expires_in: PUSHED_REQUEST_SECONDS }
}
