import { type RequestParameters, requireParameter } from './parameters.ts'
import { scopeMember } from './scope.ts'
import { epochSeconds } from './sign-jwt.ts'

/** A token that is asked about or given back. */
export interface TokenReference {
  readonly token: string
  /** Where to look first, no more: a wrong hint changes nothing. */
  readonly hint: 'access_token' | 'refresh_token' | undefined
}

export interface ActiveToken {
  readonly scheme: 'Bearer' | 'DPoP' | undefined
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly issuer: string
  readonly audience: readonly string[]
  readonly tokenId: string | undefined
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly username?: string | undefined
  /** Of the key that it is bound to. RFC 9449 §6.2 */
  readonly thumbprint?: string | undefined
}

/** The request of revocation (RFC 7009 §2.1) and introspection (RFC 7662 §2.1). Throws invalid_request. */
export function parseTokenReference(parameters: RequestParameters): TokenReference {
  const hint = parameters.get('token_type_hint')
  return {
    token: requireParameter(parameters, 'token'),
    hint: hint === 'access_token' || hint === 'refresh_token' ? hint : undefined,
  }
}

/** What is not active is so without a reason, and nothing else is said of it. RFC 7662 §2.2 */
export function encodeIntrospection(token: ActiveToken | undefined) {
  if (token === undefined) return { active: false } as const
  return {
    active: true,
    iss: token.issuer,
    sub: token.subject,
    aud: token.audience,
    client_id: token.clientId,
    ...scopeMember(token.scope),
    iat: epochSeconds(token.issuedAt),
    exp: epochSeconds(token.expiresAt),
    ...(token.scheme === undefined ? {} : { token_type: token.scheme }),
    ...(token.tokenId === undefined ? {} : { jti: token.tokenId }),
    ...(token.username === undefined ? {} : { username: token.username }),
    ...(token.thumbprint === undefined ? {} : { cnf: { jkt: token.thumbprint } }),
  } as const
}
