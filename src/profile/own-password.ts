import { type AuditAction, record } from '../audit/index.ts'
import { findPasswordHash } from '../credentials/index.ts'
import type { Caller, RequestOrigin } from '../http/index.ts'
import { unauthenticated, validationError } from '../kernel/index.ts'
import type { ProfileDeps } from './deps.ts'

/**
 * Checks that whoever calls knows the user's password, and returns the hash that it matched. Throws
 * AUTHENTICATION_ERROR for a wrong one, which is recorded as a failed `action`; RATE_LIMIT_EXCEEDED for guessing:
 * a stolen session must not become a way to the password; VALIDATION_ERROR for a user without a password.
 */
export async function verifyOwnPassword(
  deps: ProfileDeps,
  origin: RequestOrigin,
  input: {
    readonly caller: Caller
    readonly password: string
    readonly field: 'password' | 'current_password'
    readonly action: AuditAction
  },
): Promise<string> {
  const { id: userId } = input.caller.user
  await deps.rateLimits.spend('login', `own_password:${userId}`)
  const hash = await deps.read(origin, (ctx) => findPasswordHash(ctx, userId))
  if (hash === undefined) throw validationError({ [input.field]: ['You have no password.'] })
  const { valid } = await deps.hasher.verify(input.password, hash)
  if (valid) return hash
  await deps.write(origin, (ctx) =>
    record(ctx, {
      action: input.action,
      outcome: 'failure',
      reason: 'wrong_password',
      target: { type: 'user', id: userId },
    }),
  )
  throw unauthenticated('The password is wrong.')
}
