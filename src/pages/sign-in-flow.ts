import {
  type Arrival,
  createSignIn,
  type FirstFactor,
  type SecondFactor,
  sessionCookies,
  type Waiting,
} from '../authentication/index.ts'
import { createInteractionSignIn, type Progress, type SignedInPerson } from '../authorization-server/index.ts'
import type { StoredClient } from '../clients/index.ts'
import { createCookies, isComplianceOnly } from '../http/index.ts'
import { MINUTE, unauthenticated } from '../kernel/index.ts'
import { type Answer, follow } from './answer.ts'
import type { PageDeps } from './page-route.ts'
import { withGoing } from './parts/frame.tsx'
import { PATHS } from './paths.ts'
import type { Visit } from './visit.ts'

/** As long as an attempt lives; see credentials/. */
const ATTEMPT_SECONDS = 5 * MINUTE

/** Signs people in on the pages, on the way to an application or for themselves: by the services of every other sign-in. */
export function createSignInFlow(deps: PageDeps) {
  const jar = createCookies(deps.config)
  const cookies = sessionCookies(deps.config)
  const signIn = createSignIn(deps)
  const interactions = createInteractionSignIn(deps)
  const endAttempt = jar.clear('attempt')

  return {
    async byFirstFactor(visit: Visit, factor: FirstFactor): Promise<Answer> {
      const { interactionKey: key, origin } = visit
      if (key) {
        const client = await clientOf(visit)
        const { progress, cookies: begun } = await interactions.byFirstFactor(
          origin,
          { key, cookies: visit.cookies },
          factor,
        )
        return goOn(visit, client, progress, begun)
      }
      const outcome = await signIn.byFirstFactor(origin, factor, visit.cookies)
      return 'next' in outcome ? askForSecond(visit, outcome) : arrived(visit, outcome)
    },

    /** Of a sign-in that waits for it. */
    async bySecondFactor(visit: Visit, mfaToken: string, factor: SecondFactor): Promise<Answer> {
      const { interactionKey: key, origin } = visit
      if (key) {
        const client = await clientOf(visit)
        const { progress, cookies: begun } = await interactions.bySecondFactor(
          origin,
          { key, cookies: visit.cookies },
          { mfaToken, factor },
        )
        return goOn(visit, client, progress, begun)
      }
      return arrived(visit, await signIn.bySecondFactor(origin, { mfaToken, factor, cookies: visit.cookies }))
    },

    /** Of somebody who is signed in, and has to prove more for what they are on the way to. */
    async byPresence(visit: Visit, { caller }: SignedInPerson, factor: SecondFactor): Promise<Answer> {
      const { interactionKey: key, origin } = visit
      if (key) {
        const client = await clientOf(visit)
        const outcome = await interactions.bySecondFactor(
          origin,
          { key, cookies: visit.cookies },
          { mfaToken: undefined, factor },
        )
        return goOn(visit, client, outcome.progress, outcome.cookies)
      }
      const { session, token } = await signIn.byPresence(origin, { caller, factor, cookies: visit.cookies })
      return {
        location: visit.going.returnTo ?? PATHS.home,
        cookies: [cookies.ofSession(session, token, deps.clock.now())],
      }
    },

    endAttempt,
  }

  function goOn(
    visit: Visit,
    client: StoredClient,
    progress: Progress | Waiting,
    begun: readonly string[],
  ): Answer {
    if ('next' in progress) return askForSecond(visit, progress)
    return follow(progress, client, [...begun, endAttempt])
  }

  function askForSecond(visit: Visit, { token }: Waiting): Answer {
    return {
      location: withGoing(PATHS.secondFactor, visit.going),
      cookies: [jar.write('attempt', token, ATTEMPT_SECONDS)],
    }
  }

  function arrived(visit: Visit, { begun, caller }: Arrival): Answer {
    const destination = visit.going.returnTo ?? PATHS.home
    return {
      location: isComplianceOnly(caller, deps.clock.now())
        ? withGoing(PATHS.enrol, { returnTo: destination })
        : destination,
      cookies: [...cookies.ofBegun(begun), endAttempt],
    }
  }
}

export type SignInFlow = ReturnType<typeof createSignInFlow>

async function clientOf(visit: Visit): Promise<StoredClient> {
  const open = await visit.interaction()
  if (!open) throw unauthenticated()
  return open.asked.client
}
