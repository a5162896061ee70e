import { invalidRequest } from '../oauth/index.ts'

/** One claim that is asked for by name. OpenID Connect Core 1.0 §5.5.1 */
export interface RequestedClaim {
  readonly name: string
  readonly isEssential: boolean
  /** Any of these will do; empty: any at all. */
  readonly values: readonly unknown[]
}

export interface ClaimsRequest {
  readonly userinfo: readonly RequestedClaim[]
  readonly idToken: readonly RequestedClaim[]
}

const MAX_LENGTH = 8_192
const MAX_CLAIMS = 50
const MAX_VALUES = 20

/**
 * Reads the `claims` parameter; undefined is a request for none. What is not understood of it is left out. Throws
 * invalid_request when it is not of the form of OpenID Connect Core 1.0 §5.5.
 */
export function parseClaimsRequest(text: string | undefined): ClaimsRequest {
  if (text === undefined) return { userinfo: [], idToken: [] }
  if (text.length > MAX_LENGTH) throw malformed()
  const request = parseObject(text)
  return { userinfo: parseMember(request.userinfo), idToken: parseMember(request.id_token) }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text))
  } catch (cause) {
    throw malformed(cause)
  }
}

function parseMember(member: unknown): readonly RequestedClaim[] {
  if (member === undefined || member === null) return []
  const claims = Object.entries(objectOf(member))
  if (claims.length > MAX_CLAIMS) throw malformed()
  return claims.map(([name, wish]) => parseClaim(name, wish))
}

function parseClaim(name: string, wish: unknown): RequestedClaim {
  if (wish === null) return { name, isEssential: false, values: [] }
  const { essential, value, values } = objectOf(wish)
  if (essential !== undefined && typeof essential !== 'boolean') throw malformed()
  if (values !== undefined && (!Array.isArray(values) || values.length > MAX_VALUES)) throw malformed()
  const wanted: readonly unknown[] = value === undefined ? (values ?? []) : [value]
  return { name, isEssential: essential === true, values: wanted }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed()
  return { ...value }
}

const malformed = (cause?: unknown) => invalidRequest('The parameter claims is malformed.', { cause })
