import type { OAuthError } from './error.ts'
import { encodeTokenResponse, type IssuedTokens } from './token-response.ts'

/** OAuth 2.0 Multiple Response Type Encoding Practices §2.1; OAuth 2.0 Form Post Response Mode */
export const RESPONSE_MODES = ['query', 'fragment', 'form_post'] as const
export type ResponseMode = (typeof RESPONSE_MODES)[number]

/** Where the answer to an authorization request may go: the redirect URI is one that the client registered. */
export interface ResponseChannel {
  readonly redirectUri: string
  readonly mode: ResponseMode
  readonly state: string | undefined
}

export type AuthorizationResponse =
  | { readonly kind: 'redirect'; readonly location: string }
  /** For a page whose form the browser submits. Form Post Response Mode §2 */
  | { readonly kind: 'form_post'; readonly action: string; readonly fields: Readonly<Record<string, string>> }

/** What the client is told: tokens only by a channel that no server on the way sees, as their response types have it. */
export type AuthorizationOutcome =
  | { readonly code: string }
  | { readonly idToken: string; readonly tokens: IssuedTokens | undefined }
  | OAuthError

/** A code, tokens (RFC 6749 §4.2.2, OpenID Connect Core 1.0 §3.2.2.5) or an error, sent back with `state` (RFC 6749 §4.1.2, §4.1.2.1) and `iss` (RFC 9207 §2). */
export function encodeAuthorizationResponse(
  channel: ResponseChannel,
  issuer: string,
  outcome: AuthorizationOutcome,
): AuthorizationResponse {
  const fields = {
    ...encodeOutcome(outcome),
    ...(channel.state === undefined ? {} : { state: channel.state }),
    iss: issuer,
  }
  if (channel.mode === 'form_post') return { kind: 'form_post', action: channel.redirectUri, fields }
  const separator = channel.mode === 'fragment' ? '#' : '?'
  return { kind: 'redirect', location: append(channel.redirectUri, separator, fields) }
}

function encodeOutcome(outcome: AuthorizationOutcome): Readonly<Record<string, string>> {
  if (outcome instanceof Error) return encodeError(outcome)
  if ('code' in outcome) return { code: outcome.code }
  const tokens = Object.entries(outcome.tokens ? encodeTokenResponse(outcome.tokens) : {})
  return {
    ...Object.fromEntries(tokens.map(([name, value]) => [name, String(value)])),
    id_token: outcome.idToken,
  }
}

/** A redirect URI with more in its query, which it keeps as it is: RFC 6749 §3.1.2. */
export const addToQuery = (uri: string, fields: Readonly<Record<string, string>>): string =>
  append(uri, '?', fields)

/** The body of a JSON answer, and the fields of one through the browser. RFC 6749 §5.2, §4.1.2.1 */
export const encodeError = (error: OAuthError) => ({ error: error.code, error_description: error.message })

function append(uri: string, separator: '?' | '#', fields: Readonly<Record<string, string>>): string {
  const isOpen = uri.includes(separator)
  return `${uri}${isOpen ? '&' : separator}${new URLSearchParams(fields)}`
}
