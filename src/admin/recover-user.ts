import { record } from '../audit/index.ts'
import { createRecoveryLink, type RecoveryLink, resetSecondFactors } from '../authentication/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import { getUser } from '../users/index.ts'
import type { MfaReset } from './schema.ts'
import { refuseSelf } from './shut-out.ts'

/*
 * Neither is for oneself. Somebody who is signed in changes their own password and factors under their profile, which
 * asks for the password before and for what policies need. Here a stolen session would get around both, and make of a
 * few minutes the whole account.
 */

/** Removes all second factors of somebody else, see `resetSecondFactors`. Throws NOT_FOUND. Serializable. */
export async function resetMfa(ctx: WriteCtx, userId: string): Promise<MfaReset> {
  refuseSelf(ctx, userId)
  const user = await getUser(ctx, userId)
  const { hadTotp, passkeys, sessions, isNothing } = await resetSecondFactors(ctx, user)
  const reset = { had_totp: hadTotp, passkeys, sessions_revoked: sessions }
  const target = { type: 'user', id: userId }
  if (!isNothing) await record(ctx, { action: 'admin.user.mfa_reset', target, details: reset })
  return reset
}

/** Makes a recovery link for somebody else. Throws NOT_FOUND, and CONFLICT for one who is suspended. */
export async function makeRecoveryLink(ctx: WriteCtx, userId: string): Promise<RecoveryLink> {
  refuseSelf(ctx, userId)
  const user = await getUser(ctx, userId)
  if (user.status === 'suspended') throw conflict('This user is suspended. Unsuspend them first.')
  const link = await createRecoveryLink(ctx, user)
  await record(ctx, { action: 'admin.user.recovery_link', target: { type: 'user', id: userId } })
  return link
}
