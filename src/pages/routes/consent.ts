import {
  abort,
  consent,
  destination,
  type OpenInteraction,
  type SignedInPerson,
} from '../../authorization-server/index.ts'
import { getOrganization } from '../../organizations/index.ts'
import type { AuthorizationResponse } from '../../protocol/oauth/index.ts'
import { type Answer, applicationOf, follow, handOver } from '../answer.ts'
import { shownOn } from '../form-fields.ts'
import { interactionExpired } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import type { RequestedScope } from '../parts/scope-list.tsx'
import { PATHS } from '../paths.ts'
import type { Visit } from '../visit.ts'
import { whereItStands } from './sign-in.ts'

export function consentRoutes(deps: PageDeps): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path: PATHS.consent,
      limit: 'interaction',
      summary: 'What an application asks for',
      handle: (visit) => show(visit),
    },
    {
      method: 'POST',
      path: PATHS.consent,
      limit: 'interaction',
      summary: 'Agree to it, or not',
      async handle(visit) {
        const open = await requireOpen(visit)
        // Whatever is no clear yes is a no.
        if (visit.form.text('decision') !== 'allow') return turnAway(visit, open)
        const progress = await consent(deps, visit.origin, {
          ...accessOf(visit, open),
          shown: shownOn(visit.form),
          shownSessionId: visit.form.text('session'),
        })
        return follow(progress, open.asked.client)
      },
      // What the application asks for, or whom, is not what was shown: shown again as it is now.
      again: async (visit, error) => (error.type === 'CONFLICT' ? show(visit, ASKED_ANEW) : undefined),
    },
    {
      method: 'POST',
      path: PATHS.abort,
      limit: 'interaction',
      summary: 'Go back to an application without signing in',
      handle: async (visit) => turnAway(visit, await requireOpen(visit)),
    },
  ]

  async function show(visit: Visit, asking: readonly Step[] = ['consent']): Promise<Answer> {
    const open = await requireOpen(visit)
    const { decision, person, asked, asks } = open
    if (!asking.includes(decision.next) || !person) return whereItStands(deps, visit, open)
    const { organizationId, metadata } = asked.client
    const owner =
      organizationId === null
        ? null
        : await deps.read(visit.origin, (ctx) => getOrganization(ctx, organizationId))
    return {
      page: {
        kind: 'consent',
        application: {
          ...applicationOf(asked.client),
          policyUrl: metadata.policy_uri ?? null,
          termsUrl: metadata.tos_uri ?? null,
          organizationName: owner?.name ?? null,
        },
        destination: destination(asked.request.redirectUri),
        userEmail: person.user.email,
        sessionId: person.session.id,
        scopes: asks.scopes.map((name) => describeScope(name, person)),
        resources: asks.resources,
      },
    }
  }

  async function turnAway(visit: Visit, open: OpenInteraction): Promise<Answer> {
    const answer: AuthorizationResponse = await abort(deps, visit.origin, accessOf(visit, open))
    return handOver(answer, open.asked.client)
  }
}

type Step = OpenInteraction['decision']['next']
/** Whoever has signed in since may have agreed before: that they go on is still nothing that anybody has said. */
const ASKED_ANEW: readonly Step[] = ['consent', 'code']

const accessOf = (visit: Visit, { key }: OpenInteraction) => ({ key, sessionToken: visit.cookies.session })

async function requireOpen(visit: Visit): Promise<OpenInteraction> {
  const open = await visit.interaction()
  if (!open) throw interactionExpired()
  return open
}

/** With what it would tell right now, where that is short enough to look at. */
function describeScope(name: string, { user }: SignedInPerson): RequestedScope {
  if (name === 'email') return { name, values: [user.email] }
  if (name === 'profile' && user.fullName !== null) return { name, values: [user.fullName] }
  return { name }
}
