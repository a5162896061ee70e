import type { Caller, HttpDeps } from '../http/index.ts'
import { type AppError, type SignInMethod, unauthenticated } from '../kernel/index.ts'
import { methodRefused } from './admission.ts'
import type { BegunSession } from './begin-session.ts'
import type { LastStep } from './sign-in-steps.ts'

export interface Arrival {
  readonly begun: BegunSession
  /** The user as every later request will find them: what they may, and what they still owe. */
  readonly caller: Caller
}

/**
 * What follows a sign-in once its transaction is over. Throws what the steps that lead to no session are answered with:
 * AUTHENTICATION_ERROR, or AUTHORIZATION_ERROR where organizations allow other methods only.
 */
export async function arrive(deps: HttpDeps, method: SignInMethod, step: LastStep): Promise<Arrival> {
  deps.metrics.signIns.inc({ method, outcome: step.next === 'session' ? 'success' : 'failure' })
  if (step.next !== 'session') throw refusal(step)
  return greet(deps, step.begun)
}

/** The same for somebody who has just registered. */
export async function greet(deps: HttpDeps, begun: BegunSession): Promise<Arrival> {
  if (!begun.isRenewed) deps.metrics.sessionsCreated.inc()
  const caller = await deps.authenticate(begun.token, false)
  if (!caller) throw unauthenticated() // suspended at this very moment
  return { begun, caller }
}

function refusal(step: Exclude<LastStep, { next: 'session' }>): AppError {
  if (step.next === 'refused') return methodRefused(step.organizations)
  return step.next === 'nothing' ? attemptEnded() : unauthenticated(NOT_ACCEPTED)
}

export const attemptEnded = (): AppError =>
  unauthenticated(
    'This sign-in has ended: it is done, took too long, or had too many wrong answers. Sign in again.',
  )

/** Of a code, or of what a passkey signed; which of them was wrong, and how, is in the audit log. */
export const NOT_ACCEPTED =
  'This was not accepted: it is wrong, too old, or was used already. Try again, with the next code of an app.'
