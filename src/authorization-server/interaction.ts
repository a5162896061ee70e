import type { RequestOrigin } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import type { AuthorizationResponse } from '../protocol/oauth/index.ts'
import { type Agreement, isShown, resourcesToAgreeTo } from './agreement.ts'
import { answerPositively, answerWithError, deniedByPerson, recordRefusal } from './answer-request.ts'
import { NOT_ADMITTED, notAdmitted, scopesToAgreeTo } from './decide.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { chooseSession, findInteraction, type InteractionKey } from './interaction-store.ts'
import { isStillOpen } from './open-request.ts'
import { type Asked, type Judged, judge, personOf, type SignedInPerson } from './situation.ts'

/** An interaction as its own browser sees it, with what comes next in it. */
export interface OpenInteraction extends Judged {
  readonly key: InteractionKey
  readonly expiresAt: Date
  readonly asked: Asked
  /** What the person is shown, and agrees to if they do. */
  readonly asks: Agreement
}

/** Of the browser that goes on with it. */
export interface InteractionAccess {
  readonly key: InteractionKey
  readonly sessionToken: string | undefined
}

/** What a step leads to: another one, or the answer to the client. */
export type Progress =
  | AuthorizationResponse
  | { readonly kind: 'interaction'; readonly open: OpenInteraction }

/**
 * Throws NOT_FOUND, also for one of another browser and for one whose client is gone or has changed. That somebody is
 * not admitted is recorded as soon as it is known, whether they go back to the application or just leave.
 */
export async function getInteraction(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { key, sessionToken }: InteractionAccess,
): Promise<OpenInteraction> {
  const row = await deps.read(origin, (ctx) => findInteraction(ctx, key))
  const client = row && (await deps.clients.find(row.clientId))
  if (!row || !client || !isStillOpen(deps, client, row.request)) throw notFound('Interaction')
  const { request, freshAfter, sessionId: chosenSessionId, expiresAt } = row
  const asked: Asked = { client, request, freshAfter, chosenSessionId }
  const judged = await judge(deps, origin, asked, await personOf(deps, sessionToken))
  const { decision, person } = judged
  if (decision.next === 'not_admitted' && person) await noteRefusal(deps, origin, { key, asked, person })
  const asks: Agreement = {
    scopes: scopesToAgreeTo(request),
    resources: resourcesToAgreeTo(request.resources, deps.config),
  }
  return { ...judged, key, expiresAt, asked, asks }
}

/** Once for each session: it is chosen with that, and whom the request is refused has nothing else to choose. */
async function noteRefusal(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { key, asked, person }: Pick<OpenInteraction, 'key' | 'asked'> & { readonly person: SignedInPerson },
): Promise<void> {
  const { caller, session } = person
  if (asked.chosenSessionId === session.id) return
  await deps.write({ ...origin, actor: caller.actor }, async (ctx) => {
    if (await chooseSession(ctx, key, session.id)) await recordRefusal(ctx, asked, NOT_ADMITTED)
  })
}

/** Goes on as the person who is signed in: they chose that, or have just done what was missing. */
export async function continueInteraction(
  deps: InteractionDeps,
  origin: RequestOrigin,
  access: InteractionAccess,
): Promise<Progress> {
  const { person } = await getInteraction(deps, origin, access)
  if (person) await deps.write(origin, (ctx) => chooseSession(ctx, access.key, person.session.id))
  return settle(deps, origin, await getInteraction(deps, origin, access))
}

export interface ConsentGiven extends InteractionAccess {
  readonly shown: Agreement
  /** Of the person whom it was shown to; undefined where the front end did not say. */
  readonly shownSessionId: string | undefined
}

/**
 * Agrees to what was shown, and to no more: throws CONFLICT where that is not what the client asks for, or where
 * somebody else has signed in since. It counts only when it is all that is missing.
 */
export async function consent(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { shown, shownSessionId, ...access }: ConsentGiven,
): Promise<Progress> {
  const open = await getInteraction(deps, origin, access)
  const { decision, person, asked, asks, key } = open
  if (shownSessionId !== undefined && shownSessionId !== person?.session.id) {
    throw conflict('Somebody else is signed in than was shown. Look at it again.')
  }
  if (decision.next !== 'consent' || !person) return settle(deps, origin, open)
  if (!isShown(asks, shown)) {
    throw conflict('What the application asks for is not what was shown. Look at it again.')
  }
  const acr = decision.acr
  return answerPositively(deps, origin, { asked, interaction: key, person, acr, agreed: asks })
}

/** The person does not want to: the client is told, and nothing more. */
export async function abort(
  deps: InteractionDeps,
  origin: RequestOrigin,
  access: InteractionAccess,
): Promise<AuthorizationResponse> {
  const { asked, key, decision, person } = await getInteraction(deps, origin, access)
  const error = decision.next === 'not_admitted' ? notAdmitted() : deniedByPerson()
  return answerWithError(deps, origin, { asked, interaction: key, person }, error)
}

/** Answers the client once nothing is missing. */
async function settle(
  deps: InteractionDeps,
  origin: RequestOrigin,
  open: OpenInteraction,
): Promise<Progress> {
  const { decision, person, asked, key } = open
  if (decision.next === 'error') {
    return answerWithError(deps, origin, { asked, interaction: key, person }, decision.error)
  }
  if (decision.next !== 'code' || !person) return { kind: 'interaction', open }
  const { acr } = decision
  return answerPositively(deps, origin, { asked, interaction: key, person, acr, agreed: undefined })
}
