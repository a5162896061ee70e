import { invalidRequest } from './errors.ts'
import { type RequestParameters, requireParameter } from './parameters.ts'
import { parseResources } from './resource.ts'
import { optionalScope } from './scope.ts'

/** RFC 8693 §3 */
export const TOKEN_TYPES = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  refresh_token: 'urn:ietf:params:oauth:token-type:refresh_token',
  id_token: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  /** A session token of this server, which is none of the registered kinds. */
  session: 'urn:authy2:token-type:session',
} as const
export type TokenType = keyof typeof TOKEN_TYPES

/** One token for another, on behalf of the same subject: `act`, acting for somebody else, is not offered. */
export interface TokenExchange {
  readonly subjectToken: string
  readonly subjectTokenType: TokenType
  readonly requestedTokenType: TokenType
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[]
  /** Names of services, where `resources` are their addresses. */
  readonly audiences: readonly string[]
}

const MAX_AUDIENCES = 10

/** Throws invalid_request, invalid_scope and invalid_target. RFC 8693 §2.1 */
export function parseTokenExchange(parameters: RequestParameters): TokenExchange {
  if (parameters.get('actor_token') !== undefined || parameters.get('actor_token_type') !== undefined) {
    throw invalidRequest('Actor tokens are not supported.')
  }
  const audiences = [...new Set(parameters.all('audience'))]
  if (audiences.length > MAX_AUDIENCES) throw invalidRequest('Too many audiences.')
  return {
    subjectToken: requireParameter(parameters, 'subject_token'),
    subjectTokenType: tokenType(requireParameter(parameters, 'subject_token_type')),
    requestedTokenType: tokenType(parameters.get('requested_token_type') ?? TOKEN_TYPES.access_token),
    scope: optionalScope(parameters),
    resources: parseResources(parameters),
    audiences,
  }
}

function tokenType(uri: string): TokenType {
  const [name] = Object.entries(TOKEN_TYPES).find(([, known]) => known === uri) ?? []
  if (name === undefined) throw invalidRequest('A token type is not supported.')
  return name as TokenType
}
