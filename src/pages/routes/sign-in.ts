import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { beginWebauthnSignIn, SignedCredential } from '../../authentication/index.ts'
import { continueInteraction, type OpenInteraction } from '../../authorization-server/index.ts'
import { clientKey, EmailAddress } from '../../http/index.ts'
import { AppError } from '../../kernel/index.ts'
import { type Answer, applicationOf, follow, type ShownPage, stepPath } from '../answer.ts'
import { parseCredential } from '../credential-field.ts'
import type { Problem } from '../messages/problem.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { PATHS } from '../paths.ts'
import { commonProblem, methodProblem } from '../problems.ts'
import type { Page } from '../render-page.tsx'
import type { SignInFlow } from '../sign-in-flow.ts'
import type { Visit } from '../visit.ts'

type SignInPage = Extract<Page, { kind: 'sign_in' }>
type Trouble = Pick<SignInPage, 'problem' | 'problems'>
export type ShowSignIn = (visit: Visit, trouble?: Trouble) => Promise<ShownPage>

/** Longer than any that is accepted; see the rules for passwords. */
const MAX_PASSWORD_LENGTH = 1_024

/** The sign-in, from which everybody who has nothing to do there is sent on. */
export function signInRoutes(deps: PageDeps, flow: SignInFlow, showSignIn: ShowSignIn): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path: PATHS.signIn,
      limit: 'interaction',
      summary: 'Sign in',
      async handle(visit) {
        const open = await visit.interaction()
        if (visit.query.find('prompt') === 'another') return showSignIn(visit)
        if (!open) return (await visit.person()) ? sendOn(visit) : showSignIn(visit)
        return open.decision.next === 'sign_in' ? showSignIn(visit) : whereItStands(deps, visit, open)
      },
    },
    {
      method: 'POST',
      path: PATHS.signIn,
      limit: 'login',
      summary: 'Sign in by a password',
      async handle(visit) {
        const email = EmailAddress.safeParse(visit.form.text('email'))
        const password = visit.form.text('password', MAX_PASSWORD_LENGTH)
        if (!email.success || password === '') {
          const problems = {
            ...(!email.success && { email: emailProblem(visit.form.text('email')) }),
            ...(password === '' && { password: { code: 'password_required' } as const }),
          }
          return { ...(await showSignIn(visit, { problems })), status: 400 }
        }
        const isRemembered = visit.form.text('remember_me') !== ''
        return flow.byFirstFactor(visit, { email: email.data, password, isRemembered })
      },
      async again(visit, error) {
        const problem = problemOf(error, 'credentials_wrong')
        return problem && showSignIn(visit, { problem })
      },
    },
    {
      method: 'POST',
      path: PATHS.signInByPasskey,
      limit: 'passkey',
      summary: 'Sign in by a passkey',
      async handle(visit) {
        const passkey = parseCredential(SignedCredential, visit.form)
        const isRemembered = visit.form.text('remember_me') !== ''
        return flow.byFirstFactor(visit, { passkey, isRemembered })
      },
      async again(visit, error) {
        const problem = problemOf(error, 'passkey_refused')
        return problem && showSignIn(visit, { problem })
      },
    },
    {
      method: 'GET',
      path: PATHS.chooseSession,
      limit: 'interaction',
      summary: 'Choose who goes on to an application',
      async handle(visit) {
        const open = await visit.interaction()
        if (!open) return { location: PATHS.signIn }
        const { decision, person, asked } = open
        if (decision.next !== 'select_account' || !person) return whereItStands(deps, visit, open)
        const { email, fullName, avatarUrl } = person.user
        const sessions = [{ id: person.session.id, email, fullName, avatarUrl }]
        return { page: { kind: 'choose_session', application: applicationOf(asked.client), sessions } }
      },
    },
    {
      method: 'POST',
      path: PATHS.chooseSession,
      limit: 'interaction',
      summary: 'Go on as who is signed in',
      async handle(visit) {
        const open = await visit.interaction()
        if (!open) return { location: PATHS.signIn }
        // Whoever has signed in meanwhile in another window was not who was chosen.
        if (visit.form.text('session') !== open.person?.session.id) return { location: stepPath(open) }
        return whereItStands(deps, visit, open)
      },
    },
  ]
}

