import { type BrowserExchange, type OpenInteraction, UNKNOWN_CLIENT } from '../authorization-server/index.ts'
import { clientKey, createCookies, originCheck, toAppError } from '../http/index.ts'
import { type AppError, base64url } from '../kernel/index.ts'
import { getOrganization } from '../organizations/index.ts'
import { OAuthError } from '../protocol/oauth/index.ts'
import { REDIRECT_URI_MISMATCH } from '../protocol/oidc/index.ts'
import { type Answer, isWebAddress, type ShownPage } from './answer.ts'
import { createFormSeal } from './forgery.ts'
import { Fields } from './form-fields.ts'
import { NONCE_BYTES, pageHeaders } from './headers.ts'
import { interactionExpired, PageError } from './page-error.ts'
import type { PageDeps, PageRoute } from './page-route.ts'
import type { Branding } from './parts/frame.tsx'
import { cookiesNeeded, formExpired, type ProblemCode, problemPageOf } from './problems.ts'
import { createVisit, type Visit } from './visit.ts'

export interface PageExchange extends BrowserExchange {
  readonly params?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Serve {
  /** Answers a route: the form read and known to be ours, the limit counted, every failure a page. */
  route(route: PageRoute, exchange: PageExchange): Promise<string>
  /** Shows a page as the answer of somebody else's route. */
  show(exchange: PageExchange, answer: ShownPage): Promise<string>
  problem(exchange: PageExchange, error: OAuthError): Promise<string>
}

export function createServe(deps: PageDeps): Serve {
  const { config } = deps
  const jar = createCookies(config)
  const seal = createFormSeal({ secretKeys: config.secretKeys, random: deps.random })
  const checkOrigin = originCheck(config)
  const service = new URL(config.publicUrl).host

  return {
    async route(route, exchange) {
      const { visit, opening } = open(exchange)
      const answer = await answerTo(route, visit, exchange).catch((error: unknown) => explain(visit, error))
      return send(exchange, visit, { ...answer, cookies: [...opening, ...(answer.cookies ?? [])] })
    },
    async show(exchange, answer) {
      const { visit, opening } = open(exchange)
      return send(exchange, visit, { ...answer, cookies: [...opening, ...(answer.cookies ?? [])] })
    },
    async problem(exchange, error) {
      const { visit, opening } = open(exchange)
      return send(exchange, visit, { ...explainOAuth(visit, error), cookies: opening })
    },
  }

  /** `opening`: the cookie of a browser that has none yet. */
  function open({ origin, request, params = {}, body }: PageExchange) {
    const { token, isNew } = seal.browserToken(jar.read(request.headers.get('cookie'), 'interaction'))
    const form = new Fields(new URLSearchParams(typeof body === 'string' ? body : ''))
    const visit = createVisit(deps, { origin, request, params, form, browserToken: token })
    return { visit, opening: isNew ? [jar.write('interaction', token)] : [] }
  }

  async function answerTo(route: PageRoute, visit: Visit, { set }: PageExchange): Promise<Answer> {
    try {
      if (route.method === 'POST') refuseForged(visit)
      Object.assign(
        set.headers,
        await deps.rateLimits.spend(route.limit, clientKey({ info: visit.origin.request })),
      )
      return await route.handle(visit)
    } catch (thrown) {
      if (thrown instanceof PageError || thrown instanceof OAuthError || !route.again) throw thrown
      const error = toAppError(thrown, visit.origin.log)
      const again = await route.again(visit, error)
      if (!again) throw error
      return 'page' in again ? { status: statusOf(error), ...again, ...retryOf(error) } : again
    }
  }

  /** A form that another site made a browser send has no seal of that browser's, and says where it comes from. */
  function refuseForged({ request, form }: Visit): void {
    const presented = jar.read(request.headers.get('cookie'), 'interaction')
    if (presented === undefined) throw cookiesNeeded()
    if (!seal.isSealOf(presented, form.text('csrf', 100))) throw formExpired()
    checkOrigin(request, false)
  }

  function explain(visit: Visit, thrown: unknown): Answer {
    if (thrown instanceof OAuthError) return explainOAuth(visit, thrown)
    if (thrown instanceof PageError) return problemAnswer(visit, thrown.code, thrown.status)
    const error = toAppError(thrown, visit.origin.log)
    // One that was answered between a look at it and the form.
    const isOver = error.type === 'NOT_FOUND' && visit.going.interaction !== undefined
    if (isOver) return explain(visit, interactionExpired())
    const code = problemPageOf(error.type) ?? 'form_refused'
    return { ...problemAnswer(visit, code, error.status), ...retryOf(error) }
  }

  function explainOAuth(visit: Visit, { code, message, status, reason }: OAuthError): ShownPage {
    const technical = { error: code, description: message }
    const problem =
      reason === UNKNOWN_CLIENT
        ? 'client_unknown'
        : reason === REDIRECT_URI_MISMATCH
          ? 'redirect_mismatch'
          : 'request_invalid'
    return problemAnswer(visit, problem, status, technical)
  }

  async function send({ set }: PageExchange, visit: Visit, answer: Answer): Promise<string> {
    if (answer.cookies && answer.cookies.length > 0) set.headers['set-cookie'] = [...answer.cookies]
    if ('location' in answer) {
      set.status = 303
      set.headers['Cache-Control'] = 'no-store'
      set.headers.Location = answer.location
      return ''
    }
    const nonce = base64url(deps.random.bytes(NONCE_BYTES))
    const interaction = await visit.interaction().catch(() => undefined)
    set.status = answer.status ?? 200
    Object.assign(
      set.headers,
      pageHeaders({ nonce, formActions: formActionsOf(answer, interaction) }),
      answer.retryAfterSeconds !== undefined && { 'Retry-After': String(answer.retryAfterSeconds) },
    )
    const { renderPage } = await import('./render-page.tsx') // with all of React, so at first use
    return renderPage({
      page: answer.page,
      nonce,
      locale: await visit.locale(),
      branding: await brandingOf(visit, answer, interaction),
      csrf: seal.sealFor(visit.browserToken),
      going: answer.going ?? visit.going,
    })
  }

  /** The page is shown without a name and a picture, too, rather than not at all. */
  async function brandingOf(
    visit: Visit,
    { client, organizationId }: ShownPage,
    interaction: OpenInteraction | undefined,
  ): Promise<Branding> {
    const id = organizationId ?? (client ?? interaction?.asked.client)?.organizationId
    if (id == null) return { service }
    try {
      const organization = await deps.read(visit.origin, (ctx) => getOrganization(ctx, id))
      return { service, organization }
    } catch {
      return { service }
    }
  }
}

/** What an application of the device is called by is let through; pages of the web are handed over. */
function formActionsOf(
  { page, leadsTo }: ShownPage,
  interaction: OpenInteraction | undefined,
): readonly string[] | 'anywhere' {
  if (page.kind === 'hand_over') return 'anywhere'
  const target = leadsTo ?? interaction?.asked.request.redirectUri
  return target === undefined || isWebAddress(target) ? [] : [target]
}

const problemAnswer = (
  visit: Visit,
  code: ProblemCode,
  status: number,
  technical?: { readonly error: string; readonly description: string },
): ShownPage => ({
  status,
  page: { kind: 'problem', code, requestId: visit.origin.request.id, ...(technical && { technical }) },
})

/** A page challenges nobody by a header, as 401 would have to. RFC 9110 §15.5.2 */
const statusOf = ({ status }: AppError): number => (status === 401 ? 400 : status)

function retryOf({ headers }: AppError): Pick<ShownPage, 'retryAfterSeconds'> {
  const seconds = headers['Retry-After']
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) }
}
