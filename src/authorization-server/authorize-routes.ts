import { Elysia } from 'elysia'
import { z } from 'zod'
import { sessionCookies } from '../authentication/index.ts'
import { createCookies, guard, ofStandard } from '../http/index.ts'
import { parseFlawedParameters } from '../protocol/oauth/index.ts'
import { PATHS } from './addresses.ts'
import { authorize, keepForLater } from './authorize.ts'
import { handOver, redirect, showError } from './browser-answer.ts'
import type { BrowserExchange } from './browser-pages.ts'
import { formOf, MAX_QUERY_LENGTH, queryOf } from './browser-request.ts'
import { describeAuthorization, describeAuthorizationByForm } from './descriptions/browser-endpoints.ts'
import type { BrowserEndpointDeps } from './interaction-deps.ts'

/**
 * Which client, where its answer goes, by which channel and with what: where one of these is repeated or malformed
 * nobody can be told but the person. RFC 6749 §4.1.2.1
 */
const DECIDING: ReadonlySet<string> = new Set([
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'request',
  'request_uri',
])

const Html = z.string()

/** Where applications send a person's browser. RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2 */
export const authorizationEndpoint = (deps: BrowserEndpointDeps) => {
  const jar = createCookies(deps.config)
  const sessions = sessionCookies(deps.config)

  async function answer(exchange: BrowserExchange, encoded: string): Promise<string> {
    const { origin, request, set } = exchange
    const tokens = {
      session: sessions.presented(request).session,
      interaction: jar.read(request.headers.get('cookie'), 'interaction'),
    }
    try {
      const outcome = await authorize(deps, origin, { ...parseFlawedParameters(encoded, DECIDING), tokens })
      if (outcome.kind === 'answer') return await handOver(deps.pages, exchange, outcome)
      set.headers['set-cookie'] = jar.write('interaction', outcome.browserToken)
      return redirect(set, `${PATHS.signInPage}?interaction=${outcome.id}`)
    } catch (error) {
      return showError(deps.pages, exchange, error)
    }
  }

  return new Elysia({ name: 'authorization-endpoint', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .get(
      PATHS.authorization,
      ({ origin, request, set }) => answer({ origin, request, set }, queryOf(request)),
      {
        public: true,
        limit: 'interaction',
        response: { 200: Html },
        detail: ofStandard('Send a person here to sign in to an application', describeAuthorization),
      },
    )
    .post(
      PATHS.authorization,
      async ({ origin, request, body, set }) => {
        try {
          const encoded = formOf(request, body)
          const flawed = parseFlawedParameters(encoded, DECIDING)
          // From another site it came without the session's cookie; the GET that follows brings it along.
          if (!flawed.flaw && encoded.length <= MAX_QUERY_LENGTH) {
            return redirect(set, `${PATHS.authorization}?${new URLSearchParams(encoded)}`)
          }
          const outcome = await keepForLater(deps, origin, flawed)
          if (outcome.kind === 'kept') return redirect(set, `${PATHS.authorization}?${outcome.query}`)
          return await handOver(deps.pages, { origin, request, set }, outcome)
        } catch (error) {
          return showError(deps.pages, { origin, request, set }, error)
        }
      },
      {
        public: true,
        limit: 'interaction',
        response: { 200: Html },
        detail: ofStandard('The same, by a form', describeAuthorizationByForm),
      },
    )
}