const sendOn = (visit: Visit): Answer => ({ location: visit.going.returnTo ?? PATHS.home })

/** Shows the way to the step that is due, or goes on to the application where none is. */
export async function whereItStands(deps: PageDeps, visit: Visit, open: OpenInteraction): Promise<Answer> {
  const { decision, key, asked, person } = open
  const isChosen = visit.request.method === 'POST' && decision.next === 'select_account'
  if (decision.next === 'code' || decision.next === 'error' || isChosen) {
    const access = { key, sessionToken: visit.cookies.session }
    return follow(await continueInteraction(deps, visit.origin, access), asked.client)
  }
  if (decision.next === 'not_admitted' && person) {
    const application = applicationOf(asked.client)
    return { page: { kind: 'not_admitted', application, userEmail: person.user.email }, status: 403 }
  }
  return { location: stepPath(open) }
}

/** Makes what shows the sign-in, with all that is known of who comes. */
export function createShowSignIn(deps: PageDeps): ShowSignIn {
  return async (visit, trouble) => {
    const open = await visit.interaction()
    const onlyEmail = whoMustSignIn(visit, open)
    const notice = NOTICES.find((known) => known === visit.query.find('notice'))
    const errand = open ? undefined : errandOf(visit)
    const email = visit.form.find('email') ?? open?.asked.request.loginHint
    const passkey = await passkeyOptions(deps, visit, onlyEmail)
    return {
      page: {
        kind: 'sign_in',
        ...(open && { application: applicationOf(open.asked.client) }),
        ...(notice && { notice }),
        ...(errand && { errand }),
        values: {
          ...(email !== undefined && { email }),
          rememberMe: visit.form.text('remember_me') !== '',
        },
        ...(onlyEmail !== undefined && { onlyEmail }),
        ...(passkey && { passkey }),
        mayRegister: deps.config.registration.mode === 'open',
        ...trouble,
      },
    }
  }
}

/** What somebody has come for who is on the way to no application. */
function errandOf({ going: { returnTo = '' } }: Visit): SignInPage['errand'] {
  if (returnTo === PATHS.device || returnTo.startsWith(`${PATHS.device}?`)) return 'device'
  return returnTo.startsWith(`${PATHS.invites}/`) ? 'invite' : undefined
}

const NOTICES = ['password_changed', 'email_verified', 'session_ended', 'recovered'] as const

/** Somebody who only has to prove again that it is them need not say who they are; a link lets somebody else. */
function whoMustSignIn(visit: Visit, open: OpenInteraction | undefined): string | undefined {
  if (visit.query.find('prompt') === 'another' || !open?.person) return undefined
  const { decision, person } = open
  const isAgain = decision.next === 'sign_in' && decision.reason === 'sign_in_again'
  return isAgain ? person.user.email : undefined
}

/** A challenge is a row: who asks for too many is shown the page without the button. */
async function passkeyOptions(
  deps: PageDeps,
  { origin }: Visit,
  email: string | undefined,
): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
  try {
    await deps.rateLimits.spend('passkey', clientKey({ info: origin.request }))
  } catch (error) {
    if (error instanceof AppError && error.type === 'RATE_LIMIT_EXCEEDED') return undefined
    throw error
  }
  return beginWebauthnSignIn(deps, origin, { mfaToken: undefined, email })
}

function problemOf(error: AppError, wrong: 'credentials_wrong' | 'passkey_refused'): Problem | undefined {
  if (error.type === 'AUTHENTICATION_ERROR' || error.type === 'VALIDATION_ERROR') return { code: wrong }
  return methodProblem(error) ?? commonProblem(error)
}

export const emailProblem = (text: string): Problem => ({
  code: text.trim() === '' ? 'email_required' : 'email_invalid',
})
