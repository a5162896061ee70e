import { listGrants, revokeGrant } from '../../authorization-server/index.ts'
import { secondFactorMethods, secondFactorsOf } from '../../credentials/index.ts'
import { isComplianceOnly } from '../../http/index.ts'
import { applicationOf } from '../answer.ts'
import { messagesFor } from '../messages/messages.ts'
import { PageError } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { requirementOf } from '../requirement.ts'
import { asPerson } from '../visit.ts'
import { whoMayGoOn } from '../who-may-go-on.ts'

const APPLICATIONS_A_PAGE = 20
const MAX_CURSOR_LENGTH = 1_024
const MAX_ID_LENGTH = 64

/** Where people arrive who are on the way to nowhere, and where links lead that fail. */
export const homeRoutes = (deps: PageDeps): readonly PageRoute[] => [
  {
    method: 'GET',
    path: PATHS.home,
    limit: 'interaction',
    summary: 'Who is signed in',
    async handle(visit) {
      const person = await visit.person()
      if (!person) return { location: PATHS.signIn }
      const { user, caller } = person
      const now = deps.clock.now()
      if (isComplianceOnly(caller, now)) return { location: withGoing(PATHS.enrol, { returnTo: PATHS.home }) }
      const factors = await deps.read(visit.origin, (ctx) => secondFactorsOf(ctx, user.id))
      const requirement = requirementOf(caller, now)
      const cursor = visit.query.find('cursor', MAX_CURSOR_LENGTH)
      const query = { limit: APPLICATIONS_A_PAGE, cursor }
      const { rows, meta } = await deps.read(visit.origin, (ctx) =>
        listGrants(ctx, { userId: user.id, query, cursors: deps.cursors }),
      )
      const next = meta.page?.next_cursor
      return {
        page: {
          kind: 'home',
          email: user.email,
          isVerified: user.emailVerifiedAt !== null,
          organizations: caller.memberships.map(({ name }) => name),
          hasSecondFactor: secondFactorMethods(factors).length > 0,
          ...(requirement && { requirement }),
          applications: rows.map(({ grant, client }) => ({
            ...applicationOf({ ...client, secrets: [] }),
            id: grant.id,
            since: grant.createdAt,
          })),
          ...(next && { moreHref: withGoing(PATHS.home, {}, { cursor: next }) }),
        },
      }
    },
  },
  {
    method: 'POST',
    path: PATHS.disconnect,
    limit: 'interaction',
    summary: 'End what an application was given',
    handle: (visit) =>
      whoMayGoOn(deps, { visit, returnTo: PATHS.home }, async (person) => {
        const grant = { userId: person.user.id, id: visit.form.text('grant', MAX_ID_LENGTH) }
        await deps.write(asPerson(visit, person), (ctx) => revokeGrant(ctx, grant))
        return { location: PATHS.home }
      }),
    // Ended already, from another window.
    again: async (_, error) => (error.type === 'NOT_FOUND' ? { location: PATHS.home } : undefined),
  },
  {
    method: 'GET',
    path: PATHS.problem,
    limit: 'interaction',
    summary: 'What went wrong elsewhere',
    async handle(visit) {
      const code = visit.query.text('code')
      throw new PageError(isKnown(code) ? code : 'not_found', 400)
    },
  },
]

const { errors } = messagesFor('en')
const isKnown = (code: string): code is keyof typeof errors => Object.hasOwn(errors, code)
