import { and, eq, inArray, lte, or } from 'drizzle-orm'
import { plus, type ReadCtx, type Row, startsWith, type WriteCtx } from '../db/index.ts'
import { addSeconds } from '../kernel/index.ts'

/**
 * How long a claimed message is nobody else's. An attempt is given up well before: what is left is room for
 * clocks that differ.
 */
const LEASE_SECONDS = 60

/** Cheap, and without a write: what an idle worker asks. `handled` are the first words of kinds, at least one. */
export async function isAnythingDue(ctx: ReadCtx, handled: readonly string[]): Promise<boolean> {
  const { outboxMessage: m } = ctx.reader.t
  const rows = await ctx.reader.select({ id: m.id }).from(m).where(isDue(ctx, handled)).limit(1)
  return rows.length > 0
}

/** Takes up to `limit` due messages for one lease, oldest first, and counts the attempt. */
export async function claimDue(
  ctx: WriteCtx,
  { handled, limit }: { handled: readonly string[]; limit: number },
): Promise<readonly Row<'outboxMessage'>[]> {
  const { outboxMessage: m } = ctx.tx.t
  const due = isDue(ctx, handled)
  const oldest = ctx.tx.select({ id: m.id }).from(m).where(due).orderBy(m.nextAttemptAt, m.id).limit(limit)
  const claimed = await ctx.tx
    .update(m)
    .set({
      leaseId: ctx.newId(),
      nextAttemptAt: addSeconds(ctx.now, LEASE_SECONDS),
      attempts: plus(m.attempts, 1),
    })
    // Due is asked again of the row itself: two workers may have chosen the same ones, and the second
    // comes to them after the first has committed.
    .where(and(inArray(m.id, oldest), due))
    .returning()
  return claimed.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Undoes a claim that nothing was done with. */
export async function giveBack(ctx: WriteCtx, message: Row<'outboxMessage'>): Promise<void> {
  const { outboxMessage: m } = ctx.tx.t
  await ctx.tx
    .update(m)
    .set({ leaseId: null, nextAttemptAt: ctx.now, attempts: plus(m.attempts, -1) })
    .where(isHeldAs(ctx, message))
}

/** The row, as long as nobody else has claimed it since. */
export const isHeldAs = ({ tx }: WriteCtx, { id, leaseId }: Row<'outboxMessage'>) =>
  and(eq(tx.t.outboxMessage.id, id), eq(tx.t.outboxMessage.leaseId, leaseId ?? ''))

function isDue({ reader, now }: ReadCtx, handled: readonly string[]) {
  const { outboxMessage: m } = reader.t
  return and(
    eq(m.status, 'pending'),
    lte(m.nextAttemptAt, now),
    or(...handled.map((word) => startsWith(m.kind, `${word}.`))),
  )
}
