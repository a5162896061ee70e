import type { AssertionResponse } from '../credentials/index.ts'
import type { Caller, RequestOrigin } from '../http/index.ts'
import { type Arrival, arrive } from './arrival.ts'
import type { PresentedCookies } from './begin-session.ts'
import type { AuthenticationDeps } from './deps.ts'
import { codeMethodOf } from './prove-code.ts'
import { signInByCode } from './second-factor-code.ts'
import { createPasswordSignIn } from './sign-in.ts'
import type { SignInStep } from './sign-in-steps.ts'
import { type PresenceProof, stepUp } from './step-up.ts'
import { signInByPasskey, signInByWebauthn } from './webauthn-sign-in.ts'

export type FirstFactor =
  | { readonly email: string; readonly password: string; readonly isRemembered: boolean }
  | { readonly passkey: AssertionResponse; readonly isRemembered: boolean }

/** A code, of an app or from paper, or what a passkey or security key has signed. */
export type SecondFactor = { readonly code: string } | { readonly credential: AssertionResponse }

/** A sign-in that waits for its second factor. */
export type Waiting = Extract<SignInStep, { next: 'second_factor' }>

/**
 * Signing in by whatever somebody presents, for places that offer more than one way. Each throws what the way itself
 * does.
 */
export function createSignIn(deps: AuthenticationDeps) {
  const byPassword = createPasswordSignIn(deps)
  return {
    async byFirstFactor(
      origin: RequestOrigin,
      factor: FirstFactor,
      cookies: PresentedCookies,
    ): Promise<Arrival | Waiting> {
      if ('passkey' in factor) {
        const { passkey: response, isRemembered } = factor
        return signInByPasskey(deps, origin, { response, isRemembered, cookies })
      }
      const step = await byPassword(origin, { ...factor, cookies })
      return step.next === 'second_factor' ? step : arrive(deps, 'password', step)
    },

    /** `mfaToken` is that of the sign-in that waits. */
    bySecondFactor(
      origin: RequestOrigin,
      { mfaToken, factor, cookies }: { mfaToken: string; factor: SecondFactor; cookies: PresentedCookies },
    ): Promise<Arrival> {
      return 'code' in factor
        ? signInByCode(deps, origin, { mfaToken, code: factor.code, cookies })
        : signInByWebauthn(deps, origin, { mfaToken, response: factor.credential, cookies })
    },

    /** Of somebody who is signed in already, on whose behalf it is. See `stepUp`. */
    byPresence(
      origin: RequestOrigin,
      { caller, factor, cookies }: { caller: Caller; factor: SecondFactor; cookies: PresentedCookies },
    ) {
      const own = { ...origin, actor: caller.actor }
      return stepUp(deps, own, { caller, deviceToken: cookies.device, proof: presenceOf(factor) })
    },
  }
}

const presenceOf = (factor: SecondFactor): PresenceProof =>
  'code' in factor
    ? { method: codeMethodOf(factor.code), code: factor.code }
    : { method: 'webauthn', response: factor.credential }
