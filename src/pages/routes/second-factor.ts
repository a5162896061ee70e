import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import {
  beginStepUp,
  beginWebauthnSignIn,
  findWaitingSignIn,
  type SecondFactor,
  SignedCredential,
} from '../../authentication/index.ts'
import type { SignedInPerson } from '../../authorization-server/index.ts'
import { secondFactorMethods, secondFactorsOf } from '../../credentials/index.ts'
import type { AppError } from '../../kernel/index.ts'
import type { Answer, ShownPage } from '../answer.ts'
import { parseCredential } from '../credential-field.ts'
import type { Problem } from '../messages/problem.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { commonProblem, methodProblem } from '../problems.ts'
import type { SignInFlow } from '../sign-in-flow.ts'
import type { SecondFactorMethod } from '../views/second-factor.tsx'
import { asPerson, type Visit } from '../visit.ts'
import type { ShowSignIn } from './sign-in.ts'

/** Who proves more: by a sign-in that waits for it, or by a session that has proved less than is needed now. */
interface Prover {
  readonly email: string
  readonly methods: readonly SecondFactorMethod[]
  readonly by: { readonly mfaToken: string } | { readonly person: SignedInPerson }
}

/** A code is shorter; longer input is wrong without a look. */
const MAX_CODE_LENGTH = 64

export function secondFactorRoutes(
  deps: PageDeps,
  flow: SignInFlow,
  showSignIn: ShowSignIn,
): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path: PATHS.secondFactor,
      limit: 'interaction',
      summary: 'Prove a second factor',
      async handle(visit) {
        const prover = await findProver(visit)
        if (!prover) return toSignIn(visit)
        const { interaction, returnTo } = visit.going
        const isOnTheWay = interaction !== undefined || returnTo !== undefined
        // Gone back to after the sign-in: there is nothing to prove.
        if ('person' in prover.by && !isOnTheWay) return { location: PATHS.home }
        return show(visit, prover, { asked: visit.query.find('method') })
      },
    },
    {
      method: 'POST',
      path: PATHS.secondFactor,
      limit: 'totpVerify',
      summary: 'Prove a second factor by a code',
      async handle(visit) {
        const prover = await findProver(visit)
        if (!prover) return over(visit)
        const code = visit.form.text('code', MAX_CODE_LENGTH).trim()
        if (code !== '') return prove(visit, prover, { code })
        const asked = visit.form.find('method')
        const page = await show(visit, prover, { asked, codeProblem: { code: 'code_required' } })
        return { ...page, status: 400 }
      },
      again: (visit, error) =>
        showAgain(visit, error, (method) => ({
          codeProblem: { code: method === 'backup_code' ? 'backup_code_wrong' : 'totp_wrong' },
        })),
    },
    {
      method: 'POST',
      path: PATHS.secondFactorByPasskey,
      limit: 'passkey',
      summary: 'Prove a second factor by a passkey or security key',
      async handle(visit) {
        const prover = await findProver(visit)
        if (!prover) return over(visit)
        return prove(visit, prover, { credential: parseCredential(SignedCredential, visit.form) })
      },
      again: (visit, error) => showAgain(visit, error, () => ({ problem: { code: 'passkey_refused' } })),
    },
  ]

  async function findProver(visit: Visit): Promise<Prover | undefined> {
    const { mfaToken, origin } = visit
    const waiting =
      mfaToken === undefined ? undefined : await deps.read(origin, (ctx) => findWaitingSignIn(ctx, mfaToken))
    if (waiting && mfaToken !== undefined) {
      return { email: waiting.user.email, methods: waiting.methods, by: { mfaToken } }
    }
    const person = await visit.person()
    if (!person) return undefined
    const factors = await deps.read(origin, (ctx) => secondFactorsOf(ctx, person.user.id))
    const methods = secondFactorMethods(factors)
    return methods.length === 0 ? undefined : { email: person.user.email, methods, by: { person } }
  }

  function prove(visit: Visit, { by }: Prover, factor: SecondFactor): Promise<Answer> {
    return 'person' in by
      ? flow.byPresence(visit, by.person, factor)
      : flow.bySecondFactor(visit, by.mfaToken, factor)
  }

  async function show(
    visit: Visit,
    { email, methods, by }: Prover,
    { asked, ...trouble }: Shown,
  ): Promise<ShownPage> {
    const method = methods.find((known) => known === asked) ?? methods[0] ?? 'totp'
    const passkey = method === 'webauthn' ? await passkeyOptions(visit, by) : undefined
    return {
      page: {
        kind: 'second_factor',
        email,
        isAgain: 'person' in by,
        methods,
        method,
        ...(passkey && { passkey }),
        ...trouble,
      },
    }
  }

  function passkeyOptions(visit: Visit, by: Prover['by']): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return 'person' in by
      ? deps.write(asPerson(visit, by.person), (ctx) => beginStepUp(ctx, by.person.caller))
      : beginWebauthnSignIn(deps, visit.origin, { mfaToken: by.mfaToken, email: undefined })
  }

  /** A wrong answer is said; after the last one that was allowed there is nothing to go on with. */
  async function showAgain(
    visit: Visit,
    error: AppError,
    wrong: (method: string | undefined) => Trouble,
  ): Promise<Answer | undefined> {
    const isWrong = error.type === 'AUTHENTICATION_ERROR' || error.type === 'VALIDATION_ERROR'
    const problem = methodProblem(error) ?? commonProblem(error)
    if (!isWrong && !problem) return undefined
    const prover = await findProver(visit)
    if (!prover) return over(visit)
    const asked =
      visit.form.find('method') ?? (visit.form.find('credential') === undefined ? undefined : 'webauthn')
    return show(visit, prover, { asked, ...(problem ? { problem } : wrong(asked)) })
  }

  async function over(visit: Visit): Promise<ShownPage> {
    const page = await showSignIn(visit, { problem: { code: 'attempt_ended' } })
    return { ...page, status: 400, cookies: [flow.endAttempt] }
  }
}

interface Trouble {
  readonly problem?: Problem
  readonly codeProblem?: Problem
}
interface Shown extends Trouble {
  readonly asked?: string | undefined
}

const toSignIn = ({ going }: Visit): Answer => ({ location: withGoing(PATHS.signIn, going) })
