import {
  addToQuery,
  epochSeconds,
  invalidRequest,
  matchRedirectUri,
  type RequestParameters,
} from '../oauth/index.ts'
import type { IdTokenHint } from './id-token.ts'
import { words } from './prompt.ts'

/** A client asks to sign somebody out. RP-Initiated Logout 1.0 §2 */
export interface LogoutRequest {
  readonly idTokenHint: string | undefined
  readonly clientId: string | undefined
  readonly logoutHint: string | undefined
  readonly postLogoutRedirectUri: string | undefined
  readonly state: string | undefined
  readonly uiLocales: readonly string[]
}

export const parseLogoutRequest = (parameters: RequestParameters): LogoutRequest => ({
  idTokenHint: parameters.get('id_token_hint'),
  clientId: parameters.get('client_id'),
  logoutHint: parameters.get('logout_hint'),
  postLogoutRedirectUri: parameters.get('post_logout_redirect_uri'),
  state: parameters.get('state'),
  uiLocales: words(parameters.get('ui_locales')),
})

/** The client that asks, if it says so: by name, by an ID token of its own, or both alike. Throws invalid_request. */
export function logoutClientId(request: LogoutRequest, hint: IdTokenHint | undefined): string | undefined {
  if (hint && request.clientId !== undefined && request.clientId !== hint.clientId) {
    throw invalidRequest('The ID token hint was issued to another client.')
  }
  return hint?.clientId ?? request.clientId
}

/**
 * Where the person goes after sign-out, or undefined where nothing was asked for. Throws invalid_request, for a
 * page, unless the URI is registered for the client that asks: else this would lead anybody anywhere. §2, §3
 */
export function postLogoutLocation(
  { postLogoutRedirectUri, state }: LogoutRequest,
  client: { readonly postLogoutRedirectUris: readonly string[] } | undefined,
): string | undefined {
  if (postLogoutRedirectUri === undefined) return undefined
  const uri = matchRedirectUri(client?.postLogoutRedirectUris ?? [], postLogoutRedirectUri)
  if (uri === undefined) throw invalidRequest('The address for after sign-out is not registered.')
  return state === undefined ? uri : addToQuery(uri, { state })
}

export interface LogoutToken {
  readonly tokenId: string
  readonly issuer: string
  readonly clientId: string
  readonly subject: string
  /** Undefined: all of this person's sessions at the client ended. */
  readonly sessionId: string | undefined
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Claims to be signed with type `logout+jwt`. There is no nonce, so that it is no ID token. Back-Channel Logout 1.0 §2.4 */
export const logoutTokenClaims = (token: LogoutToken): Readonly<Record<string, unknown>> => ({
  iss: token.issuer,
  sub: token.subject,
  aud: token.clientId,
  iat: epochSeconds(token.issuedAt),
  exp: epochSeconds(token.expiresAt),
  jti: token.tokenId,
  sid: token.sessionId,
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
})
