import { scopeMember } from './scope.ts'
import { TOKEN_TYPES, type TokenType } from './token-exchange.ts'

export interface IssuedTokens {
  readonly accessToken: string
  /** `DPoP` exactly when the access token is bound to a key. RFC 9449 §5 */
  readonly scheme: 'Bearer' | 'DPoP'
  readonly lifetimeSeconds: number
  readonly scope: readonly string[]
  readonly refreshToken?: string | undefined
  /** OpenID Connect Core 1.0 §3.1.3.3 */
  readonly idToken?: string | undefined
  /** Of a token exchange. RFC 8693 §2.2.1 */
  readonly issuedTokenType?: TokenType | undefined
}

/** RFC 6749 §5.1. The scope is told wherever there is one: it may be less than what was asked for (§3.3). */
export const encodeTokenResponse = (tokens: IssuedTokens) => ({
  access_token: tokens.accessToken,
  token_type: tokens.scheme,
  expires_in: tokens.lifetimeSeconds,
  ...scopeMember(tokens.scope),
  ...(tokens.refreshToken === undefined ? {} : { refresh_token: tokens.refreshToken }),
  ...(tokens.idToken === undefined ? {} : { id_token: tokens.idToken }),
  ...(tokens.issuedTokenType === undefined ? {} : { issued_token_type: TOKEN_TYPES[tokens.issuedTokenType] }),
})
