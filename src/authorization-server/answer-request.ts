import { eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { notFound, unauthenticated } from '../kernel/index.ts'
import {
  type AuthorizationResponse,
  accessDenied,
  encodeAuthorizationResponse,
  invalidRequestUri,
  type OAuthError,
} from '../protocol/oauth/index.ts'
import type { Acr } from '../sessions/index.ts'
import { type Agreement, resourceDetails } from './agreement.ts'
import { auditedClient } from './audited-client.ts'
import { findOrCreateGrant, issueAuthorizationCode } from './authorization-code.ts'
import { NOT_ADMITTED } from './decide.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { consumeInteraction, type InteractionKey } from './interaction-store.ts'
import { issueToBrowser, signForBrowser } from './issue-to-browser.ts'
import { channelOf } from './open-request.ts'
import { consumePushedRequest } from './pushed-request.ts'
import type { Asked, SignedInPerson } from './situation.ts'

export interface Answering {
  readonly asked: Pick<Asked, 'client' | 'request'>
  /** That ends with the answer; undefined where nobody had to do anything. */
  readonly interaction: InteractionKey | undefined
  /** Who is signed in in the browser that is answered: what comes of it is recorded as theirs. */
  readonly person: SignedInPerson | undefined
}

export interface PositiveAnswer extends Answering {
  readonly person: SignedInPerson
  readonly acr: Acr
  /** What the person has just agreed to; undefined where nobody was asked. */
  readonly agreed: Agreement | undefined
}

/**
 * Answers with a code, or with the tokens that the response type asks for, in one transaction with the end of the
 * interaction: of several answers at once one gets it. So it is with what was pushed, whose second answer is
 * invalid_request_uri.
 * Throws NOT_FOUND for the others, and AUTHENTICATION_ERROR when the session has ended meanwhile.
 */
export async function answerPositively(
  deps: Pick<InteractionDeps, 'write' | 'config' | 'keyChain' | 'metrics'>,
  origin: RequestOrigin,
  answer: PositiveAnswer,
): Promise<AuthorizationResponse> {
  const { client, request } = answer.asked
  const { user, session, caller } = answer.person
  const { actor } = caller
  const keys = request.responseType && (await deps.keyChain.keysFor(client))
  const issued = await deps.write({ ...origin, actor }, async (ctx) => {
    await endInteraction(ctx, answer)
    if (!(await consumePushedRequest(ctx, request))) return undefined
    await requireSession(ctx, session.id)
    const { agreed } = answer
    const grant = await findOrCreateGrant(ctx, {
      client,
      userId: user.id,
      ...(agreed ?? { scopes: [], resources: [] }),
    })
    if (agreed) {
      await record(ctx, {
        action: 'oidc.consent',
        ...auditedClient(client),
        details: { scope: agreed.scopes, ...resourceDetails(agreed.resources), grant: grant.id },
      })
    }
    const authorized = { client, session: { ...session, acr: answer.acr }, grant, request }
    if (keys) return { keys, ...(await issueToBrowser(ctx, { ...authorized, keys, user })) }
    return { code: await issueAuthorizationCode(ctx, authorized) }
  })
  const outcome = issued ?? usedAlready()
  if ('keys' in outcome) deps.metrics.tokensIssued.inc({ grant_type: 'implicit' })
  const response = 'keys' in outcome ? await signForBrowser(outcome, outcome.keys) : outcome
  return encodeAuthorizationResponse(channelOf(request), deps.config.oidc.issuer, response)
}

/**
 * Answers with an error, which ends the interaction and spends what was pushed. Throws NOT_FOUND when somebody else has
 * answered. Recorded where somebody was asked, once: an answer at once costs nothing to ask for again, and a refused
 * admission was recorded when it was decided.
 */
export async function answerWithError(
  deps: Pick<InteractionDeps, 'write' | 'config'>,
  origin: RequestOrigin,
  answer: Answering,
  error: OAuthError,
): Promise<AuthorizationResponse> {
  const { asked, interaction, person } = answer
  const { request } = asked
  const reason = error.reason ?? error.code
  let told = error
  if (interaction || request.pushedAs !== undefined) {
    await deps.write({ ...origin, actor: person?.caller.actor ?? origin.actor }, async (ctx) => {
      await endInteraction(ctx, answer)
      const isFirst = await consumePushedRequest(ctx, request)
      if (!isFirst && !interaction) told = usedAlready()
      if (interaction && reason !== NOT_ADMITTED) await recordRefusal(ctx, asked, reason)
    })
  }
  return encodeAuthorizationResponse(channelOf(request), deps.config.oidc.issuer, told)
}

/** Of `ctx.actor`, by what they wanted of which application. */
export const recordRefusal = (ctx: WriteCtx, { client, request }: Answering['asked'], reason: string) =>
  record(ctx, {
    action: 'oidc.authorize',
    outcome: 'failure',
    reason,
    ...auditedClient(client),
    details: { scope: request.scope },
  })

export const deniedByPerson = (): OAuthError =>
  accessDenied('The person did not agree.', { reason: 'denied_by_person' })

const usedAlready = (): OAuthError => invalidRequestUri('The request_uri was used already.')

async function endInteraction(ctx: WriteCtx, { interaction }: Answering): Promise<void> {
  if (interaction && !(await consumeInteraction(ctx, interaction))) throw notFound('Interaction')
}

/** Suspension ends sessions, so this is about the user, too. */
async function requireSession({ tx }: WriteCtx, id: string): Promise<void> {
  const { session } = tx.t
  const [row] = await tx.select({ id: session.id }).from(session).where(eq(session.id, id))
  if (!row) throw unauthenticated()
}
