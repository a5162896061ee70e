import type { StoredClient } from '../clients/index.ts'
import { parseScope } from '../protocol/oauth/index.ts'
import type { AuthorizationClient } from '../protocol/oidc/index.ts'
import { clientScopes } from './scopes.ts'

/** What the authorization requests of this client are judged by. */
export function authorizationClient(client: StoredClient): AuthorizationClient {
  const { metadata } = client
  return {
    clientId: client.id,
    redirectUris: metadata.redirect_uris,
    grantTypes: metadata.grant_types,
    scopes: clientScopes(client),
    defaultScopes: metadata.scope === undefined ? [] : parseScope(metadata.scope),
    requiresPkce: client.requirePkce,
    allowsPlainPkce: client.allowPlainPkce,
    requiresPushedRequests: metadata.require_pushed_authorization_requests,
    requiresSignedRequests: metadata.require_signed_request_object,
    defaultMaxAgeSeconds: metadata.default_max_age,
    defaultAcrValues: metadata.default_acr_values ?? [],
  }
}
