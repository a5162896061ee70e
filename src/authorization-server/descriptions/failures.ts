import type { StandardFailure } from '../../http/index.ts'
import type { OAuthErrorCode } from '../../protocol/oauth/index.ts'

/** What the codes mean that a program is told in JSON. Characters as RFC 6749 §5.2 allows them. */
const MEANINGS = {
  invalid_request: 'A parameter is missing, malformed or repeated, or the body is no form.',
  invalid_client: 'The client is unknown, or did not prove who it is.',
  invalid_grant: 'The code or token is unknown, over, used, or of another client.',
  unauthorized_client: 'The client is not registered for this.',
  unsupported_grant_type: 'The grant type is not supported.',
  unsupported_response_type: 'The response type is not offered.',
  invalid_scope: 'The scope is malformed, or nothing of it is open to the client.',
  invalid_target: 'The resource is malformed or not open to the client.',
  authorization_pending: 'The person has not answered yet: ask again after the interval.',
  slow_down: 'Asked too soon: the interval is five seconds longer from now on.',
  expired_token: 'The device code is over: begin again.',
  access_denied: 'The person has refused, or may not use this client.',
  invalid_dpop_proof: 'The DPoP proof is missing, malformed, of another key or used before.',
  use_dpop_nonce: 'Send a proof with the nonce of the header DPoP-Nonce.',
  invalid_token: 'The token is malformed, expired, revoked or not meant for this.',
  insufficient_scope: 'The access token lacks the scope openid.',
  invalid_redirect_uri: 'A redirect URI is missing or not acceptable.',
  invalid_client_metadata: 'A member is not acceptable, or does not fit the others.',
  unapproved_software_statement: 'Software statements are not accepted.',
  invalid_request_uri: 'The request_uri is unknown, expired or used.',
  invalid_request_object: 'The request object is malformed or not signed by the client.',
  request_uri_not_supported: 'Request objects are accepted by value only.',
  registration_not_supported: 'Clients are registered before, not by the request.',
} as const satisfies { readonly [Code in OAuthErrorCode]?: string }

export type DescribedCode = keyof typeof MEANINGS

/** The failures of one status. */
export const failures = (
  codes: readonly DescribedCode[],
  options: Omit<StandardFailure, 'codes'> = {},
): StandardFailure => ({
  ...options,
  codes: Object.fromEntries(codes.map((code) => [code, MEANINGS[code]])),
})

/** Of a client that does not prove itself. RFC 6749 §5.2 */
export const CLIENT_REFUSED = failures(['invalid_client'], { headers: ['WWW-Authenticate'] })

/** What is sent on to the client by way of the browser. RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6 */
export const TOLD_BY_REDIRECT: readonly OAuthErrorCode[] = [
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'server_error',
  'temporarily_unavailable',
  'interaction_required',
  'login_required',
  'consent_required',
  'invalid_request_uri',
  'invalid_request_object',
  'request_uri_not_supported',
  'registration_not_supported',
  'unmet_authentication_requirements',
]
