import { PATHS } from './addresses.ts'
import { DOCUMENTS, withoutSlash } from './protocol-failures.ts'

const OPEN: ReadonlySet<string> = new Set([
  ...DOCUMENTS,
  PATHS.jwks,
  PATHS.token,
  PATHS.userinfo,
  PATHS.revocation,
  PATHS.pushedAuthorization,
  PATHS.deviceAuthorization,
  PATHS.registration,
])
const OF_STANDARDS = /^\/(?:oidc|\.well-known)\//
const REGISTERED = `${PATHS.registration}/`

/**
 * The endpoints that applications call by themselves, which may be programs in a browser at an origin of their own:
 * none looks at a cookie. Not introspection, which is for programs that keep a secret, and never where people are sent.
 */
export function isOpenToPages(path: string): boolean {
  if (!OF_STANDARDS.test(path)) return false // which is most requests
  if (OPEN.has(path)) return true
  const plain = withoutSlash(path)
  return OPEN.has(plain) || (plain.startsWith(REGISTERED) && !plain.includes('/', REGISTERED.length))
}
