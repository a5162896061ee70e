import { secondFactorMethods, secondFactorsOf } from '../../credentials/index.ts'
import { isComplianceOnly } from '../../http/index.ts'
import { messagesFor } from '../messages/messages.ts'
import { PageError } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { requirementOf } from '../requirement.ts'

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
      return {
        page: {
          kind: 'home',
          email: user.email,
          isVerified: user.emailVerifiedAt !== null,
          organizations: caller.memberships.map(({ name }) => name),
          hasSecondFactor: secondFactorMethods(factors).length > 0,
          ...(requirement && { requirement }),
        },
      }
    },
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
