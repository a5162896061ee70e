import { type AuditAction, record } from '../audit/index.ts'
import {
  endAttempt,
  openAttempt,
  type SecondFactorMethod,
  secondFactorMethods,
  secondFactorsOf,
  takeTry,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { SignInMethod } from '../kernel/index.ts'
import { findUser } from '../users/index.ts'
import { judgeAdmission, type Restriction } from './admission.ts'
import { type Assurance, together } from './assurance.ts'
import { type BegunSession, beginSession, type PresentedCookies } from './begin-session.ts'

/*
 * What a sign-in goes through. Each state is a row, so that a step may reach any instance, before or after a restart:
 *
 *   nothing ── a first factor ──────────▶ session    where no second factor is owed
 *           └─ a first factor ──────────▶ attempt    for five minutes
 *   attempt ── a right second factor ───▶ session    the attempt is spent in the same transaction
 *           ├─ a wrong one ─────────────▶ attempt    the fifth ends it
 *           └─ time, a new password, a reset of factors, suspension ──▶ nothing
 *
 * Before each session stands the admission: it may be refused, or be for enrolling only.
 */

/** The way in: what somebody has proved first, and with what they came. */
export interface FirstProof extends Assurance {
  readonly user: Row<'user'>
  readonly method: SignInMethod
  readonly isRemembered: boolean
  readonly cookies: PresentedCookies
}

export interface Proved {
  readonly method: SecondFactorMethod
  readonly assurance: Assurance
}
export interface FailedProof {
  /** `action`: where the audit log has one of its own for this failure. */
  readonly failure: { readonly action?: AuditAction; readonly reason: string }
}
export type SecondProof = Proved | FailedProof

export type SignInStep =
  | { readonly next: 'session'; readonly begun: BegunSession }
  | {
      readonly next: 'second_factor'
      readonly token: string
      readonly methods: readonly SecondFactorMethod[]
    }
  /** Proved, and yet not let in: the organizations allow other methods only. */
  | { readonly next: 'refused'; readonly organizations: readonly Restriction[] }
  | { readonly next: 'another_try' }
  | { readonly next: 'nothing' }

/** After which nothing more is owed. */
export type LastStep = Exclude<SignInStep, { next: 'second_factor' }>

/** Whoever has a second factor owes it. */
export async function afterFirstFactor(ctx: WriteCtx, proof: FirstProof): Promise<SignInStep> {
  const methods = secondFactorMethods(await secondFactorsOf(ctx, proof.user.id))
  if (methods.length === 0) return toSession(ctx, proof)
  const { user, method, amr, isRemembered } = proof
  const { token, attempt } = await openAttempt(ctx, { userId: user.id, method, amr, isRemembered })
  await record(ctx, {
    action: 'mfa.challenge',
    target: { type: 'user', id: user.id },
    details: { method, methods, attempt: attempt.id },
  })
  return { next: 'second_factor', token, methods }
}

/**
 * Takes one of the attempt's tries, which counts before `prove` looks at what was given: of however many at once five
 * are looked at, and one gets the session. Whatever `prove` throws undoes all of it.
 */
export async function trySecondFactor(
  ctx: WriteCtx,
  input: {
    readonly attempt: Row<'signInAttempt'>
    readonly cookies: PresentedCookies
    readonly onFailure: AuditAction
  },
  prove: (user: Row<'user'>) => Promise<SecondProof>,
): Promise<LastStep> {
  const { attempt, cookies, onFailure } = input
  const { id, userId, method, amr, isRemembered } = attempt
  const taken = await takeTry(ctx, id)
  const user = await findUser(ctx, userId)
  if (!taken || user?.status !== 'active') {
    await recordEnded(ctx, userId)
    return { next: 'nothing' }
  }
  const proved = await prove(user)
  const target = { type: 'user', id: userId }
  if ('failure' in proved) {
    const details = { method, attempt: id }
    await record(ctx, { action: onFailure, ...proved.failure, outcome: 'failure', target, details })
    if (!taken.isLast) return { next: 'another_try' }
    await endAttempt(ctx, id)
    await record(ctx, {
      action: 'mfa.attempt_end',
      reason: 'too_many_failures',
      target,
      details: { attempt: id },
    })
    return { next: 'nothing' }
  }
  await endAttempt(ctx, id)
  const assurance = together({ amr, acr: 'urn:authy2:acr:1fa' }, proved.assurance)
  return toSession(ctx, { user, method, isRemembered, cookies, ...assurance }, proved.method)
}

/** Records that somebody wanted to go on with an attempt that is not open, be it known whose it was. */
export const recordEnded = (ctx: WriteCtx, userId?: string): Promise<void> =>
  record(ctx, {
    action: 'user.login_failed',
    outcome: 'failure',
    reason: 'attempt_ended',
    ...(userId === undefined ? {} : { target: { type: 'user', id: userId } }),
  })

/**
 * What follows when nothing more is owed: a passkey leads here at once, being two factors by itself. A session, unless
 * the user's organizations do not let them in this way.
 */
export async function toSession(
  ctx: WriteCtx,
  proof: FirstProof,
  secondFactor?: SecondFactorMethod,
): Promise<LastStep> {
  const { user, method } = proof
  const target = { type: 'user', id: user.id }
  const details = { method, ...(secondFactor && { second_factor: secondFactor }) }
  const admission = await judgeAdmission(ctx, { userId: user.id, method })
  if (!admission.isAdmitted) {
    const { organizations } = admission
    const reason = 'method_not_allowed'
    await record(ctx, { action: 'user.login_failed', outcome: 'failure', reason, target, details })
    return { next: 'refused', organizations }
  }
  const begun = await beginSession(ctx, { ...proof, ...admission })
  const actor = { kind: 'user', userId: user.id, sessionId: begun.session.id } as const
  await record(ctx, { action: 'user.login', actor, target, details })
  return { next: 'session', begun }
}
