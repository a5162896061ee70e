import {
  arrive,
  type BegunSession,
  codeMethodOf,
  createPasswordSignIn,
  type PresentedCookies,
  type SignInStep,
  sessionCookies,
  signInByCode,
  signInByPasskey,
  signInByWebauthn,
  stepUp,
} from '../authentication/index.ts'
import type { AssertionResponse } from '../credentials/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { conflict } from '../kernel/index.ts'
import { continueInteraction, getInteraction, type Progress } from './interaction.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import type { InteractionKey } from './interaction-store.ts'
import { personOf } from './situation.ts'

/** The browser that signs in, and the interaction that it does so for. */
export interface SigningIn {
  readonly key: InteractionKey
  readonly cookies: PresentedCookies
}

export type FirstFactor =
  | { readonly email: string; readonly password: string; readonly isRemembered: boolean }
  | { readonly passkey: AssertionResponse; readonly isRemembered: boolean }

/** Without the token of a sign-in that waits for it, whoever is signed in proves more than they have so far. */
export type SecondFactor = { readonly mfaToken: string | undefined } & (
  | { readonly code: string }
  | { readonly credential: AssertionResponse }
)

export interface SignedInProgress {
  readonly progress: Progress | Extract<SignInStep, { next: 'second_factor' }>
  /** `Set-Cookie` headers of the session that was begun or renewed. */
  readonly cookies: readonly string[]
}

/**
 * Signing in on the way to an application: the very services of every other sign-in, after which the interaction
 * goes on with the session that was begun. They throw what those do.
 */
export function createInteractionSignIn(deps: InteractionDeps) {
  const signInByPassword = createPasswordSignIn(deps)
  const jar = sessionCookies(deps.config)

  async function arrived(
    origin: RequestOrigin,
    key: InteractionKey,
    begun: BegunSession,
  ): Promise<SignedInProgress> {
    const progress = await continueInteraction(deps, origin, { key, sessionToken: begun.token })
    return { progress, cookies: jar.ofBegun(begun) }
  }

  /** Before anything is proved: nobody is to be signed in for what is over, or another browser's. */
  const requireOpen = (origin: RequestOrigin, { key, cookies }: SigningIn) =>
    getInteraction(deps, origin, { key, sessionToken: cookies.session })

  return {
    async byFirstFactor(
      origin: RequestOrigin,
      access: SigningIn,
      factor: FirstFactor,
    ): Promise<SignedInProgress> {
      await requireOpen(origin, access)
      const { key } = access
      const cookies = keepingOwnSession(access)
      if ('passkey' in factor) {
        const { passkey: response, isRemembered } = factor
        const { begun } = await signInByPasskey(deps, origin, { response, isRemembered, cookies })
        return arrived(origin, key, begun)
      }
      const step = await signInByPassword(origin, { ...factor, cookies })
      if (step.next === 'second_factor') return { progress: step, cookies: [] }
      const { begun } = await arrive(deps, 'password', step)
      return arrived(origin, key, begun)
    },

    async bySecondFactor(
      origin: RequestOrigin,
      access: SigningIn,
      factor: SecondFactor,
    ): Promise<SignedInProgress> {
      await requireOpen(origin, access)
      const { key } = access
      const cookies = keepingOwnSession(access)
      const { mfaToken } = factor
      if (mfaToken === undefined) return prove(origin, access, factor)
      const { begun } =
        'code' in factor
          ? await signInByCode(deps, origin, { mfaToken, code: factor.code, cookies })
          : await signInByWebauthn(deps, origin, { mfaToken, response: factor.credential, cookies })
      return arrived(origin, key, begun)
    },
  }

  async function prove(
    origin: RequestOrigin,
    { key, cookies }: SigningIn,
    factor: SecondFactor,
  ): Promise<SignedInProgress> {
    const person = await personOf(deps, cookies.session)
    if (!person) throw conflict('Sign in first.')
    const { session, token } = await stepUp(deps, origin, {
      caller: person.caller,
      deviceToken: cookies.device,
      proof:
        'code' in factor
          ? { method: codeMethodOf(factor.code), code: factor.code }
          : { method: 'webauthn', response: factor.credential },
    })
    const progress = await continueInteraction(deps, origin, { key, sessionToken: token })
    return { progress, cookies: [jar.ofSession(session, token, deps.clock.now())] }
  }
}

const keepingOwnSession = ({ cookies }: SigningIn): PresentedCookies => ({
  ...cookies,
  keepsOwnSession: true,
})
