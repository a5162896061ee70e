import { invalidScope } from './errors.ts'
import type { RequestParameters } from './parameters.ts'

const MAX_COUNT = 100
const MAX_TOKEN_LENGTH = 256
/** RFC 6749 §3.3 */
export const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The scope tokens of a text, each once, in its order. Throws invalid_scope when malformed. RFC 6749 §3.3 */
export function parseScope(text: string): readonly string[] {
  const tokens = [...new Set(text.split(' '))].filter((token) => token !== '')
  const isMalformed = (token: string) => token.length > MAX_TOKEN_LENGTH || !SCOPE_TOKEN.test(token)
  if (tokens.length > MAX_COUNT || tokens.some(isMalformed)) throw invalidScope('The scope is malformed.')
  return tokens
}

/** The scope of a request that need not have one. Throws invalid_scope. */
export function optionalScope(parameters: RequestParameters): readonly string[] | undefined {
  const text = parameters.get('scope')
  return text === undefined ? undefined : parseScope(text)
}

/** Left out where there is none: a scope has one token at least. RFC 6749 §3.3 */
export const scopeMember = (scope: readonly string[]): { readonly scope?: string } =>
  scope.length === 0 ? {} : { scope: encodeScope(scope) }

export const encodeScope = (scope: readonly string[]): string => scope.join(' ')

/**
 * What of the requested scope is granted: what is allowed, the rest is left out (RFC 6749 §3.3, OpenID Connect
 * Core §3.1.2.1). Throws invalid_scope when nothing would remain.
 */
export function grantableScope(requested: readonly string[], allowed: readonly string[]): readonly string[] {
  const granted = requested.filter((token) => allowed.includes(token))
  if (granted.length === 0) throw invalidScope('None of the requested scopes is open to this client.')
  return granted
}

/** The scope asked for at a refresh, which may only be narrower. Throws invalid_scope. RFC 6749 §6 */
export function narrowedScope(
  requested: readonly string[] | undefined,
  granted: readonly string[],
): readonly string[] {
  if (requested === undefined) return granted
  const isWider = requested.some((token) => !granted.includes(token))
  if (isWider || requested.length === 0) throw invalidScope('The scope goes beyond what was granted.')
  return requested
}
