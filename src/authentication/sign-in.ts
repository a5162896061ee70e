import { record } from '../audit/index.ts'
import { confirmPassword, findUserWithPassword } from '../credentials/index.ts'
import type { Row } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { unauthenticated } from '../kernel/index.ts'
import { isKnownDevice } from '../sessions/index.ts'
import { findUser, type NormalizedEmail, normalizeEmail } from '../users/index.ts'
import { BY_PASSWORD } from './assurance.ts'
import type { PresentedCookies } from './begin-session.ts'
import { type AuthenticationDeps, accountKey } from './deps.ts'
import { afterFirstFactor, type SignInStep } from './sign-in-steps.ts'
import { createSlowDown } from './slow-down.ts'

export interface SignInInput {
  readonly email: string
  readonly password: string
  readonly isRemembered: boolean
  readonly cookies: PresentedCookies
}

type Failure = 'unknown_email' | 'no_password' | 'wrong_password' | 'suspended' | 'changed_meanwhile'

interface Candidate {
  /** Undefined where nobody has the address; then everything below is done all the same. */
  readonly user: Row<'user'> | undefined
  readonly hash: string | undefined
  readonly isKnownDevice: boolean
}

/** Stands for the user who does not exist where a query needs one. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/**
 * Makes the sign-in by password, which leads to a session or to a second factor. Throws AUTHENTICATION_ERROR, in the same words and after the same work, for an
 * address that nobody has, a wrong password, a user without one and a suspended user; only the audit event says
 * which. Throws RATE_LIMIT_EXCEEDED where an address is being guessed at.
 */
export function createPasswordSignIn(
  deps: AuthenticationDeps,
): (origin: RequestOrigin, input: SignInInput) => Promise<SignInStep> {
  const slowDown = createSlowDown(deps)

  return async (origin, input) => {
    const email = normalizeEmail(input.email)
    const candidate = await findCandidate(origin, email, input.cookies)
    await limitAttempts(email, candidate)
    const checked = await verifyPassword(candidate, input.password)
    const outcome = 'failure' in checked ? checked.failure : await begin(origin, input, checked)
    if (typeof outcome !== 'string') return outcome
    await recordFailure(origin, candidate, outcome)
    await slowDown.countFailure(accountKey(email))
    deps.metrics.signIns.inc({ method: 'password', outcome: 'failure' })
    throw unauthenticated('The e-mail address or the password is wrong.')
  }

  function findCandidate(origin: RequestOrigin, email: NormalizedEmail, cookies: PresentedCookies) {
    return deps.read(origin, async (ctx): Promise<Candidate> => {
      const found = await findUserWithPassword(ctx, email)
      const device = { userId: found?.user.id ?? NOBODY, token: cookies.device }
      return { user: found?.user, hash: found?.hash, isKnownDevice: await isKnownDevice(ctx, device) }
    })
  }

  /** Known devices have a count of their own, so that whoever uses up the strangers' does not lock the owner out. */
  async function limitAttempts(email: NormalizedEmail, candidate: Candidate): Promise<void> {
    const key = accountKey(email)
    await deps.rateLimits.spend('login', candidate.isKnownDevice ? `${key}:known_device` : key)
    if (!candidate.isKnownDevice && deps.config.rateLimits.enabled) await slowDown.check(key)
  }

  async function verifyPassword({ user, hash }: Candidate, password: string): Promise<Checked> {
    if (!user || hash === undefined) {
      await deps.hasher.verifyDummy(password)
      return { failure: user ? 'no_password' : 'unknown_email' }
    }
    const { valid, needsRehash } = await deps.hasher.verify(password, hash)
    if (!valid) return { failure: 'wrong_password' }
    if (user.status !== 'active') return { failure: 'suspended' }
    return { user, hash, upgraded: needsRehash ? await deps.hasher.hash(password) : undefined }
  }

  function begin(origin: RequestOrigin, input: SignInInput, checked: Verified) {
    const { user, hash, upgraded } = checked
    return deps.write(origin, async (ctx): Promise<SignInStep | Failure> => {
      if (!(await confirmPassword(ctx, { userId: user.id, verified: hash, upgraded })))
        return 'changed_meanwhile'
      const present = await findUser(ctx, user.id)
      if (present?.status !== 'active') return 'suspended'
      const { isRemembered, cookies } = input
      return afterFirstFactor(ctx, {
        ...BY_PASSWORD,
        user: present,
        method: 'password',
        isRemembered,
        cookies,
      })
    })
  }

  function recordFailure(origin: RequestOrigin, { user }: Candidate, reason: Failure): Promise<void> {
    const target = user && { type: 'user', id: user.id }
    return deps.write(origin, (ctx) =>
      record(ctx, {
        action: 'user.login_failed',
        outcome: 'failure',
        reason,
        ...(target ? { target } : {}),
        details: { method: 'password' },
      }),
    )
  }
}

interface Verified {
  readonly user: Row<'user'>
  readonly hash: string
  readonly upgraded: string | undefined
}
type Checked = Verified | { readonly failure: Failure }
