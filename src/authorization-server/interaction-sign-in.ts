import {
  type BegunSession,
  createSignIn,
  type FirstFactor,
  type PresentedCookies,
  type SecondFactor,
  sessionCookies,
  type Waiting,
} from '../authentication/index.ts'
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

export interface SignedInProgress {
  readonly progress: Progress | Waiting
  /** `Set-Cookie` headers of the session that was begun or renewed. */
  readonly cookies: readonly string[]
}

/**
 * Signing in on the way to an application: the very services of every other sign-in, after which the interaction
 * goes on with the session that was begun. They throw what those do.
 */
export function createInteractionSignIn(deps: InteractionDeps) {
  const signIn = createSignIn(deps)
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
      const outcome = await signIn.byFirstFactor(origin, factor, keepingOwnSession(access))
      if ('next' in outcome) return { progress: outcome, cookies: [] }
      return arrived(origin, access.key, outcome.begun)
    },

    /** Without the token of a sign-in that waits for it, whoever is signed in proves more than they have so far. */
    async bySecondFactor(
      origin: RequestOrigin,
      access: SigningIn,
      { mfaToken, factor }: { readonly mfaToken: string | undefined; readonly factor: SecondFactor },
    ): Promise<SignedInProgress> {
      await requireOpen(origin, access)
      if (mfaToken === undefined) return prove(origin, access, factor)
      const cookies = keepingOwnSession(access)
      const { begun } = await signIn.bySecondFactor(origin, { mfaToken, factor, cookies })
      return arrived(origin, access.key, begun)
    },
  }

  async function prove(
    origin: RequestOrigin,
    { key, cookies }: SigningIn,
    factor: SecondFactor,
  ): Promise<SignedInProgress> {
    const person = await personOf(deps, cookies.session)
    if (!person) throw conflict('Sign in first.')
    const { session, token } = await signIn.byPresence(origin, { caller: person.caller, factor, cookies })
    const progress = await continueInteraction(deps, origin, { key, sessionToken: token })
    return { progress, cookies: [jar.ofSession(session, token, deps.clock.now())] }
  }
}

const keepingOwnSession = ({ cookies }: SigningIn): PresentedCookies => ({
  ...cookies,
  keepsOwnSession: true,
})
