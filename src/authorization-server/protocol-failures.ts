import type { FailureFormat } from '../http/index.ts'
import { encodeError } from '../protocol/oauth/index.ts'
import { PATHS } from './addresses.ts'
import { toOAuthError } from './failure.ts'

const BELOW = '/oidc/'
/** Where applications send people's browsers: what fails there is shown on a page, unless JSON is asked for. */
const OF_BROWSERS: ReadonlySet<string> = new Set([PATHS.authorization, PATHS.endSession])
export const DOCUMENTS: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  PATHS.issuerMetadata,
  PATHS.apiMetadata,
])

/**
 * How the edge tells its refusals at the endpoints of the standards, among them a path below that is none: to clients
 * as any other error. RFC 6749 §5.2, with the status of HTTP
 */
export const protocolFailures: FailureFormat = {
  owns: ({ path }) => path.startsWith(BELOW) || DOCUMENTS.has(withoutSlash(path)),
  encode: (failure) => ({
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
    body: encodeError(toOAuthError(failure)),
  }),
}

export const isForBrowsers = (path: string): boolean => OF_BROWSERS.has(withoutSlash(path))

/** Paths answer with a slash at their end, too. */
export const withoutSlash = (path: string): string => path.replace(/\/$/, '')
