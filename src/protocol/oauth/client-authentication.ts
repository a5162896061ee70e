import { HMAC_ALGORITHMS } from './algorithms.ts'
import { invalidClient, invalidRequest } from './errors.ts'
import { formDecode, type RequestParameters } from './parameters.ts'
import { parseJwtHeader, peekClaims } from './verify-jwt.ts'

/** RFC 7591 §2, OpenID Connect Core 1.0 §9 */
export const CLIENT_AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/** Who a client says it is, and by what it means to prove it. Nothing of it is checked yet. */
export type ClientAuthentication = { readonly clientId: string } & (
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'client_secret_jwt' | 'private_key_jwt'; readonly assertion: string }
  | { readonly method: 'none' }
)

/** RFC 7523 §2.2 */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Reads how a client authenticates. Throws invalid_client where it does not say who it is or is not readable, and
 * invalid_request for more than one method at once (RFC 6749 §2.3) or for two different clients.
 */
export function parseClientAuthentication(
  authorization: string | undefined,
  parameters: RequestParameters,
): ClientAuthentication {
  const presented = [
    authorization === undefined ? undefined : parseBasic(authorization),
    parseAssertion(parameters),
    parsePost(parameters),
  ].filter((method) => method !== undefined)
  if (presented.length > 1) throw invalidRequest('The client authenticates in more than one way.')
  const clientId = parameters.get('client_id')
  const [method] = presented
  if (method === undefined) {
    if (clientId === undefined) throw invalidClient('no client was named')
    return { method: 'none', clientId }
  }
  if (clientId !== undefined && clientId !== method.clientId) {
    throw invalidRequest('The parameter client_id names another client.')
  }
  return method
}

/** Id and secret are form-encoded before they are joined. RFC 6749 §2.3.1, RFC 7617 §2 */
function parseBasic(authorization: string): ClientAuthentication {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) throw invalidClient('not HTTP Basic', { triedHeader: true })
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw invalidClient('no id and secret in HTTP Basic', { triedHeader: true })
  try {
    const clientId = formDecode(text.slice(0, colon))
    const secret = formDecode(text.slice(colon + 1))
    // What some libraries send for a public client: an empty secret may as well be left out.
    return secret === '' ? { method: 'none', clientId } : { method: 'client_secret_basic', clientId, secret }
  } catch (cause) {
    throw invalidClient('HTTP Basic is not form-encoded', { triedHeader: true, cause })
  }
}

function parsePost(parameters: RequestParameters): ClientAuthentication | undefined {
  const secret = parameters.get('client_secret')
  if (secret === undefined) return undefined
  const clientId = parameters.get('client_id')
  if (clientId === undefined) throw invalidClient('a secret without a client')
  return { method: 'client_secret_post', clientId, secret }
}

/** The client is the assertion's subject, which the signature will have to prove. RFC 7521 §4.2, RFC 7523 §3 */
function parseAssertion(parameters: RequestParameters): ClientAuthentication | undefined {
  const assertion = parameters.get('client_assertion')
  const type = parameters.get('client_assertion_type')
  if (assertion === undefined && type === undefined) return undefined
  if (assertion === undefined || type !== JWT_BEARER) {
    throw invalidClient('not an assertion of the JWT bearer type')
  }
  const { clientId, isHmac } = peekAssertion(assertion)
  return { method: isHmac ? 'client_secret_jwt' : 'private_key_jwt', clientId, assertion }
}

function peekAssertion(assertion: string): { clientId: string; isHmac: boolean } {
  try {
    const { alg } = parseJwtHeader(assertion)
    const { sub } = peekClaims(assertion)
    if (typeof sub === 'string' && sub !== '') {
      return { clientId: sub, isHmac: HMAC_ALGORITHMS.some((algorithm) => algorithm === alg) }
    }
  } catch (cause) {
    throw invalidClient('the assertion is not a signed JWT', { cause })
  }
  throw invalidClient('the assertion has no subject')
}
