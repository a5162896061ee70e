import { and, eq } from 'drizzle-orm'
import { deleteUserEntirely, endUserAccess, requireOtherInstanceAdmin } from '../access/index.ts'
import { record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { conflict, forbidden } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { evaluateUser } from '../policies/index.ts'
import { getUser } from '../users/index.ts'
import type { Suspension } from './schema.ts'

/**
 * Shuts a user out, everywhere, from their next request on, and tells them by mail. Throws NOT_FOUND; CONFLICT
 * for one who is suspended already and for the last instance administrator. Serializable.
 */
export async function suspendUser(
  ctx: WriteCtx,
  userId: string,
  { reason }: Suspension,
): Promise<Row<'user'>> {
  refuseSelf(ctx, userId)
  const known = await getUser(ctx, userId)
  if (known.isInstanceAdmin) await requireOtherInstanceAdmin(ctx, userId)
  const user = await changeStatus(ctx, userId, 'suspended')
  await endUserAccess(ctx, { userId, reason: 'suspended' })
  await evaluateUser(ctx, userId)
  await enqueueMail(ctx, { kind: 'suspended', to: user.email, locale: user.locale })
  await record(ctx, {
    action: 'user.suspend',
    target: userTarget(userId),
    ...(reason === undefined ? {} : { details: { reason } }),
  })
  return user
}

/**
 * Lets a user sign in again. Nothing that they held before comes back: what was given out at the very moment of
 * the suspension, and so was missed by it, ends here. Throws NOT_FOUND, and CONFLICT for one who is active.
 */
export async function unsuspendUser(ctx: WriteCtx, userId: string): Promise<Row<'user'>> {
  await getUser(ctx, userId)
  const user = await changeStatus(ctx, userId, 'active')
  await endUserAccess(ctx, { userId, reason: 'suspended' })
  await evaluateUser(ctx, userId)
  await record(ctx, { action: 'user.unsuspend', target: userTarget(userId) })
  return user
}

/** Deletes somebody else with all of their data: see `deleteUserEntirely`. Serializable. */
export async function deleteOtherUser(ctx: WriteCtx, userId: string): Promise<void> {
  refuseSelf(ctx, userId)
  await deleteUserEntirely(ctx, userId)
}

/** Of concurrent callers one changes it; the others get CONFLICT. */
async function changeStatus(
  ctx: WriteCtx,
  userId: string,
  status: Row<'user'>['status'],
): Promise<Row<'user'>> {
  const { user } = ctx.tx.t
  const [row] = await ctx.tx
    .update(user)
    .set({ status, updatedAt: ctx.now })
    .where(and(eq(user.id, userId), eq(user.status, status === 'active' ? 'suspended' : 'active')))
    .returning()
  if (!row) throw conflict(`This user is ${status} already.`)
  return row
}

/** Shutting oneself out is a slip, not a wish; leaving for good is under one's own profile. */
export function refuseSelf({ actor }: WriteCtx, userId: string): void {
  if ('userId' in actor && actor.userId === userId) {
    throw forbidden('Not yourself: ask another instance administrator.')
  }
}

const userTarget = (id: string) => ({ type: 'user', id })
