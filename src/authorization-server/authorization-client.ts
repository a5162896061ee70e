import type { StoredClient } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import { isFapiClient, parseScope, RESPONSE_TYPES, type ResponseType } from '../protocol/oauth/index.ts'
import type { AuthorizationClient } from '../protocol/oidc/index.ts'
import { clientScopes } from './scopes.ts'

/** What the authorization requests of this client are judged by. */
export function authorizationClient(client: StoredClient, config: Config): AuthorizationClient {
  const { metadata } = client
  // FAPI 2.0 Security Profile §5.3.2.2: S256, whatever was registered or an administrator said.
  const isFapi = isFapiClient(metadata)
  return {
    clientId: client.id,
    redirectUris: metadata.redirect_uris,
    offeredResponseTypes: offeredResponseTypes(config),
    responseTypes: responseTypesOf(client, config),
    scopes: clientScopes(client),
    defaultScopes: metadata.scope === undefined ? [] : parseScope(metadata.scope),
    requiresPkce: client.requirePkce || isFapi,
    allowsPlainPkce: client.allowPlainPkce && !isFapi,
    requiresPushedRequests: metadata.require_pushed_authorization_requests,
    requiresSignedRequests: metadata.require_signed_request_object,
    defaultMaxAgeSeconds: metadata.default_max_age,
    defaultAcrValues: metadata.default_acr_values ?? [],
  }
}

/** Tokens through the browser are what OAuth 2.1 does without: a client gets them where the server was told to, too. */
export const offeredResponseTypes = ({ oidc }: Config): readonly ResponseType[] =>
  oidc.dynamicProfile ? RESPONSE_TYPES : ['code']

/** Whatever was registered while more was offered. */
export const responseTypesOf = ({ metadata }: StoredClient, config: Config): readonly ResponseType[] =>
  metadata.response_types.filter((type) => offeredResponseTypes(config).includes(type))
