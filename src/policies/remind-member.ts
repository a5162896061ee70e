import { and, eq, isNull, lte, or } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'
import { addSeconds, conflict, HOUR, notFound, secondsUntil, tooManyRequests } from '../kernel/index.ts'
import { circumstancesOf, type MemberKey } from './circumstances.ts'
import { evaluateMember } from './evaluate.ts'
import { sendReminder } from './reminder.ts'

/**
 * Reminds a member because an administrator wants it. Throws NOT_FOUND; CONFLICT when nothing is missing;
 * RATE_LIMIT_EXCEEDED when they were reminded within the last hour, by whomever.
 */
export async function remindMember(ctx: WriteCtx, key: MemberKey): Promise<void> {
  const { judged, reminded } = await evaluateMember(ctx, key)
  if (judged === 0) throw notFound('Member')
  if (reminded > 0) return // one had just come due
  const { member } = ctx.tx.t
  const isMember = and(eq(member.organizationId, key.organizationId), eq(member.userId, key.userId))
  const hourAgo = addSeconds(ctx.now, -HOUR)
  const [before] = await ctx.tx.select().from(member).where(isMember)
  const circumstances = (await circumstancesOf(ctx, [key]))(key)
  if (!before || !circumstances) throw notFound('Member')
  const { mfaDeadlineAt: deadlineAt, mfaMissing: missing } = before
  if (deadlineAt === null) throw conflict('Nothing is missing: there is nothing to remind this member of.')
  const claimed = await ctx.tx
    .update(member)
    .set({ mfaRemindedAt: ctx.now })
    .where(and(isMember, or(isNull(member.mfaRemindedAt), lte(member.mfaRemindedAt, hourAgo))))
    .returning({ userId: member.userId })
  if (claimed.length === 0) throw tooSoon(before.mfaRemindedAt ?? ctx.now, ctx.now)
  await sendReminder(ctx, key, { circumstances, deadlineAt, missing })
}

const tooSoon = (remindedAt: Date, now: Date) =>
  tooManyRequests(Math.max(1, secondsUntil(now, addSeconds(remindedAt, HOUR))), {
    message: 'This member was reminded within the last hour.',
  })
