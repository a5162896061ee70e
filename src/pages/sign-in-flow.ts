import {
  type Arrival,
  arrive,
  codeMethodOf,
  createPasswordSignIn,
  type SignInStep,
  sessionCookies,
  signInByCode,
  signInByPasskey,
  signInByWebauthn,
  stepUp,
} from '../authentication/index.ts'
import {
  createInteractionSignIn,
  type FirstFactor,
  type Progress,
  type SignedInPerson,
} from '../authorization-server/index.ts'
import type { StoredClient } from '../clients/index.ts'
import type { AssertionResponse } from '../credentials/index.ts'
import { createCookies, isComplianceOnly } from '../http/index.ts'
import { MINUTE, unauthenticated } from '../kernel/index.ts'
import { type Answer, follow } from './answer.ts'
import type { PageDeps } from './page-route.ts'
import { withGoing } from './parts/frame.tsx'
import { PATHS } from './paths.ts'
import type { Visit } from './visit.ts'

/** As long as an attempt lives; see credentials/. */
const ATTEMPT_SECONDS = 5 * MINUTE

export type Proof = { readonly code: string } | { readonly credential: AssertionResponse }

/** Signs people in on the pages, on the way to an application or for themselves: by the services of every other sign-in. */
export function createSignInFlow(deps: PageDeps) {
  const jar = createCookies(deps.config)
  const cookies = sessionCookies(deps.config)
  const signInByPassword = createPasswordSignIn(deps)
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
      if ('passkey' in factor) {
        const { passkey: response, isRemembered } = factor
        return arrived(
          visit,
          await signInByPasskey(deps, origin, { response, isRemembered, cookies: visit.cookies }),
        )
      }
      const step = await signInByPassword(origin, { ...factor, cookies: visit.cookies })
      if (step.next === 'second_factor') return askForSecond(visit, step)
      return arrived(visit, await arrive(deps, 'password', step))
    },

    /** Of a sign-in that waits for it. */
    async bySecondFactor(visit: Visit, mfaToken: string, proof: Proof): Promise<Answer> {
      const { interactionKey: key, origin } = visit
      if (key) {
        const client = await clientOf(visit)
        const { progress, cookies: begun } = await interactions.bySecondFactor(
          origin,
          { key, cookies: visit.cookies },
          { mfaToken, ...proof },
        )
        return goOn(visit, client, progress, begun)
      }
      const arrival =
        'code' in proof
          ? await signInByCode(deps, origin, { mfaToken, code: proof.code, cookies: visit.cookies })
          : await signInByWebauthn(deps, origin, {
              mfaToken,
              response: proof.credential,
              cookies: visit.cookies,
            })
      return arrived(visit, arrival)
    },

    /** Of somebody who is signed in, and has to prove more for what they are on the way to. */
    async byPresence(visit: Visit, person: SignedInPerson, proof: Proof): Promise<Answer> {
      const { interactionKey: key, origin } = visit
      if (key) {
        const client = await clientOf(visit)
        const outcome = await interactions.bySecondFactor(
          origin,
          { key, cookies: visit.cookies },
          { mfaToken: undefined, ...proof },
        )
        return goOn(visit, client, outcome.progress, outcome.cookies)
      }
      const { session, token } = await stepUp(
        deps,
        { ...origin, actor: person.caller.actor },
        {
          caller: person.caller,
          deviceToken: visit.cookies.device,
          proof:
            'code' in proof
              ? { method: codeMethodOf(proof.code), code: proof.code }
              : { method: 'webauthn', response: proof.credential },
        },
      )
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
    progress: Progress | Extract<SignInStep, { next: 'second_factor' }>,
    begun: readonly string[],
  ): Answer {
    if ('next' in progress) return askForSecond(visit, progress)
    return follow(progress, client, [...begun, endAttempt])
  }

  function askForSecond(visit: Visit, { token }: Extract<SignInStep, { next: 'second_factor' }>): Answer {
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
