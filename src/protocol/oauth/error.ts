/** The closed list of error codes, by the standard that defines each, with the HTTP status of a JSON answer. */
export const OAUTH_ERROR_STATUS = {
  // RFC 6749 §4.1.2.1 (authorization endpoint) and §5.2 (token endpoint)
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  access_denied: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  // RFC 6750 §3.1
  invalid_token: 401,
  insufficient_scope: 403,
  // RFC 7009 §2.2.1
  unsupported_token_type: 400,
  // RFC 7591 §3.2.2
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  // RFC 8628 §3.5
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  // RFC 8707 §2
  invalid_target: 400,
  // RFC 9449 §5, §7.1 and §8
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  // OpenID Connect Core 1.0 §3.1.2.6; those of request objects also RFC 9101 §7
  interaction_required: 400,
  login_required: 400,
  account_selection_required: 400,
  consent_required: 400,
  invalid_request_uri: 400,
  invalid_request_object: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  registration_not_supported: 400,
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2
  unmet_authentication_requirements: 400,
} as const
export type OAuthErrorCode = keyof typeof OAUTH_ERROR_STATUS

export interface OAuthErrorOptions {
  /** What precisely was wrong, for log and audit: never sent. */
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/**
 * A failure in the words of OAuth. `message` is what clients are told as `error_description`, in the characters
 * that RFC 6749 §5.2 allows there, so it never carries a secret nor what somebody else sent.
 */
export class OAuthError extends Error {
  override readonly name: string = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly status: number
  readonly reason: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(descriptionText(description), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = OAUTH_ERROR_STATUS[code]
    this.reason = options.reason
    this.headers = options.headers ?? {}
  }
}

/** `%x20-21 / %x23-5B / %x5D-7E`. RFC 6749 §5.2, RFC 6750 §3 */
const descriptionText = (text: string): string =>
  text.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
