import { Elysia } from 'elysia'
import type { RateLimitName } from '../config/index.ts'
import type { ErrorType, Permission } from '../kernel/index.ts'
import {
  type Access,
  clientKey,
  type GuardContext,
  hasSteppedUp,
  identifier,
  requireInstanceAdmin,
  requireMembership,
  requireReach,
  stepUpRequired,
} from './access.ts'
import type { Caller } from './caller.ts'
import { requireCompliance } from './compliance.ts'
import type { HttpDeps } from './deps.ts'
import { type MalformedInput, requestState } from './request-state.ts'

/**
 * The macros that say who may call a route. Every route carries exactly one of `public`, `signedIn`, `enrolling`,
 * `leaving`, `member`, `admin`, `owner`, `instanceAdmin`. Each runs before the input is looked at, gives the handler
 * its `origin` (and `caller`, `membership`), and stamps the route, so that a test can walk all of them.
 */
export function guard(deps: HttpDeps) {
  const identify = identifier(deps)

  const asCaller = (name: string, access: Access, check: (caller: Caller, access: Access) => void) => ({
    detail: stamp(name, access),
    async transform({ request, set }: GuardContext) {
      check(await identify({ request, set }, access, name === 'enrolling'), access)
    },
    resolve: ({ request }: { request: Request }) => callerState(request),
  })

  const asMember = (name: string, access: Access, permission: Permission) => ({
    detail: stamp(name, access),
    async transform({ request, params, set }: GuardContext & { readonly params: unknown }) {
      const isLeaving = name === 'leaving'
      const caller = await identify({ request, set }, access, isLeaving)
      const isOther = pathParameter(params, 'userId') !== caller.user.id
      if (isLeaving && isOther) requireCompliance(caller, deps.clock.now())
      requestState(request).membership = requireMembership(caller, pathParameter(params, 'id'), permission)
    },
    resolve: ({ request }: { request: Request }) => ({
      ...callerState(request),
      membership: required(requestState(request).membership),
    }),
  })

  return new Elysia({ name: 'guard' }).macro({
    /** Anyone. Give it a `limit` too, unless it costs nothing. */
    public: {
      detail: stamp('public', true),
      resolve: ({ request }: { request: Request }) => ({ origin: requestState(request).origin }),
    },
    signedIn: (access: Access) => asCaller('signedIn', access, requireReach),
    /** The same, also past an organization's MFA deadline: what enrolment needs, or the way out, and no more. */
    enrolling: (access: Access) => asCaller('enrolling', access, requireReach),
    /**
     * As `member`, also past an MFA deadline where `:userId` is the caller: whoever was added unasked must be able to
     * get rid of what an organization asks of them.
     */
    leaving: (access: Access) => asMember('leaving', access, 'organization.read'),
    /** Of the organization `:id`; to anyone else it does not exist. */
    member: (access: Access) => asMember('member', access, 'organization.read'),
    admin: (access: Access) => asMember('admin', access, 'organization.update'),
    owner: (access: Access) => asMember('owner', access, 'organization.delete'),
    instanceAdmin: (access: Access) => asCaller('instanceAdmin', access, requireInstanceAdmin),

    /**
     * A sensitive action: presence was proved in the last ten minutes, or as many seconds as are given. Beside a
     * guard. Throws STEP_UP_REQUIRED.
     */
    stepUp: (age: true | number) => ({
      detail: { 'x-step-up': true } as object,
      async beforeHandle({ request }: { request: Request }) {
        await requireStepUp(deps, callerState(request).caller, age === true ? undefined : age)
      },
    }),
    /** Counts the request against a named limit of the client's address, of IPv6 its /64. */
    limit: (name: RateLimitName) => ({
      detail: { 'x-rate-limit': name } as object,
      async transform({ request, set }: GuardContext) {
        Object.assign(set.headers, await deps.rateLimits.spend(name, clientKey(requestState(request))))
      },
    }),
    /** What records a body that does not fit: of a caller who was let in, and within the limit. */
    onMalformed: (recordIt: (input: MalformedInput) => Promise<void>) => ({
      transform({ request }: { request: Request }) {
        requestState(request).onMalformed = recordIt
      },
    }),
    /** The failures of its own that a route answers with, for the documents: guards and inputs add theirs. */
    fails: (types: readonly ErrorType[]) => ({ detail: { 'x-errors': types } as object }),
  })
}

/** Throws STEP_UP_REQUIRED with the methods that this user has. */
export async function requireStepUp(deps: HttpDeps, caller: Caller, maxAgeSeconds?: number): Promise<void> {
  if (hasSteppedUp(caller, deps.clock.now(), maxAgeSeconds)) return
  throw stepUpRequired(await deps.stepUpMethods(caller.user.id), maxAgeSeconds)
}

function stamp(name: string, access: Access): object {
  const isOpenToApplications = access !== true && !access.startsWith('admin:')
  const byToken = isOpenToApplications ? [{ openIdConnect: [access] }] : []
  const security = name === 'public' ? [] : [{ bearer: [] }, { cookie: [] }, ...byToken]
  return { security, 'x-guard': access === true ? name : `${name}:${access}` }
}

function callerState(request: Request) {
  const state = requestState(request)
  return { origin: state.origin, caller: required<Caller>(state.caller) }
}

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('A guard did not run before its route')
  return value
}

const pathParameter = (params: unknown, name: 'id' | 'userId'): string => {
  const value = (params as Readonly<Record<string, unknown>> | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}
