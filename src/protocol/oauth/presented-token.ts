import { invalidRequest, invalidToken } from './errors.ts'
import type { RequestParameters } from './parameters.ts'

export interface PresentedToken {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly token: string
}

const SCHEMES = { bearer: 'Bearer', dpop: 'DPoP' } as const

/**
 * The access token of a request to a protected resource, or undefined where there is none: from `Authorization`
 * (RFC 6750 §2.1, RFC 9449 §7.1) or, given the body, from a form (RFC 6750 §2.2). Never from the query, which
 * ends up in logs and `Referer`. Throws invalid_request for two at once, invalid_token for what is none.
 */
export function parsePresentedToken(
  authorization: string | undefined,
  body?: RequestParameters,
): PresentedToken | undefined {
  const inBody = body?.get('access_token')
  const fromHeader = authorization === undefined ? undefined : parseHeader(authorization)
  if (fromHeader && inBody !== undefined) {
    throw invalidRequest('The access token was sent in two ways at once.')
  }
  return fromHeader ?? (inBody === undefined ? undefined : checked('Bearer', inBody))
}

function parseHeader(authorization: string): PresentedToken | undefined {
  const [, name = '', token = ''] = /^([A-Za-z]+) +(.*)$/.exec(authorization) ?? []
  const key = name.toLowerCase()
  return key === 'bearer' || key === 'dpop' ? checked(SCHEMES[key], token) : undefined
}

/** `b64token`. RFC 6750 §2.1 */
function checked(scheme: PresentedToken['scheme'], token: string): PresentedToken {
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) throw invalidToken('not a b64token')
  return { scheme, token }
}
