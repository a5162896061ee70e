import { and, eq, gt, inArray } from 'drizzle-orm'
import type { Row, WriteCtx } from '../db/index.ts'
import { addSeconds, HOUR, MINUTE } from '../kernel/index.ts'
import type { Circumstances, MemberKey } from './circumstances.ts'

/** What an organization allows a session at most; undefined: as the instance does. */
export interface SessionLimits {
  readonly maxSeconds: number | undefined
  readonly idleSeconds: number | undefined
}

export const sessionLimitsOf = ({
  sessionMaxHours,
  sessionIdleMinutes,
}: Pick<Row<'securityPolicy'>, 'sessionMaxHours' | 'sessionIdleMinutes'>): SessionLimits => ({
  maxSeconds: sessionMaxHours === null ? undefined : sessionMaxHours * HOUR,
  idleSeconds: sessionIdleMinutes === null ? undefined : sessionIdleMinutes * MINUTE,
})

/** The lower of each limit. */
export const stricterLimits = (a: SessionLimits, b: SessionLimits): SessionLimits => ({
  maxSeconds: lower(a.maxSeconds, b.maxSeconds),
  idleSeconds: lower(a.idleSeconds, b.idleSeconds),
})

const lower = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** Ends sessions that are open already no later than if they had begun under the members' policies. */
export async function shortenSessions(
  ctx: WriteCtx,
  members: readonly Pick<Row<'member'>, 'organizationId' | 'userId' | 'status'>[],
  circumstances: (member: MemberKey) => Circumstances | undefined,
): Promise<void> {
  const limits = new Map<string, SessionLimits>()
  for (const member of members) {
    const policy = circumstances(member)?.policy
    if (!policy || member.status !== 'active') continue
    if (policy.sessionMaxHours === null && policy.sessionIdleMinutes === null) continue
    const own = sessionLimitsOf(policy)
    const known = limits.get(member.userId)
    limits.set(member.userId, known ? stricterLimits(known, own) : own)
  }
  if (limits.size === 0) return

  const { session } = ctx.tx.t
  const open = await ctx.tx
    .select({
      id: session.id,
      userId: session.userId,
      authenticatedAt: session.authenticatedAt,
      expiresAt: session.expiresAt,
      idleSeconds: session.idleSeconds,
    })
    .from(session)
    .where(and(inArray(session.userId, [...limits.keys()]), gt(session.expiresAt, ctx.now)))
  for (const { id, userId, authenticatedAt, expiresAt, idleSeconds } of open) {
    const { maxSeconds, idleSeconds: maxIdle = idleSeconds } = limits.get(userId) ?? {}
    const latest = maxSeconds === undefined ? expiresAt : addSeconds(authenticatedAt, maxSeconds)
    if (expiresAt <= latest && idleSeconds <= maxIdle) continue
    await ctx.tx
      .update(session)
      .set({
        expiresAt: new Date(Math.min(expiresAt.getTime(), latest.getTime())),
        idleSeconds: Math.min(idleSeconds, maxIdle),
      })
      .where(eq(session.id, id))
  }
}
