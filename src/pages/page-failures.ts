import { isForBrowsers, toOAuthError } from '../authorization-server/index.ts'
import type { FailureFormat, HttpDeps } from '../http/index.ts'
import { type AppError, base64url } from '../kernel/index.ts'
import { encodeError } from '../protocol/oauth/index.ts'
import { NONCE_BYTES, pageHeaders } from './headers.ts'
import { chooseLocale } from './locale.ts'
import { problemPageOf } from './problems.ts'

/** Where programs are answered, whatever they accept. */
const OF_PROGRAMS = /^\/(?:api|oidc|\.well-known|metrics)(?:\/|$)/i

/**
 * How the edge tells people what it refuses before any page is asked: a body too large, a method that a page does not
 * know, too many requests. Of the page's own failures see serve.ts.
 */
export const pageFailures = ({ config, random }: Pick<HttpDeps, 'config' | 'random'>): FailureFormat => ({
  owns({ path, headers }) {
    const accept = headers.get('accept') ?? ''
    // At the endpoints of the standard whoever does not ask for JSON; elsewhere, but in the API, whoever has a browser.
    return isForBrowsers(path)
      ? !accept.includes('application/json')
      : !OF_PROGRAMS.test(path) && accept.includes('text/html')
  },

  async encode(error, { id, path, headers }) {
    const nonce = base64url(random.bytes(NONCE_BYTES))
    const isOfStandard = isForBrowsers(path)
    const code = problemPageOf(error.type) ?? (isOfStandard ? 'request_invalid' : 'form_refused')
    const { renderPage } = await import('./render-page.tsx')
    const html = renderPage({
      page: { kind: 'problem', code, requestId: id, ...(isOfStandard && { technical: technicalOf(error) }) },
      nonce,
      locale: chooseLocale({ acceptLanguage: headers.get('accept-language') }),
      branding: { service: new URL(config.publicUrl).host },
      csrf: '', // nothing on the page sends a form
    })
    return { headers: pageHeaders({ nonce }), body: html }
  },
})

/** Whoever wrote the application reads the code of the standard. */
function technicalOf(failure: AppError): { readonly error: string; readonly description: string } {
  const { error, error_description: description } = encodeError(toOAuthError(failure))
  return { error, description }
}
