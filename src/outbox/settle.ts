import { eq } from 'drizzle-orm'
import type { Row, WriteCtx } from '../db/index.ts'
import { isHeldAs } from './claim.ts'
import { describeFailure, PermanentFailure } from './failure.ts'
import { nextAttempt } from './retry.ts'

/** What is delivered is gone: also from a worker that has claimed it since, since nobody needs it any more. */
export async function settleDelivered(ctx: WriteCtx, { id }: Row<'outboxMessage'>): Promise<'delivered'> {
  await ctx.tx.delete(ctx.tx.t.outboxMessage).where(eq(ctx.tx.t.outboxMessage.id, id))
  return 'delivered'
}

/** Schedules the next attempt, or makes it a dead letter. Without effect when the lease was lost meanwhile. */
export async function settleFailed(
  ctx: WriteCtx,
  message: Row<'outboxMessage'>,
  error: unknown,
): Promise<'retry' | 'dead'> {
  const { outboxMessage: m } = ctx.tx.t
  const next =
    error instanceof PermanentFailure ? undefined : nextAttempt(message.attempts, ctx.now, ctx.random)
  await ctx.tx
    .update(m)
    .set({
      status: next ? 'pending' : 'dead',
      nextAttemptAt: next ?? ctx.now,
      leaseId: null,
      lastError: describeFailure(error),
    })
    .where(isHeldAs(ctx, message))
  return next ? 'retry' : 'dead'
}
