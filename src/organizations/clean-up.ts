import { lte } from 'drizzle-orm'
import { deleteBatch, type WriteCtx } from '../db/index.ts'
import { addSeconds, DAY } from '../kernel/index.ts'

/** For so long an invite that nobody has accepted can be sent again. */
const INVITE_KEPT_SECONDS = 30 * DAY

/** Deletes up to `limit` invites that expired 30 days ago, and returns how many. */
export function removeExpiredInvites(ctx: WriteCtx, limit: number): Promise<number> {
  const { invite } = ctx.tx.t
  return deleteBatch(ctx.tx, invite, {
    key: [invite.id],
    where: lte(invite.expiresAt, addSeconds(ctx.now, -INVITE_KEPT_SECONDS)),
    oldestBy: invite.expiresAt,
    limit,
  })
}
