import { unsupportedGrantType } from './errors.ts'
import { type RequestParameters, requireParameter } from './parameters.ts'
import { parseResources } from './resource.ts'
import { optionalScope } from './scope.ts'
import { parseTokenExchange, type TokenExchange } from './token-exchange.ts'

/** RFC 6749 §4.1.3, §6, §4.4.2, RFC 8628 §3.4, RFC 8693 §2.1 */
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** What each grant is asked for with. */
export interface GrantRequests {
  authorization_code: {
    readonly code: string
    /** Needed where the code has no challenge that stands for it. OAuth 2.1 §4.1.3 */
    readonly redirectUri: string | undefined
    readonly codeVerifier: string | undefined
    readonly resources: readonly string[]
  }
  refresh_token: {
    readonly refreshToken: string
    readonly scope: readonly string[] | undefined
    readonly resources: readonly string[]
  }
  client_credentials: {
    readonly scope: readonly string[] | undefined
    readonly resources: readonly string[]
  }
  'urn:ietf:params:oauth:grant-type:device_code': {
    readonly deviceCode: string
    readonly resources: readonly string[]
  }
  'urn:ietf:params:oauth:grant-type:token-exchange': TokenExchange
}

export type TokenRequest = {
  [G in GrantType]: { readonly grantType: G } & GrantRequests[G]
}[GrantType]

const PARSERS: { readonly [G in GrantType]: (parameters: RequestParameters) => GrantRequests[G] } = {
  authorization_code: (parameters) => ({
    code: requireParameter(parameters, 'code'),
    redirectUri: parameters.get('redirect_uri'),
    codeVerifier: parameters.get('code_verifier'),
    resources: parseResources(parameters),
  }),
  refresh_token: (parameters) => ({
    refreshToken: requireParameter(parameters, 'refresh_token'),
    scope: optionalScope(parameters),
    resources: parseResources(parameters),
  }),
  client_credentials: (parameters) => ({
    scope: optionalScope(parameters),
    resources: parseResources(parameters),
  }),
  'urn:ietf:params:oauth:grant-type:device_code': (parameters) => ({
    deviceCode: requireParameter(parameters, 'device_code'),
    resources: parseResources(parameters),
  }),
  'urn:ietf:params:oauth:grant-type:token-exchange': parseTokenExchange,
}

/** Throws invalid_request, invalid_scope, invalid_target and unsupported_grant_type. RFC 6749 §3.2 */
export function parseTokenRequest(parameters: RequestParameters): TokenRequest {
  const named = requireParameter(parameters, 'grant_type')
  const grantType = GRANT_TYPES.find((known) => known === named)
  if (grantType === undefined) throw unsupportedGrantType('The grant type is not supported.')
  // The compiler does not see that an entry's result belongs to its key.
  return { grantType, ...PARSERS[grantType](parameters) } as TokenRequest
}
