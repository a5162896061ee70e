import { OAuthError } from './error.ts'
import { invalidRequest } from './errors.ts'

/** What a request was sent with, by name. What was sent without a value was not sent. RFC 6749 §3.1 */
export interface RequestParameters {
  get(name: string): string | undefined
  /** All values of a parameter that may be repeated, in their order. */
  all(name: string): readonly string[]
}

const MAX_LENGTH = 65_536
const MAX_COUNT = 100
const MAX_NAME_LENGTH = 256
const MAX_VALUE_LENGTH = 32_768
/** RFC 8707 §2, RFC 8693 §2.1 */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience'])

/**
 * Reads a query or a body of type `application/x-www-form-urlencoded`. Throws invalid_request when a parameter is
 * repeated (of two readers one might take the first and the other the last), oversize or not UTF-8. RFC 6749
 * §3.1, §3.2 and appendix B
 */
export const parseParameters = (encoded: string): RequestParameters => decoded(pairsOf(encoded))

/** What there is to go by, and what is wrong with the rest. */
export interface FlawedParameters {
  readonly parameters: RequestParameters
  readonly flaw: OAuthError | undefined
}

/**
 * The same where a fault is told by a way that the request itself names: of one that has a fault the parameters that
 * are `deciding` are read, which say to whom and how. Throws invalid_request where the fault is in them. RFC 6749
 * §4.1.2.1
 */
export function parseFlawedParameters(encoded: string, deciding: ReadonlySet<string>): FlawedParameters {
  const pairs = pairsOf(encoded)
  try {
    return { parameters: decoded(pairs), flaw: undefined }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { parameters: decoded(pairs.filter(([name]) => deciding.has(decodedName(name)))), flaw: error }
  }
}

type Pair = readonly [name: string, value: string]

/** As they were sent. */
function pairsOf(encoded: string): readonly Pair[] {
  if (encoded.length > MAX_LENGTH) throw invalidRequest('The request is too large.')
  const pairs = encoded.split('&').filter((pair) => pair !== '')
  if (pairs.length > MAX_COUNT) throw invalidRequest('The request has too many parameters.')
  return pairs.map((pair) => {
    const end = pair.indexOf('=')
    return end < 0 ? [pair, ''] : [pair.slice(0, end), pair.slice(end + 1)]
  })
}

const decoded = (pairs: readonly Pair[]): RequestParameters =>
  parametersOf(pairs.map(([name, value]) => [formDecode(name), formDecode(value)]))

/** Empty, which is no name, for what cannot be decoded. */
function decodedName(name: string): string {
  try {
    return formDecode(name)
  } catch {
    return ''
  }
}

/** The same from pairs that are decoded: claims of a request object, a pushed request that was kept. */
export function parametersOf(pairs: readonly Pair[]): RequestParameters {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    if (name.length > MAX_NAME_LENGTH || value.length > MAX_VALUE_LENGTH) {
      throw invalidRequest('A parameter is too large.')
    }
    // No text of PostgreSQL holds one, and none of the standards' does.
    if (value.includes('\0')) throw invalidRequest('A parameter has a character that is not allowed.')
    const earlier = values.get(name)
    if (!earlier) values.set(name, [value])
    else if (REPEATABLE.has(name)) earlier.push(value)
    else throw invalidRequest('A parameter is repeated.')
  }
  for (const [name, sent] of values) {
    if (!sent.includes('')) continue
    const said = sent.filter((value) => value !== '')
    values.set(name, said)
  }
  return { get: (name) => values.get(name)?.[0], all: (name) => values.get(name) ?? [] }
}

/** Throws invalid_request when absent. */
export function requireParameter(parameters: RequestParameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing.`)
  return value
}

/** Strict where `URLSearchParams` forgives: an escape that is none, or bytes that are not UTF-8, are an error. */
export function formDecode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced // as ids, secrets and tokens are, and looking is cheaper than decoding
  try {
    return decodeURIComponent(spaced)
  } catch (cause) {
    throw invalidRequest('The request is not form-encoded UTF-8.', { cause })
  }
}
