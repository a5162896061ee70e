import { invalidRequestObject, requestNotSupported } from './errors.ts'
import { JwtError } from './jwt-error.ts'
import { parametersOf, type RequestParameters } from './parameters.ts'
import type { VerificationKeys } from './verification-keys.ts'
import { parseJwtHeader, readUnsecuredJwt, verifyJwt } from './verify-jwt.ts'

export interface RequestObjectExpectation {
  readonly clientId: string
  readonly issuer: string
  readonly keys: VerificationKeys
  /**
   * As registered, or all that the server accepts; with `none`, which counts for what was fetched only, also one that
   * nobody signed. RFC 9101 §10.1
   */
  readonly algorithms: readonly string[]
  /** It was fetched from an address that the client registered, not sent along by the browser. */
  readonly isFetched?: boolean
  readonly now: Date
}

/** Claims of the JWT itself, which are no parameters. RFC 9101 §4 */
const JWT_CLAIMS: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub'])
/** Neither nests, and where to find one cannot be said inside of it. RFC 9101 §4 */
const FORBIDDEN = ['request', 'request_uri']

/**
 * The parameters of a request object, which alone count: whatever stood beside it is left aside (RFC 9101 §6.3).
 * It must be signed by the client, for this server; or come from the client's own address, where it has registered
 * that it signs none. Throws request_not_supported for one that is sent along without a signature, as OpenID Connect
 * Core §3.1.2.6 has it, and invalid_request_object; see isMissingKey. RFC 9101 §4, §6
 */
export async function verifyRequestObject(
  jwt: string,
  expectation: RequestObjectExpectation,
): Promise<RequestParameters> {
  const { clientId, issuer } = expectation
  const { claims, isSigned } = await readClaims(jwt, expectation)
  // Nobody is bound by what is not signed, so that it need not say these: Core §6.1. What it says has to be right.
  if (isSigned || claims.iss !== undefined) {
    if (claims.iss !== clientId) throw invalidRequestObject('The request object is of another issuer.')
  }
  if (isSigned || claims.aud !== undefined) {
    const audience: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
    if (!audience.includes(issuer)) throw invalidRequestObject('The request object is for another audience.')
  }
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

async function readClaims(
  jwt: string,
  { keys, algorithms, now, isFetched = false }: RequestObjectExpectation,
): Promise<{ readonly claims: Readonly<Record<string, unknown>>; readonly isSigned: boolean }> {
  const types = [undefined, 'jwt', 'oauth-authz-req+jwt']
  try {
    if (parseJwtHeader(jwt).alg === 'none') {
      if (!isFetched) throw requestNotSupported('A request object has to be signed.')
      if (algorithms.includes('none'))
        return { claims: readUnsecuredJwt(jwt, { types, now }), isSigned: false }
    }
    return { claims: (await verifyJwt(jwt, { keys, algorithms, types, now })).claims, isSigned: true }
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
