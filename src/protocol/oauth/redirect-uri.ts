import type { Branded } from '../../kernel/index.ts'
import { invalidRedirectUri } from './errors.ts'

/** A redirect URI, or one for after sign-out, in a form that may be registered. */
export type RegisteredRedirectUri = Branded<string, 'RegisteredRedirectUri'>

const MAX_LENGTH = 2_048
/** The characters of RFC 3986 §2, escapes whole, without `#`: no space, control, backslash or letter beyond ASCII. */
const URI_TEXT = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/
/** A name or an address, a port: nothing there that one reader takes for a user and another for a host. */
const HTTPS = /^https:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?]|$)/
/** Reverse domain names: a scheme without a dot (`javascript`, `data`, `myapp`) belongs to nobody. RFC 8252 §7.1 */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/
/** Scheme and host, then a port that may be any, then the rest. RFC 8252 §7.3; RFC 9700 §4.1.3 counts `localhost` in */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::([0-9]{1,5}))?((?:[/?].*)?)$/
/** Browsers take `.` and `..` out, so that what is compared would not be what is opened. RFC 3986 §5.2.4 */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * Checks a URI that a client wants to register: `https`, `http` on loopback, or a private-use scheme with a dot;
 * absolute, without fragment (RFC 6749 §3.1.2) or user. Throws invalid_redirect_uri.
 */
export function parseRedirectUri(text: string): RegisteredRedirectUri {
  const problem = problemOf(text)
  if (problem !== undefined) throw invalidRedirectUri(`A redirect URI ${problem}.`)
  return text as RegisteredRedirectUri
}

/**
 * The presented URI when it is one of those registered: equal character by character (RFC 9700 §4.1.3, RFC 3986
 * §6.2.1), save for the port of a loopback address, which a native app cannot choose beforehand. Else undefined.
 */
export function matchRedirectUri(
  registered: readonly string[],
  presented: string,
): RegisteredRedirectUri | undefined {
  if (registered.includes(presented)) return presented as RegisteredRedirectUri
  const portless = withoutLoopbackPort(presented)
  if (portless === undefined || problemOf(presented) !== undefined) return undefined
  const isMatch = registered.some((uri) => withoutLoopbackPort(uri) === portless)
  return isMatch ? (presented as RegisteredRedirectUri) : undefined
}

function problemOf(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return 'is too long'
  if (text.includes('#')) return 'must not have a fragment'
  if (!URI_TEXT.test(text)) return 'has characters that no URI has'
  if (DOT_SEGMENT.test(text.replace(/\?.*$/, ''))) return 'must not have dot segments'
  if (/^[^:/?]+:\/\/[^/?]*@/.test(text)) return 'must not have a user'
  if (![HTTPS, LOOPBACK, PRIVATE_SCHEME].some((form) => form.test(text))) {
    return 'must be https, http on a loopback address, or of a private-use scheme with a dot'
  }
  return URL.canParse(text) ? undefined : 'is not an absolute URI'
}

function withoutLoopbackPort(text: string): string | undefined {
  const match = LOOPBACK.exec(text)
  return match ? `${match[1]}${match[3]}` : undefined
}
