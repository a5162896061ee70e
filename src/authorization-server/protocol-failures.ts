import type { FailureFormat } from '../http/index.ts'
import { encodeError } from '../protocol/oauth/index.ts'
import { PATHS } from './addresses.ts'
import { toOAuthError } from './failure.ts'
import { errorPage } from './plain-pages.ts'

const BELOW = '/oidc/'
/** Where applications send people's browsers. */
const OF_BROWSERS: ReadonlySet<string> = new Set([PATHS.authorization, PATHS.endSession])
const DOCUMENTS: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/api',
])

/**
 * How the edge tells its refusals at the endpoints of the standards, among them a path below that is none: to clients
 * as any other error (RFC 6749 §5.2, with the status of HTTP), to people on a page.
 */
export const protocolFailures: FailureFormat = {
  owns: (path) => path.startsWith(BELOW) || DOCUMENTS.has(withoutSlash(path)),

  encode(failure, { path, accept }) {
    const error = toOAuthError(failure)
    if (OF_BROWSERS.has(withoutSlash(path)) && !accept.includes('application/json')) {
      const { headers, html } = errorPage(error)
      return { headers, body: html }
    }
    return { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' }, body: encodeError(error) }
  },
}

/** Paths answer with a slash at their end, too. */
const withoutSlash = (path: string): string => path.replace(/\/$/, '')
