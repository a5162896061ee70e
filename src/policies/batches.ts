import { and, eq, exists, inArray, lt, lte, type SQL } from 'drizzle-orm'
import type { UnitsOfWork, WriteCtx } from '../db/index.ts'
import { type Log, SYSTEM } from '../kernel/index.ts'
import { type Counts, judgeMembers } from './evaluate.ts'

export interface EvaluationDeps extends UnitsOfWork {
  readonly log: Log
}

/** Ends the work between two batches. */
export interface Stop {
  readonly signal?: AbortSignal | undefined
}

/** Members that are judged in one transaction: others may write in between. */
const BATCH = 200

/**
 * Judges all members of an organization that were judged by an older version of its policy. Each batch is a
 * transaction, and those judged are done: whoever begins again goes on where it ended.
 */
export async function evaluateOrganization(
  deps: EvaluationDeps,
  organizationId: string,
  stop: Stop = {},
): Promise<Counts> {
  return inBatches(deps, stop, async (ctx) => {
    const { member, securityPolicy } = ctx.tx.t
    const [policy] = await ctx.tx
      .select({ version: securityPolicy.version })
      .from(securityPolicy)
      .where(eq(securityPolicy.organizationId, organizationId))
    const isOutdated = and(
      eq(member.organizationId, organizationId),
      lt(member.mfaPolicyVersion, policy?.version ?? 0),
    )
    return judgeBatch(ctx, isOutdated)
  })
}

/**
 * What time alone has changed: reminders, deadlines, ends of exemptions; and members whose organization's policy
 * was changed without anybody having judged them since. For a job, every ten minutes.
 */
export async function evaluateDue(deps: EvaluationDeps, stop: Stop = {}): Promise<Counts> {
  let counts = await inBatches(deps, stop, (ctx) => judgeBatch(ctx, lte(ctx.tx.t.member.mfaDueAt, ctx.now)))
  for (const organizationId of await outdatedOrganizations(deps)) {
    counts = sum(counts, await evaluateOrganization(deps, organizationId, stop))
  }
  return counts
}

async function inBatches(
  deps: EvaluationDeps,
  { signal }: Stop,
  judgeNext: (ctx: WriteCtx) => Promise<Counts>,
): Promise<Counts> {
  let counts: Counts = { judged: 0, changed: 0, reminded: 0 }
  for (;;) {
    signal?.throwIfAborted()
    const batch = await deps.write({ actor: SYSTEM, log: deps.log }, judgeNext)
    if (batch.judged === 0) return counts
    counts = sum(counts, batch)
  }
}

const sum = (a: Counts, b: Counts): Counts => ({
  judged: a.judged + b.judged,
  changed: a.changed + b.changed,
  reminded: a.reminded + b.reminded,
})

/** Judges up to a batch of those whom a condition names. Judged, they meet it no longer. */
async function judgeBatch(ctx: WriteCtx, condition: SQL | undefined): Promise<Counts> {
  const { member } = ctx.tx.t
  const next = await ctx.tx.select({ userId: member.userId }).from(member).where(condition).limit(BATCH)
  const userIds = next.map(({ userId }) => userId)
  return judgeMembers(ctx, and(condition, inArray(member.userId, userIds)))
}

async function outdatedOrganizations(deps: EvaluationDeps): Promise<string[]> {
  const rows = await deps.read({ actor: SYSTEM, log: deps.log }, async ({ reader }) => {
    const { member, securityPolicy } = reader.t
    const outdated = reader
      .select({ userId: member.userId })
      .from(member)
      .where(
        and(
          eq(member.organizationId, securityPolicy.organizationId),
          lt(member.mfaPolicyVersion, securityPolicy.version),
        ),
      )
    return reader
      .select({ organizationId: securityPolicy.organizationId })
      .from(securityPolicy)
      .where(exists(outdated))
  })
  return rows.map(({ organizationId }) => organizationId)
}
