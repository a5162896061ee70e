import { and, eq, inArray, isNull, lte, type SQL } from 'drizzle-orm'
import { plus, type ReadCtx, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds } from '../kernel/index.ts'
import { describeFailure } from '../outbox/index.ts'
import type { Job } from './job.ts'
import { nextAttempt, nextRun } from './schedule.ts'

/** A run that this process has claimed. It counts for as long as the row carries its id. */
export interface Lease {
  readonly id: string
  readonly job: Job
  readonly startedAt: Date
  /** Failures in a row before this run. */
  readonly failures: number
}

/** The rows of these jobs; rows of jobs that this version does not know are nobody's business. */
export function findJobRows({ reader }: ReadCtx, jobs: readonly Job[]): Promise<Row<'job'>[]> {
  const { job } = reader.t
  const names = jobs.map(({ name }) => name)
  return reader.select().from(job).where(inArray(job.name, names))
}

/** Gives every job that is new its row, due when its schedule says so. */
export async function addNewJobs(ctx: WriteCtx, jobs: readonly Job[]): Promise<void> {
  const rows = jobs.map(({ name, schedule }) => ({
    name,
    nextRunAt: nextRun(schedule, ctx.now),
    failures: 0,
  }))
  await ctx.tx.insert(ctx.tx.t.job).values(rows).onConflictDoNothing()
}

/** Whether it may be claimed: its time has come, or whoever ran it did not live to finish it. */
export const isClaimable = ({ leasedUntil, nextRunAt }: Row<'job'>, now: Date): boolean =>
  (leasedUntil ?? nextRunAt) <= now

/**
 * Takes a job that was found claimable, with its next time already planned: of concurrent callers exactly one gets
 * the lease. A run whose lease ran out counts as a failed one.
 */
export async function claimJob(
  ctx: WriteCtx,
  job: Job,
  { found, leaseSeconds }: { found: Row<'job'>; leaseSeconds: number },
): Promise<Lease | undefined> {
  const { job: j } = ctx.tx.t
  const isStill =
    found.leaseId === null
      ? and(isNull(j.leaseId), lte(j.nextRunAt, ctx.now))
      : and(eq(j.leaseId, found.leaseId), lte(j.leasedUntil, ctx.now))
  const abandoned = {
    lastOutcome: 'failure' as const,
    lastError: 'The process that ran it ended before it was done.',
    failures: plus(j.failures, 1),
  }
  const [claimed] = await ctx.tx
    .update(j)
    .set({
      leaseId: ctx.newId(),
      leasedUntil: addSeconds(ctx.now, leaseSeconds),
      nextRunAt: nextRun(job.schedule, ctx.now),
      lastStartedAt: ctx.now,
      ...(found.leaseId !== null && abandoned),
    })
    .where(and(eq(j.name, job.name), isStill))
    .returning({ id: j.leaseId, failures: j.failures })
  return claimed?.id ? { id: claimed.id, job, startedAt: ctx.now, failures: claimed.failures } : undefined
}

/** Extends a lease, and with it the right to write in this transaction; false once somebody else has the job. */
export const renewLease = (ctx: WriteCtx, lease: Lease, leaseSeconds: number): Promise<boolean> =>
  change(ctx, lease, { leasedUntil: addSeconds(ctx.now, leaseSeconds) })

/** Gives up a run that was cut off: whoever looks next begins it again. */
export const handOver = (ctx: WriteCtx, lease: Lease): Promise<boolean> =>
  change(ctx, lease, { ...UNLEASED, nextRunAt: ctx.now })

/** Notes what a run has done. False, and nothing is noted, when the lease was lost. */
export const noteSuccess = (
  ctx: WriteCtx,
  lease: Lease,
  summary: Readonly<Record<string, number>>,
): Promise<boolean> =>
  change(ctx, lease, {
    ...UNLEASED,
    lastFinishedAt: ctx.now,
    lastOutcome: 'success',
    lastError: null,
    lastSummary: summary,
    failures: 0,
  })

/** Notes why a run failed, and plans another one soon. False, and nothing is noted, when the lease was lost. */
export const noteFailure = (ctx: WriteCtx, lease: Lease, error: unknown): Promise<boolean> =>
  change(ctx, lease, {
    ...UNLEASED,
    nextRunAt: nextAttempt(lease.job.schedule, ctx.now, lease.failures + 1),
    lastFinishedAt: ctx.now,
    lastOutcome: 'failure',
    lastError: describeFailure(error),
    failures: lease.failures + 1,
  })

const UNLEASED = { leaseId: null, leasedUntil: null }

async function change({ tx }: WriteCtx, { id, job }: Lease, values: Partial<Row<'job'>>): Promise<boolean> {
  const { job: j } = tx.t
  const isHeld: SQL | undefined = and(eq(j.name, job.name), eq(j.leaseId, id))
  const changed = await tx.update(j).set(values).where(isHeld).returning({ name: j.name })
  return changed.length === 1
}
