import { resendVerification, verifyEmail } from '../../authentication/index.ts'
import type { SignedInPerson } from '../../authorization-server/index.ts'
import type { AppError } from '../../kernel/index.ts'
import type { Answer } from '../answer.ts'
import { linkExpired } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { PATHS } from '../paths.ts'
import { commonProblem } from '../problems.ts'
import { asPerson } from '../visit.ts'
import { whoMayGoOn } from '../who-may-go-on.ts'

/** Proving an address: one's own, or the one to change to. */
export const emailRoutes = (deps: PageDeps): readonly PageRoute[] => [
  ...proof(deps, PATHS.verifyEmail, 'verify'),
  ...proof(deps, PATHS.confirmEmail, 'change'),
  {
    method: 'POST',
    path: PATHS.resendVerification,
    limit: 'verification',
    summary: 'Have the mail sent again',
    handle: (visit) =>
      whoMayGoOn(deps, { visit, returnTo: PATHS.verifyEmail }, async (person) => {
        if (person.user.emailVerifiedAt === null) {
          await deps.write(asPerson(visit, person), (ctx) => resendVerification(ctx, person.user.id))
        }
        return whatIsMissing(person, deps.clock.now())
      }),
  },
]

function proof(deps: PageDeps, path: string, purpose: 'verify' | 'change'): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path,
      limit: 'interaction',
      summary: 'Confirm an e-mail address',
      async handle(visit) {
        const token = visit.query.find('token')
        if (token !== undefined) return { page: { kind: 'verify_email', token, purpose } }
        return whoMayGoOn(deps, { visit, returnTo: path }, async (person) => whatIsMissing(person))
      },
    },
    {
      method: 'POST',
      path,
      limit: 'verification',
      summary: 'Confirm the address',
      async handle(visit) {
        await verifyEmail(deps, visit.origin, visit.form.text('token'))
        return { page: { kind: 'email_verified', goOnHref: PATHS.home } }
      },
      async again(visit, error) {
        if (isOver(error)) throw linkExpired('verification_link')
        // One press more is all that it takes.
        if (!commonProblem(error)) return undefined
        return { page: { kind: 'verify_email', token: visit.form.text('token'), purpose } }
      },
    },
  ]
}

/** Spent, expired, or for an address that somebody else has taken meanwhile. */
const isOver = ({ type }: AppError): boolean => type === 'BAD_REQUEST' || type === 'CONFLICT'

/** `sentAgainAt`: what was asked for has been done. */
function whatIsMissing({ user }: SignedInPerson, sentAgainAt?: Date): Answer {
  const { email, emailVerifiedAt } = user
  if (emailVerifiedAt !== null) return { page: { kind: 'email_verified', goOnHref: PATHS.home } }
  const mail = { kind: 'mail_sent', mail: 'verify_email', email, isSignedIn: true } as const
  return { page: { ...mail, ...(sentAgainAt && { sentAgainAt }) } }
}
