import type { StoredClient } from '../clients/index.ts'
import type { Origin } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  acceptedAlgorithms,
  invalidRequest,
  invalidRequestUri,
  isMissingKey,
  matchRedirectUri,
  OAuthError,
  type RequestParameters,
  type ResponseChannel,
} from '../protocol/oauth/index.ts'
import {
  AuthorizationError,
  type AuthorizationRequest,
  PUSHED_REQUEST_PREFIX,
  readAuthorizationRequest,
  verifyIdTokenHint,
} from '../protocol/oidc/index.ts'
import { requireResources } from './audience.ts'
import { authorizationClient, responseTypesOf } from './authorization-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { fetchRequestObject } from './fetch-request-object.ts'
import { findPushedRequest } from './pushed-request.ts'
import { clientScopes } from './scopes.ts'

/** The algorithms of request objects: by a client's own keys only. RFC 9101 §10.1 */
export const REQUEST_OBJECT_ALGORITHMS: readonly string[] = ASYMMETRIC_ALGORITHMS

/**
 * Reads an authorization request of this client, whichever way it came: as parameters, as a request object, or by
 * reference to what was pushed, which its answer will spend. Throws an AuthorizationError, which says where it may be told.
 */
export async function openRequest(
  deps: AuthorizationServerDeps,
  origin: RequestOrigin,
  { client, parameters }: { readonly client: StoredClient; readonly parameters: RequestParameters },
): Promise<AuthorizationRequest> {
  const reference = parameters.get('request_uri')
  if (!reference?.startsWith(PUSHED_REQUEST_PREFIX)) {
    return readRequest(deps, origin, { client, parameters, isPushed: false })
  }
  const pushed = await deps.read(origin, (ctx) => findPushedRequest(ctx, { clientId: client.id, reference }))
  if (!pushed) throw invalidRequestUri('The request_uri is unknown, expired or used already.')
  if (!isStillOpen(deps, client, pushed)) throw invalidRequest('The client has changed since.')
  return pushed
}

interface ReceivedRequest {
  readonly client: StoredClient
  readonly parameters: RequestParameters
  readonly isPushed: boolean
}

/** The same for what is sent as it is, to the authorization or the PAR endpoint. */
export async function readRequest(
  deps: AuthorizationServerDeps,
  origin: Origin,
  { client, parameters, isPushed }: ReceivedRequest,
): Promise<AuthorizationRequest> {
  const fetched = isPushed ? undefined : await fetchRequestObject(deps, client, parameters)
  const request = await parse(false).catch((error: unknown) => {
    if (!isMissingKey(error)) throw error
    return parse(true) // the client has new keys
  })
  try {
    const asked = { resources: request.resources, userId: undefined }
    await deps.read(origin, (ctx) => requireResources(ctx, client, asked))
    return { ...request, subject: await expectedSubject(deps, request) }
  } catch (error) {
    throw error instanceof OAuthError ? new AuthorizationError(error, channelOf(request)) : error
  }

  async function parse(isKeyMissing: boolean): Promise<AuthorizationRequest> {
    const isSigned = (fetched ?? parameters.get('request')) !== undefined
    const registered = client.metadata.request_object_signing_alg
    return readAuthorizationRequest(parameters, authorizationClient(client, deps.config), {
      isPushed,
      fetched,
      issuer: deps.config.oidc.issuer,
      keys: { jwks: isSigned ? await deps.clients.keysOf(client, { isKeyMissing }) : { keys: [] } },
      algorithms: acceptedAlgorithms(
        client.metadata,
        registered === undefined ? REQUEST_OBJECT_ALGORITHMS : [registered],
      ),
      now: deps.clock.now(),
    })
  }
}

/** Who it must be: whom the hint or the claims name. Throws invalid_request where these are two. Core §3.1.2.1 */
async function expectedSubject(
  { config, clock, signingKeys }: Pick<AuthorizationServerDeps, 'config' | 'clock' | 'signingKeys'>,
  { idTokenHint, subject, clientId }: AuthorizationRequest,
): Promise<string | undefined> {
  if (idTokenHint === undefined) return subject
  const hint = await verifyIdTokenHint(idTokenHint, {
    keys: { jwks: { keys: [...(await signingKeys.publicKeys())] } },
    issuer: config.oidc.issuer,
    now: clock.now(),
  })
  // A subject means something to the client that it was made for, and nothing to another. Core §8.1
  if (hint.clientId !== clientId) throw invalidRequest('The ID token hint was issued to another client.')
  if (subject !== undefined && subject !== hint.subject) throw invalidRequest('Two subjects are asked for.')
  return hint.subject
}

/** The reason tells a page which words to say it in. */
export const unknownClient = (): OAuthError =>
  invalidRequest('There is no application of this client_id.', { reason: UNKNOWN_CLIENT })

export const UNKNOWN_CLIENT = 'unknown_client'

/** Where the answer to a request that was read goes. */
export const channelOf = ({ redirectUri, responseMode, state }: AuthorizationRequest): ResponseChannel => ({
  redirectUri,
  mode: responseMode,
  state,
})

/** Whether a request that was kept may still be answered as it is: its client may have changed meanwhile. */
export function isStillOpen(
  { config }: Pick<AuthorizationServerDeps, 'config'>,
  client: StoredClient,
  { redirectUri, responseType, scope }: AuthorizationRequest,
): boolean {
  const open = clientScopes(client)
  return (
    responseTypesOf(client, config).includes(responseType ?? 'code') &&
    matchRedirectUri(client.metadata.redirect_uris, redirectUri) !== undefined &&
    scope.every((token) => open.includes(token))
  )
}
