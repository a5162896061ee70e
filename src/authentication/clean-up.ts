import { lte } from 'drizzle-orm'
import { deleteBatch, type WriteCtx } from '../db/index.ts'

/** Deletes up to `limit` sign-ins whose second factor never came, and returns how many. */
export function removeExpiredAttempts(ctx: WriteCtx, limit: number): Promise<number> {
  const { signInAttempt } = ctx.tx.t
  return deleteBatch(ctx.tx, signInAttempt, {
    key: [signInAttempt.id],
    where: lte(signInAttempt.expiresAt, ctx.now),
    oldestBy: signInAttempt.expiresAt,
    limit,
  })
}
