import {
  AppError,
  addSeconds,
  forbidden,
  may,
  notFound,
  type Permission,
  unauthenticated,
} from '../kernel/index.ts'
import { networkOf } from './address.ts'
import type { Caller, DpopHeader, Membership, Scope } from './caller.ts'
import { apiChallenges, type PresentedScheme } from './challenges.ts'
import { requireCompliance } from './compliance.ts'
import { type Cookies, createCookies } from './cookies.ts'
import type { HttpDeps } from './deps.ts'
import { originCheck } from './origin-check.ts'
import { pathOf } from './request-limits.ts'
import { type RequestState, requestState } from './request-state.ts'

/** `true`: a session only. A scope: an API key or access token that has it, too. */
export type Access = true | Scope

/** How long a proof of presence counts for a sensitive action. */
export const STEP_UP_SECONDS = 600

/** What the general limit counts a request without a caller under, and every limit of its own kind. */
export const clientKey = ({ info }: Pick<RequestState, 'info'>): string =>
  `address:${info.address === undefined ? 'unknown' : networkOf(info.address)}`

/**
 * Hooks take it apart in their parameter list: Elysia reads there what a route needs, and for one that hands
 * the whole context on it would parse cookies, query and headers at every request.
 */
export interface GuardContext {
  readonly request: Request
  readonly set: { readonly headers: object }
}

/**
 * Makes the function that finds out who calls, or throws AUTHENTICATION_ERROR; what is left to them of the general
 * limit goes to the headers of the answer.
 */
export function identifier(deps: HttpDeps) {
  const cookies = createCookies(deps.config)
  const checkOrigin = originCheck(deps.config)
  const challenges = apiChallenges(deps.config)

  return async ({ request, set }: GuardContext, access: Access, isEnrolling: boolean): Promise<Caller> => {
    const state = requestState(request)
    const presented = presentedToken(request, cookies)
    const caller =
      presented && (await deps.authenticate(presented.token, presented.byCookie, presented.proof))
    if (!caller) {
      await deps.rateLimits.spend('api', clientKey(state))
      throw unauthenticated(undefined, challenges.ofToken(schemeOf(request)))
    }
    if (presented.byCookie) checkOrigin(request, true)
    state.caller = caller
    state.origin = { ...state.origin, actor: caller.actor }
    const { credential } = caller
    const key = credential.kind === 'session' ? credential.session.id : credential.id
    const limits = await deps.rateLimits.spend('api', `credential:${key}`)
    requireScope(caller, access, (scope) => challenges.ofScope(presented.proof ? 'DPoP' : 'Bearer', scope))
    if (!isEnrolling) requireCompliance(caller, deps.clock.now())
    // The limit that a route names is the narrower one, and has spoken if it stands before the guard.
    if (limits && !('X-RateLimit-Limit' in set.headers)) Object.assign(set.headers, limits)
    return caller
  }
}

interface Presented {
  readonly token: string
  readonly byCookie: boolean
  readonly proof?: DpopHeader
}

/** An Authorization header wins over the cookie: a client that sends one means it. */
function presentedToken({ headers, method, url }: Request, cookies: Cookies): Presented | undefined {
  const authorization = headers.get('authorization')
  if (authorization === null) {
    const token = cookies.read(headers.get('cookie'), 'session')
    return token === undefined ? undefined : { token, byCookie: true }
  }
  const [scheme = '', token = '', ...rest] = authorization.split(' ')
  if (rest.length > 0) return undefined
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { token, byCookie: false }
    case 'dpop': // RFC 9449 §7.1
      return {
        token,
        byCookie: false,
        proof: { proof: headers.get('dpop') ?? '', method, path: pathOf(url) },
      }
    default:
      return undefined
  }
}

/** What was tried by a header, well-formed or not; a cookie is none of the schemes. */
function schemeOf({ headers }: Request): PresentedScheme {
  const authorization = headers.get('authorization') ?? ''
  if (/^bearer(?: |$)/i.test(authorization)) return 'Bearer'
  return /^dpop(?: |$)/i.test(authorization) ? 'DPoP' : undefined
}

/** Throws AUTHORIZATION_ERROR; an application can come again with a token of the scope, a key has those that it has. */
function requireScope({ credential }: Caller, access: Access, challenge: (scope: Scope) => string): void {
  if (credential.kind === 'session') return
  const name = credential.kind === 'api_key' ? 'API key' : 'access token'
  if (access === true) throw forbidden(`An ${name} may not do this. Sign in instead.`)
  if (!credential.scopes.includes(access)) {
    const told = credential.kind === 'access_token' ? challenge(access) : undefined
    throw forbidden(`This ${name} lacks the scope ${access}.`, { required_scope: access }, told)
  }
}

/**
 * The caller's membership of the organization. NOT_FOUND for one that the caller, or the key or token in use, has
 * nothing to do with, whether it exists or not; AUTHORIZATION_ERROR where the role does not reach.
 */
export function requireMembership(
  { memberships, credential }: Caller,
  organizationId: string,
  permission: Permission,
): Membership {
  const membership = memberships.find((candidate) => candidate.organizationId === organizationId)
  const isOfOtherOrganization =
    credential.kind !== 'session' &&
    credential.organizationId !== null &&
    credential.organizationId !== organizationId
  if (!membership || isOfOtherOrganization) throw notFound('Organization')
  if (membership.status === 'suspended') throw forbidden('Your membership of this organization is suspended.')
  if (!may(membership.role, permission)) {
    throw forbidden(`Your role ${membership.role} may not do this.`, { required_permission: permission })
  }
  return membership
}

export function requireInstanceAdmin(caller: Caller, access: Access): void {
  if (!caller.user.isInstanceAdmin) throw forbidden('Only an instance administrator may do this.')
  requireReach(caller, access)
}

/**
 * Throws AUTHORIZATION_ERROR for an API key or access token of one organization where something outside of it would change, or
 * the instance be looked at. What its owner may see of themselves it may read.
 */
export function requireReach({ credential }: Caller, access: Access): void {
  if (credential.kind === 'session' || credential.organizationId === null || access === true) return
  if (access.endsWith(':write') || access.startsWith('admin:')) {
    throw forbidden('This API key may change things in its own organization only.')
  }
}

/**
 * Whether presence was proved within `maxAgeSeconds`: by a second factor at sign-in or since, or, by somebody who
 * has none, by the password. An API key has no presence to prove.
 */
export function hasSteppedUp({ credential }: Caller, now: Date, maxAgeSeconds = STEP_UP_SECONDS): boolean {
  const steppedUpAt = credential.kind === 'session' ? credential.session.steppedUpAt : null
  return steppedUpAt !== null && addSeconds(steppedUpAt, maxAgeSeconds) > now
}

/** `methods` are those by which this user can step up, the best first. */
export const stepUpRequired = (methods: readonly string[], maxAgeSeconds = STEP_UP_SECONDS): AppError =>
  new AppError('STEP_UP_REQUIRED', 'Confirm that it is you by POST /api/v1/auth/step-up, then repeat this.', {
    details: { methods, max_age_seconds: maxAgeSeconds },
  })
