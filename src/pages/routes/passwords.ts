import {
  findPasswordLink,
  type PasswordLink,
  recoverAccess,
  requestPasswordReset,
  resetPassword,
} from '../../authentication/index.ts'
import { EmailAddress } from '../../http/index.ts'
import type { ShownPage } from '../answer.ts'
import { newPassword } from '../new-password.ts'
import { linkExpired } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { commonProblem, passwordProblem } from '../problems.ts'
import type { ForgotPasswordProps, NewPasswordProps } from '../views/new-password.tsx'
import type { Visit } from '../visit.ts'
import { emailProblem } from './sign-in.ts'

/** Asking for a link, and the new password by one of a mail or of an administrator. */
export const passwordRoutes = (deps: PageDeps): readonly PageRoute[] => [
  {
    method: 'GET',
    path: PATHS.forgotPassword,
    limit: 'interaction',
    summary: 'Ask for a link to choose a new password',
    handle: async (visit) => showForgotten(visit),
  },
  {
    method: 'POST',
    path: PATHS.forgotPassword,
    limit: 'forgotPassword',
    summary: 'Have the link sent',
    async handle(visit) {
      const email = EmailAddress.safeParse(visit.form.text('email'))
      if (!email.success) {
        const problems = { email: emailProblem(visit.form.text('email')) }
        return { ...showForgotten(visit, { problems }), status: 400 }
      }
      const request = { email: email.data, locale: await visit.locale() }
      await requestPasswordReset(deps, visit.origin, request)
      return { page: { kind: 'mail_sent', mail: 'reset_password', email: email.data } }
    },
    async again(visit, error) {
      const problem = commonProblem(error)
      return problem && showForgotten(visit, { problem })
    },
  },
  ...replacement(deps, {
    path: PATHS.resetPassword,
    kind: 'reset_password',
    purpose: 'reset_password',
    notice: 'password_changed',
    replace: resetPassword,
  }),
  ...replacement(deps, {
    path: PATHS.recover,
    kind: 'recover',
    purpose: 'recovery',
    notice: 'recovered',
    replace: recoverAccess,
  }),
]

function showForgotten(
  { form }: Visit,
  trouble: Pick<ForgotPasswordProps, 'problem' | 'problems'> = {},
): ShownPage {
  return { page: { kind: 'forgot_password', values: { email: form.text('email') }, ...trouble } }
}

interface Replacement {
  readonly path: string
  readonly kind: 'reset_password' | 'recover'
  readonly purpose: PasswordLink['purpose']
  /** What the sign-in says afterwards. */
  readonly notice: 'password_changed' | 'recovered'
  readonly replace: typeof resetPassword
}

/** The two ways to a new password differ in what else ends by it. */
function replacement(
  deps: PageDeps,
  { path, kind, purpose, notice, replace }: Replacement,
): readonly PageRoute[] {
  const link = purpose === 'recovery' ? 'recovery_link' : 'reset_link'
  return [
    {
      method: 'GET',
      path,
      limit: 'interaction',
      summary: 'Choose a new password',
      handle: (visit) => show(visit, visit.query.text('token')),
    },
    {
      method: 'POST',
      path,
      limit: 'resetPassword',
      summary: 'Save the new password',
      async handle(visit) {
        const token = visit.form.text('token')
        const chosen = newPassword(visit.form)
        if ('problems' in chosen) return { ...(await show(visit, token, chosen)), status: 400 }
        await replace(deps, visit.origin, { token, password: chosen.password })
        return { location: withGoing(PATHS.signIn, visit.going, { notice }) }
      },
      async again(visit, error) {
        if (error.type === 'BAD_REQUEST') throw linkExpired(link)
        const token = visit.form.text('token')
        const password = passwordProblem(error)
        if (password) return show(visit, token, { problems: { password } })
        const problem = commonProblem(error)
        return problem && show(visit, token, { problem })
      },
    },
  ]

  async function show(
    visit: Visit,
    token: string,
    trouble: Pick<NewPasswordProps, 'problem' | 'problems'> = {},
  ): Promise<ShownPage> {
    const found = await deps.read(visit.origin, (ctx) => findPasswordLink(ctx, { token, purpose }))
    if (!found) throw linkExpired(link)
    const { email, minimumLength } = found
    return { page: { kind, token, email, minimumPasswordLength: minimumLength, ...trouble } }
  }
}
