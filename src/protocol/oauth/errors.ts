import { OAuthError, type OAuthErrorCode, type OAuthErrorOptions } from './error.ts'

const of = (code: OAuthErrorCode) => (description: string, options?: OAuthErrorOptions) =>
  new OAuthError(code, description, options)

// RFC 6749 §4.1.2.1, §5.2
export const invalidRequest = of('invalid_request')
export const invalidGrant = of('invalid_grant')
export const unauthorizedClient = of('unauthorized_client')
export const unsupportedGrantType = of('unsupported_grant_type')
export const unsupportedResponseType = of('unsupported_response_type')
export const invalidScope = of('invalid_scope')
export const accessDenied = of('access_denied')
export const serverError = of('server_error')
export const temporarilyUnavailable = of('temporarily_unavailable')

/**
 * Says the same whatever was wrong, so that nothing is learnt by trying; the reason is for log and audit. One that
 * tried by header is challenged by header. RFC 6749 §5.2
 */
export const invalidClient = (
  reason: string,
  { triedHeader = false, cause }: { readonly triedHeader?: boolean; readonly cause?: unknown } = {},
) =>
  new OAuthError('invalid_client', 'Client authentication failed.', {
    reason,
    cause,
    ...(triedHeader ? { headers: { 'WWW-Authenticate': 'Basic realm="OAuth"' } } : {}),
  })

// RFC 6750 §3.1
export const invalidToken = (reason: string, cause?: unknown) =>
  new OAuthError('invalid_token', 'The access token is malformed, expired, revoked or not meant for this.', {
    reason,
    cause,
  })
export const insufficientScope = of('insufficient_scope')

// RFC 7009 §2.2.1
export const unsupportedTokenType = of('unsupported_token_type')

// RFC 7591 §3.2.2
export const invalidRedirectUri = of('invalid_redirect_uri')
export const invalidClientMetadata = of('invalid_client_metadata')
export const invalidSoftwareStatement = of('invalid_software_statement')
export const unapprovedSoftwareStatement = of('unapproved_software_statement')

// RFC 8628 §3.5
export const authorizationPending = of('authorization_pending')
export const slowDown = of('slow_down')
export const expiredToken = of('expired_token')

// RFC 8707 §2
export const invalidTarget = of('invalid_target')

// RFC 9449 §5, §8
export const invalidDpopProof = of('invalid_dpop_proof')
export const dpopNonceRequired = of('use_dpop_nonce')

// OpenID Connect Core 1.0 §3.1.2.6, RFC 9101 §7
export const interactionRequired = of('interaction_required')
export const loginRequired = of('login_required')
export const accountSelectionRequired = of('account_selection_required')
export const consentRequired = of('consent_required')
export const invalidRequestUri = of('invalid_request_uri')
export const invalidRequestObject = of('invalid_request_object')
export const requestNotSupported = of('request_not_supported')
export const requestUriNotSupported = of('request_uri_not_supported')
export const registrationNotSupported = of('registration_not_supported')
export const unmetAuthenticationRequirements = of('unmet_authentication_requirements')
