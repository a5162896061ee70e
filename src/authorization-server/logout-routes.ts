import { Elysia } from 'elysia'
import { z } from 'zod'
import { sessionCookies } from '../authentication/index.ts'
import { guard, originCheck, type RequestOrigin } from '../http/index.ts'
import { parseParameters } from '../protocol/oauth/index.ts'
import type { LogoutRequest } from '../protocol/oidc/index.ts'
import { PATHS } from './addresses.ts'
import { redirect, type Settings, showError, showPage } from './browser-answer.ts'
import { formOf, MAX_QUERY_LENGTH, queryOf } from './browser-request.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { logout } from './logout.ts'
import { signedOutPage, signOutPage } from './plain-pages.ts'

const Html = z.string()
const hidden = (summary: string) => ({ summary, hide: true })

interface Exchange {
  readonly origin: RequestOrigin
  readonly request: Request
  readonly set: Settings
}

/** Where applications send a person's browser to be signed out. RP-Initiated Logout 1.0 §2 */
export const endSessionEndpoint = (deps: InteractionDeps) => {
  const cookies = sessionCookies(deps.config)
  const checkOrigin = originCheck(deps.config)

  async function answer({ origin, request, set }: Exchange, encoded: string, isConfirmed: boolean) {
    try {
      const outcome = await logout(deps, origin, {
        parameters: parseParameters(encoded),
        sessionToken: cookies.presented(request).session,
        isConfirmed,
      })
      if (outcome.kind === 'ask') {
        const applicationName = outcome.client?.metadata.client_name
        const question = { action: PATHS.endSession, applicationName, leadsTo: outcome.location }
        return showPage(set, signOutPage({ ...question, fields: fieldsOf(outcome.request) }))
      }
      set.headers['set-cookie'] = cookies.clearSession()
      return outcome.location === undefined ? showPage(set, signedOutPage()) : redirect(set, outcome.location)
    } catch (error) {
      return showError(set, request, error)
    }
  }

  return new Elysia({ name: 'end-session-endpoint', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .get(
      PATHS.endSession,
      ({ origin, request, set }) => answer({ origin, request, set }, queryOf(request), false),
      {
        public: true,
        limit: 'interaction',
        response: { 200: Html },
        detail: hidden('Send a person here to be signed out'),
      },
    )
    .post(
      PATHS.endSession,
      async ({ origin, request, body, set }) => {
        try {
          const encoded = formOf(request, body)
          const isConfirmed = parseParameters(encoded).get('decision') === 'sign_out'
          if (isConfirmed) checkOrigin(request, true)
          if (isConfirmed || encoded.length > MAX_QUERY_LENGTH) {
            return await answer({ origin, request, set }, encoded, isConfirmed)
          }
          // From another site it came without the session's cookie; the GET that follows brings it along.
          return redirect(set, `${PATHS.endSession}?${new URLSearchParams(encoded)}`)
        } catch (error) {
          return showError(set, request, error)
        }
      },
      {
        public: true,
        limit: 'interaction',
        response: { 200: Html },
        detail: hidden('The same, by a form; also the answer to whether somebody wants it'),
      },
    )
}

/** The request as a form repeats it. */
function fieldsOf(request: LogoutRequest): Readonly<Record<string, string>> {
  const fields = {
    id_token_hint: request.idTokenHint,
    client_id: request.clientId,
    logout_hint: request.logoutHint,
    post_logout_redirect_uri: request.postLogoutRedirectUri,
    state: request.state,
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
