import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import { getUser } from '../users/index.ts'
import { getMember } from './member-list.ts'

/**
 * Makes another active member the owner; who was becomes an admin. Both or neither: there is exactly one
 * owner before and after. Of concurrent transfers one wins. Throws NOT_FOUND, and CONFLICT when the caller is
 * no longer the owner or the other cannot become it.
 */
export async function transferOwnership(
  ctx: WriteCtx,
  { organizationId, fromUserId, toUserId }: { organizationId: string; fromUserId: string; toUserId: string },
): Promise<void> {
  const heir = await getMember(ctx, { organizationId, userId: toUserId })
  if (heir.userId === fromUserId) throw conflict('You own this organization already.')
  const { status } = await getUser(ctx, toUserId)
  if (status !== 'active') throw notActive()

  const { member } = ctx.tx.t
  const demoted = await ctx.tx
    .update(member)
    .set({ role: 'admin' })
    .where(
      and(eq(member.organizationId, organizationId), eq(member.userId, fromUserId), eq(member.role, 'owner')),
    )
    .returning({ userId: member.userId })
  if (demoted.length === 0) throw conflict('You do not own this organization any more.')
  const promoted = await ctx.tx
    .update(member)
    .set({ role: 'owner' })
    .where(
      and(
        eq(member.organizationId, organizationId),
        eq(member.userId, toUserId),
        eq(member.status, 'active'),
      ),
    )
    .returning({ userId: member.userId })
  if (promoted.length === 0) throw notActive() // suspended or gone: the demotion is undone with the rest

  const target = { type: 'user', id: toUserId }
  const details = { from: fromUserId, to: toUserId }
  await record(ctx, { action: 'org.ownership.transfer', organizationId, target, details })
}

const notActive = () => conflict('Only an active member can become the owner.')
