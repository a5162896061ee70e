import { and, eq, type SQL } from 'drizzle-orm'
import { plus, type Row, type WriteCtx } from '../db/index.ts'
import { type Circumstances, circumstancesOf, type MemberKey } from './circumstances.ts'
import { judge, type Verdict } from './judge.ts'
import { shortenSessions } from './session-limits.ts'
import { settle } from './settle.ts'

export interface Counts {
  readonly judged: number
  readonly changed: number
  readonly reminded: number
}

/**
 * Judges every membership of a user again, in the caller's transaction. Call it after whatever changes what the
 * user has: a factor enrolled, removed or reset, a suspension, its end.
 */
export async function evaluateUser(ctx: WriteCtx, userId: string): Promise<void> {
  await judgeMembers(ctx, eq(ctx.tx.t.member.userId, userId))
}

/** The same for one membership, if there is one. */
export function evaluateMember(ctx: WriteCtx, { organizationId, userId }: MemberKey): Promise<Counts> {
  const { member } = ctx.tx.t
  return judgeMembers(ctx, and(eq(member.organizationId, organizationId), eq(member.userId, userId)))
}

/** Judges the members that `which` names: a bounded number, for it is one transaction. */
export async function judgeMembers(ctx: WriteCtx, which: SQL | undefined): Promise<Counts> {
  const members = await lockMembers(ctx, which)
  const circumstances = await circumstancesOf(ctx, members)
  const counts = { judged: 0, changed: 0, reminded: 0 }
  for (const member of members) {
    const found = circumstances(member)
    if (!found) continue // gone at this moment
    const verdict = judgeMember(ctx, member, found)
    const { isChanged, isReminded } = await settle(ctx, member, { verdict, circumstances: found })
    counts.judged++
    if (isChanged) counts.changed++
    if (isReminded) counts.reminded++
  }
  await shortenSessions(ctx, members, circumstances)
  return counts
}

/**
 * A write that changes nothing. On PostgreSQL whoever else judges the same member waits for this transaction and
 * then sees what it did: a verdict from older facts never comes last.
 */
function lockMembers(ctx: WriteCtx, which: SQL | undefined): Promise<Row<'member'>[]> {
  const { member } = ctx.tx.t
  return ctx.tx
    .update(member)
    .set({ mfaPolicyVersion: plus(member.mfaPolicyVersion, 0) })
    .where(which)
    .returning()
}

const judgeMember = (
  { now }: Pick<WriteCtx, 'now'>,
  member: Pick<Row<'member'>, 'status' | 'joinedAt'>,
  { user, policy, override, factors }: Circumstances,
): Verdict =>
  judge({
    now,
    isSuspended: member.status === 'suspended' || user.status === 'suspended',
    joinedAt: member.joinedAt,
    policy,
    override,
    factors,
  })
