import { isAdmitted, needsConsent, type Standing } from '../clients/index.ts'
import type { Row } from '../db/index.ts'
import { addSeconds, DAY } from '../kernel/index.ts'
import {
  accessDenied,
  consentRequired,
  interactionRequired,
  invalidTarget,
  loginRequired,
  type OAuthError,
  unmetAuthenticationRequirements,
} from '../protocol/oauth/index.ts'
import { type AuthorizationRequest, scopesOfClaims } from '../protocol/oidc/index.ts'
import type { Acr } from '../sessions/index.ts'
import { answeredAcr, isReached, strengthOf } from './requested-acr.ts'
import { API_SCOPES } from './scopes.ts'

/** Who is signed in in the browser that asks, and what they are to the client. */
export interface PresentPerson {
  readonly session: Pick<Row<'session'>, 'id' | 'authenticatedAt' | 'acr'>
  /** As the client knows them. */
  readonly subject: string
  /** Owes an organization a second factor whose deadline has passed. */
  readonly isComplianceOnly: boolean
  /** The strongest that they can prove with what they have enrolled. */
  readonly reachableAcr: Acr
  /** In the client's organization. */
  readonly standing: Standing | undefined
  /** What they have agreed to before, for this client. */
  readonly agreedScopes: readonly string[]
  readonly agreedResources: readonly string[]
  /** What the request names, as far as it is the client's to ask this person for. */
  readonly resources: PresentResources
}

export interface PresentResources {
  readonly areOpen: boolean
  /** What the person is shown and agrees to. */
  readonly toAgreeTo: readonly string[]
  /** Those of them that the client's organization cannot spare anybody the question about. */
  readonly ofOthers: readonly string[]
}

export interface Situation {
  readonly request: Pick<
    AuthorizationRequest,
    'prompt' | 'scope' | 'claims' | 'acr' | 'subject' | 'redirectUri'
  >
  readonly client: Pick<Row<'client'>, 'access' | 'consent' | 'metadata'>
  readonly person: PresentPerson | undefined
  /** No sign-in before this will do; see `freshAfter`. */
  readonly freshAfter: Date | null
  /** The session that was begun or chosen for this very request. */
  readonly chosenSessionId: string | null
}

export type SignInReason = 'nobody_signed_in' | 'sign_in_again' | 'somebody_else'

/** What the person has to do next, or what the client is answered. */
export type Decision =
  | { readonly next: 'sign_in'; readonly reason: SignInReason }
  | { readonly next: 'select_account' }
  /** Into the organization whose application this is, only some are let. */
  | { readonly next: 'not_admitted' }
  | { readonly next: 'enrol' }
  | { readonly next: 'second_factor'; readonly acr: Acr }
  | { readonly next: 'consent'; readonly acr: Acr }
  | { readonly next: 'code'; readonly acr: Acr; readonly scope: readonly string[] }
  | { readonly next: 'error'; readonly error: OAuthError }

/**
 * Decides an authorization request by itself and the present moment. Asked anew at every step of an interaction, so
 * that there is no step which could be left out: whatever is not true yet comes next. OpenID Connect Core 1.0
 * §3.1.2.1 to §3.1.2.4
 */
export function decide(situation: Situation): Decision {
  const decision = whatIsMissing(situation)
  const isSilent = situation.request.prompt.includes('none')
  return isSilent ? silently(decision) : decision
}

function whatIsMissing({ request, client, person, freshAfter, chosenSessionId }: Situation): Decision {
  if (!person) return { next: 'sign_in', reason: 'nobody_signed_in' }
  const { session, standing } = person
  const isChosen = session.id === chosenSessionId
  if (request.prompt.includes('select_account') && !isChosen) return { next: 'select_account' }
  if (freshAfter && session.authenticatedAt < freshAfter) return { next: 'sign_in', reason: 'sign_in_again' }
  if (request.subject !== undefined && request.subject !== person.subject) {
    return { next: 'sign_in', reason: 'somebody_else' }
  }
  if (!isAdmitted(client, standing)) return { next: 'not_admitted' }
  if (!person.resources.areOpen) return { next: 'error', error: closedResource() }
  if (person.isComplianceOnly) return { next: 'enrol' }
  return whatIsWeak(request, person) ?? whatIsUnasked(request, client, person)
}

