import { record } from '../audit/index.ts'
import {
  confirmPassword,
  findPasswordHash,
  refuseWeakPassword,
  revokeMailProofs,
  setPassword,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { type Caller, type RequestOrigin, requireStepUp } from '../http/index.ts'
import { conflict, unauthenticated, validationError } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { effectivePolicy } from '../policies/index.ts'
import { deviceName, endUserTokens, revokeSessions, rotateSession } from '../sessions/index.ts'
import type { ProfileDeps } from './deps.ts'
import { verifyOwnPassword } from './own-password.ts'
import type { PasswordChange } from './schema.ts'

export interface ChangedPassword {
  readonly session: Row<'session'>
  readonly token: string
  readonly sessionsRevoked: number
}

/**
 * Replaces the caller's password, or gives them their first one after a recent sign-in. The session gets another
 * token; the others and all tokens of applications end unless that is declined. API keys stay: they do not depend on
 * the password. Throws as `verifyOwnPassword`; VALIDATION_ERROR for a weak password; CONFLICT when it was changed at
 * the same moment.
 */
export async function changePassword(
  deps: ProfileDeps,
  origin: RequestOrigin,
  { caller, change }: { caller: Caller; change: PasswordChange },
): Promise<ChangedPassword> {
  const { user, memberships } = caller
  const verified = await verifyPresent(deps, origin, caller, change.current_password)
  const { password: rules } = await deps.read(origin, (ctx) => effectivePolicy(ctx, user.id))
  await refuseWeakPassword(deps, change.new_password, {
    ...rules,
    email: user.email,
    organizationNames: memberships.flatMap(({ name, slug }) => [name, slug]),
    field: 'new_password',
  })
  const hash = await deps.hasher.hash(change.new_password)
  return deps.write(origin, (ctx) => replacePassword(ctx, caller, { verified, hash, change }))
}

/** The hash of the password that the caller has and has proved to know; undefined for one who has none. */
async function verifyPresent(
  deps: ProfileDeps,
  origin: RequestOrigin,
  caller: Caller,
  password: string | undefined,
): Promise<string | undefined> {
  if (password !== undefined) {
    const input = { caller, password, field: 'current_password', action: 'user.password_change' } as const
    return verifyOwnPassword(deps, origin, input)
  }
  const hash = await deps.read(origin, (ctx) => findPasswordHash(ctx, caller.user.id))
  if (hash !== undefined) throw validationError({ current_password: ['is required'] })
  await requireStepUp(deps, caller)
  return undefined
}

async function replacePassword(
  ctx: WriteCtx,
  { user, credential }: Caller,
  input: { verified: string | undefined; hash: string; change: PasswordChange },
): Promise<ChangedPassword> {
  const { id: userId } = user
  const isAsVerified =
    input.verified === undefined
      ? (await findPasswordHash(ctx, userId)) === undefined
      : await confirmPassword(ctx, { userId, verified: input.verified })
  if (!isAsVerified) throw conflict('The password was changed at the same moment. Try again.')
  await setPassword(ctx, { userId, hash: input.hash }) // before the sessions: see confirmPassword

  const rotated =
    credential.kind === 'session' && (await rotateSession(ctx, { userId, id: credential.session.id }))
  if (!rotated) throw unauthenticated()
  const isRest = input.change.revoke_other_sessions ?? true
  const sessionsRevoked = isRest ? await revokeSessions(ctx, { userId, exceptId: rotated.session.id }) : 0
  if (isRest) await endUserTokens(ctx, userId)
  // Nor may a link count that was asked for by somebody who knew the password before.
  await revokeMailProofs(ctx, { userId, purpose: 'reset_password' })
  await revokeMailProofs(ctx, { userId, purpose: 'change_email' })
  await enqueueMail(ctx, {
    kind: 'password_changed',
    to: user.email,
    locale: user.locale,
    at: ctx.now.toISOString(),
    deviceName: deviceName(ctx.request?.userAgent),
    address: ctx.request?.address ?? null,
  })
  await record(ctx, {
    action: 'user.password_change',
    target: { type: 'user', id: userId },
    details: { sessions_revoked: sessionsRevoked },
  })
  return { ...rotated, sessionsRevoked }
}
