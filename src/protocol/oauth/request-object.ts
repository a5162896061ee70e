import { invalidRequestObject, requestNotSupported } from './errors.ts'
import { JwtError } from './jwt-error.ts'
import { parametersOf, type RequestParameters } from './parameters.ts'
import type { VerificationKeys } from './verification-keys.ts'
import { parseJwtHeader, verifyJwt } from './verify-jwt.ts'

export interface RequestObjectExpectation {
  readonly clientId: string
  readonly issuer: string
  readonly keys: VerificationKeys
  /** As registered, or all that the server accepts. RFC 9101 §10.1 */
  readonly algorithms: readonly string[]
  readonly now: Date
}

/** Claims of the JWT itself, which are no parameters. RFC 9101 §4 */
const JWT_CLAIMS: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub'])
/** Neither nests, and where to find one cannot be said inside of it. RFC 9101 §4 */
const FORBIDDEN = ['request', 'request_uri']

/**
 * The parameters of a request object, which alone count: whatever stood beside it is left aside (RFC 9101 §6.3).
 * It must be signed by the client, for this server. Throws request_not_supported for one without a signature, as
 * OpenID Connect Core §3.1.2.6 has it, and invalid_request_object; see isMissingKey. RFC 9101 §4, §6
 */
export async function verifyRequestObject(
  jwt: string,
  expectation: RequestObjectExpectation,
): Promise<RequestParameters> {
  const { clientId, issuer } = expectation
  const claims = await readClaims(jwt, expectation)
  if (claims.iss !== clientId) throw invalidRequestObject('The request object is of another issuer.')
  const audience: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  if (!audience.includes(issuer)) throw invalidRequestObject('The request object is for another audience.')
  if (claims.client_id !== clientId) throw invalidRequestObject('The request object is of another client.')
  // One that is also a client assertion could be used as one. RFC 9101 §10.8
  if (claims.sub === clientId) throw invalidRequestObject('The request object must not have a subject.')
  if (FORBIDDEN.some((name) => Object.hasOwn(claims, name))) {
    throw invalidRequestObject('The request object must not hold another one.')
  }
  return parametersOf(
    Object.entries(claims)
      .filter(([name]) => !JWT_CLAIMS.has(name))
      .flatMap(([name, value]) => valuesOf(name, value).map((text) => [name, text] as const)),
  )
}

async function readClaims(jwt: string, { keys, algorithms, now }: RequestObjectExpectation) {
  try {
    if (parseJwtHeader(jwt).alg === 'none') {
      throw requestNotSupported('A request object has to be signed.')
    }
    const types = [undefined, 'jwt', 'oauth-authz-req+jwt']
    return (await verifyJwt(jwt, { keys, algorithms, types, now })).claims
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause
    throw invalidRequestObject(`The request object is not valid. ${cause.message}`, { cause })
  }
}

/** Parameters are texts; in JSON, numbers and structures may stand for themselves. RFC 9101 §4 */
function valuesOf(name: string, value: unknown): readonly string[] {
  if (name === 'resource' && Array.isArray(value)) return value.flatMap((one) => valuesOf('', one))
  if (typeof value === 'string') return [value]
  if (value === null || value === undefined) return []
  return [JSON.stringify(value)]
}