/** A class that is not essential is a wish: who cannot prove more gets in with what they have. Core §5.5.1.1 */
function whatIsWeak(
  { acr, prompt }: Pick<AuthorizationRequest, 'acr' | 'prompt'>,
  { session, reachableAcr }: PresentPerson,
): Decision | undefined {
  if (acr.values.length === 0 || isReached(acr.values, session.acr)) return undefined
  if (isReached(acr.values, reachableAcr)) {
    // A wish is no reason to turn away whom nobody may ask.
    if (prompt.includes('none') && !acr.isEssential) return undefined
    return { next: 'second_factor', acr: strengthOf(acr.values) }
  }
  if (!acr.isEssential) return undefined
  const error = unmetAuthenticationRequirements('This person cannot sign in in the way that is asked for.')
  return { next: 'error', error }
}

function whatIsUnasked(
  request: Situation['request'],
  client: Situation['client'],
  { session, standing, agreedScopes, agreedResources, resources }: PresentPerson,
): Decision {
  const isAsked = needsConsent(client, standing)
  const scope = isAsked ? scopeWithoutQuestion(request) : request.scope
  const toAgreeTo = isAsked ? scopesToAgreeTo({ ...request, scope }) : scope.filter(isOfApi)
  const named = isAsked ? resources.toAgreeTo : resources.ofOthers
  const mustAsk =
    // Access without the person being there is agreed to each time. Core §11
    (isAsked && (scope.includes('offline_access') || canBeImpersonated(client, request))) ||
    !toAgreeTo.every((token) => agreedScopes.includes(token)) ||
    !named.every((resource) => agreedResources.includes(resource))
  const acr = answeredAcr(request.acr.values, session.acr)
  return mustAsk || request.prompt.includes('consent')
    ? { next: 'consent', acr }
    : { next: 'code', acr, scope }
}

/** Where nobody may be asked, offline access is left aside, unless nothing else is asked for. Core §11 */
function scopeWithoutQuestion({ prompt, scope }: Situation['request']): readonly string[] {
  const rest = scope.filter((token) => token !== 'offline_access')
  return prompt.includes('none') && rest.length > 0 ? rest : scope
}

/**
 * Whether any other program on the person's device could be the one that asks: it proves nothing, and is answered at an
 * address that any program there can take. Only the person can tell. RFC 8252 §8.6
 */
const canBeImpersonated = (
  { metadata }: Pick<Row<'client'>, 'metadata'>,
  { redirectUri }: Situation['request'],
): boolean => metadata.token_endpoint_auth_method === 'none' && !redirectUri.startsWith('https:')

/** With these an application acts as the person in all of their organizations, for which one of them cannot decide. */
const isOfApi = (scope: string): boolean => API_SCOPES.includes(scope)

/**
 * What the person is shown and agrees to: the scope, and the scopes that open the claims which are asked for by name
 * and would be told without.
 */
export const scopesToAgreeTo = ({
  scope,
  claims,
}: Pick<AuthorizationRequest, 'scope' | 'claims'>): readonly string[] => [
  ...new Set([...scope, ...scopesOfClaims(claims)]),
]

/** With prompt=none nobody is asked anything: what would have come next is the error. Core §3.1.2.6 */
function silently(decision: Decision): Decision {
  const error = (reason: OAuthError): Decision => ({ next: 'error', error: reason })
  switch (decision.next) {
    case 'sign_in':
      return error(loginRequired('Nobody is signed in in the way that is asked for.'))
    case 'consent':
      return error(consentRequired('The person has not agreed to this yet.'))
    case 'not_admitted':
      return error(notAdmitted())
    case 'select_account':
    case 'enrol':
    case 'second_factor':
      return error(interactionRequired('The person has to do something first.'))
    case 'code':
    case 'error':
      return decision
  }
}

const closedResource = (): OAuthError => invalidTarget('A resource is not open to this client and person.')

export const notAdmitted = (): OAuthError =>
  accessDenied('The organization does not let this person in to this application.', { reason: NOT_ADMITTED })

/** In the audit log. */
export const NOT_ADMITTED = 'not_admitted'

/**
 * Since when somebody must have signed in for a request that came at `now`: after it for prompt=login, at most
 * max_age before it otherwise, however long the person takes from there. Core §3.1.2.1
 */
export function freshAfter(
  { prompt, maxAgeSeconds }: Pick<AuthorizationRequest, 'prompt' | 'maxAgeSeconds'>,
  now: Date,
): Date | null {
  if (prompt.includes('login')) return now
  const isAnyAge = maxAgeSeconds === undefined || maxAgeSeconds > LONGEST_SECONDS
  return isAnyAge ? null : addSeconds(now, -maxAgeSeconds)
}

/** No session is as old; and further back there are instants that no database can hold. */
const LONGEST_SECONDS = 3_650 * DAY
