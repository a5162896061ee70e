import { register, sessionCookies } from '../../authentication/index.ts'
import { continueInteraction } from '../../authorization-server/index.ts'
import { minimumLength } from '../../credentials/index.ts'
import { EmailAddress } from '../../http/index.ts'
import type { AppError } from '../../kernel/index.ts'
import { findInviteByToken, getInviteSummary, getOrganization } from '../../organizations/index.ts'
import { passwordPolicyFor } from '../../policies/index.ts'
import { FullName } from '../../users/index.ts'
import { applicationOf, follow, type ShownPage } from '../answer.ts'
import { newPassword } from '../new-password.ts'
import { linkExpired, PageError } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { PATHS } from '../paths.ts'
import { commonProblem, methodProblem, passwordProblem } from '../problems.ts'
import type { RegisterProps } from '../views/register.tsx'
import type { Visit } from '../visit.ts'
import { emailProblem } from './sign-in.ts'

type Trouble = Pick<RegisterProps, 'problem' | 'problems'>

export function registrationRoutes(deps: PageDeps): readonly PageRoute[] {
  const cookies = sessionCookies(deps.config)
  return [
    {
      method: 'GET',
      path: PATHS.register,
      limit: 'interaction',
      summary: 'Register',
      handle: (visit) => show(visit, visit.query.find('invite_token')),
    },
    {
      method: 'POST',
      path: PATHS.register,
      limit: 'register',
      summary: 'Register',
      async handle(visit) {
        const inviteToken = visit.form.find('invite_token')
        const read = readForm(visit)
        if ('problems' in read) return { ...(await show(visit, inviteToken, read)), status: 400 }
        const open = await visit.interaction()
        const registered = await register(deps, visit.origin, {
          ...read,
          inviteToken,
          locale: await visit.locale(),
          cookies: visit.cookies,
        })
        if (!registered) return { page: { kind: 'mail_sent', mail: 'verify_email', email: read.email } }
        const begun = cookies.ofBegun(registered.begun)
        if (!open) return { location: visit.going.returnTo ?? PATHS.home, cookies: begun }
        const access = { key: open.key, sessionToken: registered.begun.token }
        return follow(await continueInteraction(deps, visit.origin, access), open.asked.client, begun)
      },
      async again(visit, error) {
        const trouble = troubleOf(error, visit.form.find('invite_token') !== undefined)
        return trouble && show(visit, visit.form.find('invite_token'), trouble)
      },
    },
  ]

  async function show(
    visit: Visit,
    inviteToken: string | undefined,
    trouble: Trouble = {},
  ): Promise<ShownPage> {
    const { mode } = deps.config.registration
    if (mode === 'closed' || (mode === 'invite' && inviteToken === undefined)) {
      throw new PageError('registration_closed', 403)
    }
    const invitation = inviteToken === undefined ? undefined : await findInvitation(visit, inviteToken)
    const open = await visit.interaction()
    const { form } = visit
    return {
      organizationId: invitation?.organizationId,
      page: {
        kind: 'register',
        ...(open && { application: applicationOf(open.asked.client) }),
        ...(invitation && { invite: invitation.shown }),
        minimumPasswordLength: invitation?.minimumLength ?? minimumLength({}),
        values: {
          ...(form.find('email') !== undefined && { email: form.text('email') }),
          fullName: form.text('full_name'),
        },
        ...trouble,
      },
    }
  }

  /** Throws where the invite does not count, rather than letting somebody fill in a form for nothing. */
  function findInvitation(visit: Visit, token: string) {
    return deps.read(visit.origin, async (ctx) => {
      const invite = await findInviteByToken(ctx, token)
      if (!invite) throw linkExpired('invite')
      const { organizationId } = invite
      const { email: maskedEmail } = await getInviteSummary(ctx, token)
      const { name } = await getOrganization(ctx, organizationId)
      const policy = await passwordPolicyFor(ctx, organizationId)
      return {
        organizationId,
        shown: { token, maskedEmail, organizationName: name },
        minimumLength: minimumLength(policy),
      }
    })
  }
}

/** What was entered, or what is wrong with it at sight. */
function readForm({ form }: Visit) {
  const email = EmailAddress.safeParse(form.text('email'))
  const entered = form.text('full_name').trim()
  const fullName = entered === '' ? undefined : FullName.safeParse(entered)
  const chosen = newPassword(form)
  if (email.success && fullName?.success !== false && 'password' in chosen) {
    return { email: email.data, fullName: fullName?.data, password: chosen.password }
  }
  return {
    problems: {
      ...(fullName?.success === false && { full_name: { code: 'full_name_invalid' } as const }),
      ...(!email.success && { email: emailProblem(form.text('email')) }),
      ...('problems' in chosen && chosen.problems),
    },
  }
}

function troubleOf(error: AppError, isInvited: boolean): Trouble | undefined {
  const password = passwordProblem(error)
  if (password) return { problems: { password } }
  if (error.type === 'CONFLICT') return { problems: { email: { code: 'email_taken' } } }
  const problem = methodProblem(error) ?? commonProblem(error)
  if (problem) return { problem }
  if (error.type === 'AUTHORIZATION_ERROR') {
    return { problems: { email: { code: isInvited ? 'email_not_invited' : 'email_not_allowed' } } }
  }
  return undefined
}
