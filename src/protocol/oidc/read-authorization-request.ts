import {
  invalidRequest,
  OAuthError,
  type RequestObjectExpectation,
  type RequestParameters,
  registrationNotSupported,
  requestUriNotSupported,
  verifyRequestObject,
} from '../oauth/index.ts'
import {
  type AuthorizationClient,
  type AuthorizationRequest,
  parseAuthorizationRequest,
} from './authorization-request.ts'
import { AuthorizationError, answering, findChannel } from './response-channel.ts'

/** How a request came, and what a request object of it is checked by. */
export interface AuthorizationExpectation extends Omit<RequestObjectExpectation, 'clientId' | 'isFetched'> {
  /** By the PAR endpoint, where the client authenticated. */
  readonly isPushed: boolean
  /** The request object that its `request_uri` refers to, which the caller has fetched. */
  readonly fetched?: string | undefined
}

/** Of a request that was pushed: what follows is the server's own reference. RFC 9126 §2.2 */
export const PUSHED_REQUEST_PREFIX = 'urn:ietf:params:oauth:request_uri:'

/**
 * Reads a request of the authorization or the PAR endpoint, opening its request object. A pushed request is looked
 * up before, by its `request_uri`; another one is refused unless the caller has fetched it, from where the client
 * registered: the server would call where anybody tells it to.
 * Throws an AuthorizationError. RFC 9101 §6, RFC 9126 §2.1, §4
 */
export async function readAuthorizationRequest(
  parameters: RequestParameters,
  client: AuthorizationClient,
  expectation: AuthorizationExpectation,
): Promise<AuthorizationRequest> {
  const channel = findChannel(parameters, client)
  answering(channel, () => refuseUnsupported(parameters, client, expectation))
  const { fetched } = expectation
  const jwt = fetched ?? parameters.get('request')
  if (jwt === undefined) return parseAuthorizationRequest(parameters, client)
  const signed = await openRequestObject(jwt)
  return parseAuthorizationRequest(signed, client)

  async function openRequestObject(requestObject: string): Promise<RequestParameters> {
    try {
      return await verifyRequestObject(requestObject, {
        ...expectation,
        clientId: client.clientId,
        isFetched: fetched !== undefined,
      })
    } catch (error) {
      throw error instanceof OAuthError ? new AuthorizationError(error, channel) : error
    }
  }
}

function refuseUnsupported(
  parameters: RequestParameters,
  { requiresPushedRequests, requiresSignedRequests }: AuthorizationClient,
  { isPushed, fetched }: AuthorizationExpectation,
): void {
  const requestUri = parameters.get('request_uri')
  if (requestUri !== undefined && (isPushed || fetched === undefined)) {
    throw isPushed
      ? invalidRequest('The parameter request_uri must not be pushed.')
      : requestUriNotSupported('Request objects are accepted by value only.')
  }
  if (parameters.get('registration') !== undefined) {
    throw registrationNotSupported('Clients are registered before, not by the request.')
  }
  if (requiresPushedRequests && !isPushed) throw invalidRequest('This client has to push its requests.')
  if (requiresSignedRequests && (fetched ?? parameters.get('request')) === undefined) {
    throw invalidRequest('This client has to sign its requests.')
  }
}
