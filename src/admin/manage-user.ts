import { requireOtherInstanceAdmin } from '../access/index.ts'
import { record } from '../audit/index.ts'
import { createMailProof } from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { revokeSessions } from '../sessions/index.ts'
import { getUser, updateUser } from '../users/index.ts'
import type { UserChange } from './schema.ts'

/**
 * Changes a user's profile, or makes or unmakes an instance administrator. Throws NOT_FOUND; CONFLICT for the
 * last administrator. Run it in a serializable transaction, as every rule here that spans users.
 */
export async function changeUser(ctx: WriteCtx, userId: string, change: UserChange): Promise<Row<'user'>> {
  const { full_name, locale, is_instance_admin } = change
  const before = await getUser(ctx, userId)
  if (before.isInstanceAdmin && is_instance_admin === false) await requireOtherInstanceAdmin(ctx, userId)
  const after = await updateUser(ctx, userId, {
    fullName: full_name,
    locale,
    isInstanceAdmin: is_instance_admin,
  })
  const target = userTarget(userId)
  const fields = Object.keys(change).filter((field) => field !== 'is_instance_admin')
  if (fields.length > 0) await record(ctx, { action: 'admin.user.update', target, details: { fields } })
  if (after.isInstanceAdmin !== before.isInstanceAdmin) {
    await record(ctx, { action: after.isInstanceAdmin ? 'admin.user.promote' : 'admin.user.demote', target })
  }
  return after
}

/** Ends a user's sessions and returns how many there were; API keys stay. Throws NOT_FOUND. */
export async function revokeSessionsOf(ctx: WriteCtx, userId: string): Promise<number> {
  await getUser(ctx, userId)
  const revoked = await revokeSessions(ctx, { userId })
  await record(ctx, {
    action: 'session.revoke',
    target: userTarget(userId),
    details: { revoked, reason: 'revoked_by_administrator' },
  })
  return revoked
}

/** Mails a user the link to set a new password. Throws NOT_FOUND, and CONFLICT for one who is suspended. */
export async function sendPasswordReset(ctx: WriteCtx, userId: string): Promise<void> {
  const { email, locale, status } = await getUser(ctx, userId)
  if (status === 'suspended') throw conflict('This user is suspended. Unsuspend them first.')
  const token = await createMailProof(ctx, { userId, email, purpose: 'reset_password' })
  await enqueueMail(ctx, { kind: 'reset_password', to: email, locale, token })
  await record(ctx, { action: 'admin.user.password_reset', target: userTarget(userId) })
}

const userTarget = (id: string) => ({ type: 'user', id })
