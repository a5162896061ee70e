import {
  findAttempt,
  type SecondFactorMethod,
  secondFactorMethods,
  secondFactorsOf,
} from '../credentials/index.ts'
import type { ReadCtx, Row } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { isKnownDevice } from '../sessions/index.ts'
import { findUser } from '../users/index.ts'
import { type Arrival, arrive, attemptEnded } from './arrival.ts'
import { BY_CODE } from './assurance.ts'
import type { PresentedCookies } from './begin-session.ts'
import type { AuthenticationDeps } from './deps.ts'
import { codeMethodOf, proveCode } from './prove-code.ts'
import { recordEnded, type SecondProof, trySecondFactor } from './sign-in-steps.ts'

/**
 * Goes on with a sign-in by a code of the authenticator app, or a backup code. Throws AUTHENTICATION_ERROR for a token
 * that is not open and for a wrong code, of which the fifth ends the attempt; RATE_LIMIT_EXCEEDED for guessing.
 */
export async function signInByCode(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  input: { readonly mfaToken: string; readonly code: string; readonly cookies: PresentedCookies },
): Promise<Arrival> {
  const { code, cookies } = input
  const open = await deps.read(origin, async (ctx) => {
    const attempt = await findAttempt(ctx, input.mfaToken)
    if (!attempt) return undefined
    const device = { userId: attempt.userId, token: cookies.device }
    return { attempt, isKnown: await isKnownDevice(ctx, device) }
  })
  if (!open) {
    await deps.write(origin, (ctx) => recordEnded(ctx))
    throw attemptEnded()
  }
  const { attempt, isKnown } = open
  await deps.rateLimits.spend('totpVerify', codeGuessKey({ userId: attempt.userId, isKnown }))
  const method = codeMethodOf(code)
  const step = await deps.write(origin, (ctx) =>
    trySecondFactor(
      ctx,
      { attempt, cookies, onFailure: 'totp.verify_failed' },
      async (user): Promise<SecondProof> => {
        const isRight = await proveCode(ctx, { user, isKnownDevice: isKnown, method, code })
        if (isRight) return { method, assurance: BY_CODE }
        return { failure: { reason: `wrong_${method}` } }
      },
    ),
  )
  return arrive(deps, attempt.method, step)
}

/** A sign-in that waits for its second factor. */
export interface WaitingSignIn {
  readonly user: Row<'user'>
  /** The best first. */
  readonly methods: readonly SecondFactorMethod[]
}

/** Who goes on by this token, and how they can; undefined for a sign-in that is over. */
export async function findWaitingSignIn(ctx: ReadCtx, mfaToken: string): Promise<WaitingSignIn | undefined> {
  const attempt = await findAttempt(ctx, mfaToken)
  const user = attempt && (await findUser(ctx, attempt.userId))
  if (!user) return undefined
  return { user, methods: secondFactorMethods(await secondFactorsOf(ctx, user.id)) }
}

/** What codes for one user are counted under; see `takeGuess` for why known devices are counted apart. */
export const codeGuessKey = ({ userId, isKnown }: { userId: string; isKnown: boolean }): string =>
  `user:${userId}${isKnown ? ':known_device' : ''}`
