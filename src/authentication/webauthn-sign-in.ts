import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { record } from '../audit/index.ts'
import {
  type AssertionFailure,
  type AssertionResponse,
  beginAssertion,
  findAttempt,
  secondFactorsOf,
  type VerifiedAssertion,
  verifyAssertion,
} from '../credentials/index.ts'
import type { WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { badRequest } from '../kernel/index.ts'
import { findUser, normalizeEmail } from '../users/index.ts'
import { type Arrival, arrive, attemptEnded } from './arrival.ts'
import type { PresentedCookies } from './begin-session.ts'
import type { AuthenticationDeps } from './deps.ts'
import { acceptWebauthn } from './prove-webauthn.ts'
import { type LastStep, recordEnded, toSession, trySecondFactor } from './sign-in-steps.ts'

/**
 * What the browser is asked to sign: as the second factor of an open sign-in, or, without its token, as a passkey,
 * which needs nothing before it. Throws AUTHENTICATION_ERROR for a token that is not open, BAD_REQUEST for a user who
 * has no such second factor.
 */
export async function beginWebauthnSignIn(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  { mfaToken, email }: { readonly mfaToken: string | undefined; readonly email: string | undefined },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const options = await deps.write(origin, async (ctx) => {
    if (mfaToken !== undefined) return beginSecondFactor(ctx, mfaToken)
    const known = email === undefined ? {} : { email: normalizeEmail(email) }
    return beginAssertion(ctx, { purpose: 'passkey', boundTo: null, ...known })
  })
  if (!options) throw attemptEnded()
  return options
}

async function beginSecondFactor(ctx: WriteCtx, mfaToken: string) {
  const attempt = await findAttempt(ctx, mfaToken)
  if (!attempt) {
    await recordEnded(ctx)
    return undefined
  }
  const { id, userId } = attempt
  const { hasWebauthn } = await secondFactorsOf(ctx, userId)
  if (!hasWebauthn) throw badRequest('There is no passkey or security key to go on with. Send a code.')
  return beginAssertion(ctx, { purpose: 'second_factor', boundTo: id, userId })
}

interface Answer {
  readonly response: AssertionResponse
  readonly cookies: PresentedCookies
}

/**
 * Goes on with a sign-in by what an authenticator has signed. Throws AUTHENTICATION_ERROR for a token that is not open
 * and for whatever is wrong with the answer, which counts as a wrong code does.
 */
export async function signInByWebauthn(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  { mfaToken, response, cookies }: Answer & { readonly mfaToken: string },
): Promise<Arrival> {
  const attempt = await deps.read(origin, (ctx) => findAttempt(ctx, mfaToken))
  if (!attempt) {
    await deps.write(origin, (ctx) => recordEnded(ctx))
    throw attemptEnded()
  }
  const { id, userId, method } = attempt
  const checked = await verifyAssertion(deps, origin, {
    purpose: 'second_factor',
    boundTo: id,
    userId,
    response,
  })
  const step = await deps.write(origin, (ctx) =>
    trySecondFactor(ctx, { attempt, cookies, onFailure: 'webauthn.verify_failed' }, () =>
      acceptWebauthn(ctx, checked),
    ),
  )
  return arrive(deps, method, step)
}

/**
 * Signs in by a passkey, which is two factors by itself. Throws AUTHENTICATION_ERROR, in the same words, for whatever
 * is wrong with the answer and for a suspended user; only the audit event says which.
 */
export async function signInByPasskey(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  input: Answer & { readonly isRemembered: boolean },
): Promise<Arrival> {
  const { response, ...rest } = input
  const checked = await verifyAssertion(deps, origin, { purpose: 'passkey', boundTo: null, response })
  const step = await deps.write(origin, (ctx) => afterPasskey(ctx, checked, rest))
  return arrive(deps, 'passkey', step)
}

async function afterPasskey(
  ctx: WriteCtx,
  checked: VerifiedAssertion | AssertionFailure,
  { isRemembered, cookies }: Pick<Answer, 'cookies'> & { readonly isRemembered: boolean },
): Promise<LastStep> {
  const userId = 'failure' in checked ? checked.userId : checked.credential.userId
  const user = userId === undefined ? undefined : await findUser(ctx, userId)
  const event = {
    outcome: 'failure',
    details: { method: 'passkey' },
    ...(user && { target: { type: 'user', id: user.id } }),
  } as const
  if (user?.status === 'suspended') {
    await record(ctx, { ...event, action: 'user.login_failed', reason: 'suspended' })
    return { next: 'another_try' }
  }
  const proved = await acceptWebauthn(ctx, checked)
  if ('failure' in proved || !user) {
    const failure = 'failure' in proved ? proved.failure : { reason: 'unknown_user' }
    await record(ctx, { ...event, action: 'webauthn.verify_failed', ...failure })
    return { next: 'another_try' }
  }
  return toSession(ctx, { ...proved.assurance, user, method: 'passkey', isRemembered, cookies })
}
