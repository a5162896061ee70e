import { compactVerify, decodeProtectedHeader, errors } from 'jose'
import { JwtError } from './jwt-error.ts'
import { keysFor, type VerificationKeys } from './verification-keys.ts'

export interface JwtExpectation {
  readonly keys: VerificationKeys
  readonly algorithms: readonly string[]
  /** Values of `typ` without `application/`; undefined among them: it may be absent. RFC 8725 §3.11 */
  readonly types: readonly (string | undefined)[]
  readonly now: Date
  /** Also after its expiry, where only who it was about matters. */
  readonly acceptsExpired?: boolean
}

export interface JwtHeader {
  readonly alg: string
  readonly kid?: string | undefined
  readonly typ?: string | undefined
}

export interface VerifiedJwt {
  readonly header: JwtHeader
  readonly claims: Readonly<Record<string, unknown>>
}

/** How far clocks may differ, in seconds. */
export const CLOCK_TOLERANCE = 10

/**
 * Checks the signature, type and times of a JWS that somebody else made. Keys are never taken from the header
 * (`jwk`, `jku`, `x5u`, `x5c`), nothing critical is understood (`crit`), and times have to be numbers. Throws a
 * JwtError. RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3
 */
export async function verifyJwt(jwt: string, expectation: JwtExpectation): Promise<VerifiedJwt> {
  const header = parseJwtHeader(jwt)
  if (!expectation.algorithms.includes(header.alg)) throw new JwtError('Its algorithm is not accepted.')
  if (!expectation.types.includes(header.typ)) throw new JwtError('Its type is not the expected one.')
  const claims = parseClaims(await verifySignature(jwt, header, expectation.keys))
  checkTimes(claims, expectation)
  return { header, claims }
}

/**
 * Reads a JWT that nobody signed (`alg` none), for whoever trusts the place that it was had from. Its type and times
 * count as those of any other. Throws a JwtError. RFC 7519 §6
 */
export function readUnsecuredJwt(
  jwt: string,
  expectation: Pick<JwtExpectation, 'types' | 'now'>,
): Readonly<Record<string, unknown>> {
  const { alg, typ } = parseJwtHeader(jwt)
  const parts = jwt.split('.')
  if (alg !== 'none' || parts.length !== 3 || parts[2] !== '')
    throw new JwtError('It is not an unsecured JWT.')
  if (!expectation.types.includes(typ)) throw new JwtError('Its type is not the expected one.')
  const claims = peekClaims(jwt)
  checkTimes(claims, expectation)
  return claims
}

/** The header, which says nothing before the signature is checked. Throws a JwtError. RFC 7515 §4 */
export function parseJwtHeader(jwt: string): JwtHeader {
  const { alg, kid, typ, crit } = decodeHeader(jwt)
  if (typeof alg !== 'string') throw new JwtError('It has no algorithm.')
  if (crit !== undefined) throw new JwtError('It has critical header parameters.')
  if (kid !== undefined && typeof kid !== 'string') throw new JwtError('Its key id is not a text.')
  if (typ !== undefined && typeof typ !== 'string') throw new JwtError('Its type is not a text.')
  return { alg, kid, typ: typ?.toLowerCase().replace(/^application\//, '') }
}

/** The claims of a JWT, unchecked: only to find out whose keys to check it with. Throws a JwtError. */
export function peekClaims(jwt: string): Readonly<Record<string, unknown>> {
  return parseClaims(Buffer.from(jwt.split('.')[1] ?? '', 'base64url'))
}

function decodeHeader(jwt: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(jwt) }
  } catch (cause) {
    throw new JwtError('It is not a signed JWT.', { cause })
  }
}

/** The payload. Of several keys that fit, one has to verify; there are as many as the key set's size allows. */
async function verifySignature(jwt: string, header: JwtHeader, keys: VerificationKeys): Promise<Uint8Array> {
  const options = { algorithms: [header.alg] }
  try {
    for await (const key of await keysFor(header, keys)) {
      const payload = await compactVerify(jwt, key, options).then(
        (verified) => verified.payload,
        passOver(errors.JWSSignatureVerificationFailed),
      )
      if (payload) return payload
    }
  } catch (cause) {
    if (cause instanceof JwtError) throw cause
    throw new JwtError('Its signature is not valid.', { cause })
  }
  throw new JwtError('Its signature is not valid.')
}

const passOver =
  (expected: new () => Error) =>
  (error: unknown): undefined => {
    if (!(error instanceof expected)) throw error
  }

function parseClaims(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return { ...claims }
  } catch (cause) {
    throw new JwtError('Its claims are not JSON.', { cause })
  }
  throw new JwtError('Its claims are not an object.')
}

function checkTimes(
  claims: Readonly<Record<string, unknown>>,
  { now, acceptsExpired }: Pick<JwtExpectation, 'now' | 'acceptsExpired'>,
): void {
  const seconds = now.getTime() / 1_000
  for (const name of ['exp', 'nbf', 'iat']) {
    const value = claims[name]
    if (value !== undefined && !Number.isFinite(value)) throw new JwtError(`Its ${name} is not a number.`)
  }
  const { exp, nbf, iat } = claims as { exp?: number; nbf?: number; iat?: number }
  if (exp !== undefined && exp <= seconds - CLOCK_TOLERANCE && !acceptsExpired) {
    throw new JwtError('It has expired.')
  }
  if (nbf !== undefined && nbf > seconds + CLOCK_TOLERANCE) throw new JwtError('It is not valid yet.')
  if (iat !== undefined && iat > seconds + CLOCK_TOLERANCE) throw new JwtError('It is from the future.')
}
