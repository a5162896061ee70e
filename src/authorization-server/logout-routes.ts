import { Elysia } from 'elysia'
import { z } from 'zod'
import { sessionCookies } from '../authentication/index.ts'
import { guard, ofStandard } from '../http/index.ts'
import { parseParameters } from '../protocol/oauth/index.ts'
import { PATHS } from './addresses.ts'
import { redirect, showError } from './browser-answer.ts'
import type { BrowserExchange } from './browser-pages.ts'
import { formOf, MAX_QUERY_LENGTH, queryOf } from './browser-request.ts'
import { describeLogout, describeLogoutByForm } from './descriptions/browser-endpoints.ts'
import type { BrowserEndpointDeps } from './interaction-deps.ts'
import { logout } from './logout.ts'

const Html = z.string()

/**
 * Where applications send a person's browser to be signed out. What nothing proves that the person wants is asked on
 * a page, which answers elsewhere: nothing that comes here counts as their word. RP-Initiated Logout 1.0 §2
 */
export const endSessionEndpoint = (deps: BrowserEndpointDeps) => {
  const cookies = sessionCookies(deps.config)

  async function answer(exchange: BrowserExchange, encoded: string): Promise<string> {
    const { origin, request, set } = exchange
    try {
      const outcome = await logout(deps, origin, {
        parameters: parseParameters(encoded),
        sessionToken: cookies.presented(request).session,
        isConfirmed: false,
      })
      if (outcome.kind === 'ask') return await deps.pages.askToSignOut(exchange, { ...outcome, encoded })
      set.headers['set-cookie'] = cookies.clearSession()
      const { location, client } = outcome
      return location === undefined ? await deps.pages.signedOut(exchange, client) : redirect(set, location)
    } catch (error) {
      return showError(deps.pages, exchange, error)
    }
  }

  return new Elysia({ name: 'end-session-endpoint', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .get(PATHS.endSession, ({ origin, request, set }) => answer({ origin, request, set }, queryOf(request)), {
      public: true,
      limit: 'interaction',
      response: { 200: Html },
      detail: ofStandard('Send a person here to be signed out', describeLogout),
    })
    .post(
      PATHS.endSession,
      async ({ origin, request, body, set }) => {
        try {
          const encoded = formOf(request, body)
          parseParameters(encoded)
          if (encoded.length > MAX_QUERY_LENGTH) return await answer({ origin, request, set }, encoded)
          // From another site it came without the session's cookie; the GET that follows brings it along.
          return redirect(set, `${PATHS.endSession}?${new URLSearchParams(encoded)}`)
        } catch (error) {
          return showError(deps.pages, { origin, request, set }, error)
        }
      },
      {
        public: true,
        limit: 'interaction',
        response: { 200: Html },
        detail: ofStandard('The same, by a form', describeLogoutByForm),
      },
    )
}
