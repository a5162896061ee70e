import type { StoredClient } from '../clients/index.ts'
import { invalidRequest, OAuthError, type RequestParameters } from '../protocol/oauth/index.ts'
import { AuthorizationError, findChannel } from '../protocol/oidc/index.ts'
import { authorizationClient } from './authorization-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'

/**
 * The request object that a request refers to, from where its client registered it; undefined for a request without
 * a reference, and where the Dynamic profile is off: then nothing is called, and the reference is refused by whoever
 * reads the request. Throws an AuthorizationError. OpenID Connect Core 1.0 §6.2
 */
export async function fetchRequestObject(
  { config, clients }: Pick<AuthorizationServerDeps, 'config' | 'clients'>,
  client: StoredClient,
  parameters: RequestParameters,
): Promise<string | undefined> {
  const uri = parameters.get('request_uri')
  if (uri === undefined || !config.oidc.dynamicProfile) return undefined
  try {
    if (parameters.get('request') !== undefined) {
      throw invalidRequest('A request object is given by request or by request_uri, not both.')
    }
    return await clients.requestObjectAt(client, uri)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    throw new AuthorizationError(error, findChannel(parameters, authorizationClient(client, config)))
  }
}
