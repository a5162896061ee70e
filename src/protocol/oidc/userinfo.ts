import { epochSeconds } from '../oauth/index.ts'

/** The JSON answer of the userinfo endpoint. OpenID Connect Core 1.0 §5.3.2 */
export const userinfoResponse = (
  subject: string,
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({ ...claims, sub: subject })

/** Claims to be signed with type `JWT` for a client that registered an algorithm: they say whose and for whom. Core §5.3.2 */
export const signedUserinfoClaims = (
  about: {
    readonly issuer: string
    readonly subject: string
    readonly clientId: string
    readonly issuedAt: Date
  },
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({
  ...userinfoResponse(about.subject, claims),
  iss: about.issuer,
  aud: about.clientId,
  iat: epochSeconds(about.issuedAt),
})
