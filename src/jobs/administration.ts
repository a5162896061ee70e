import { record } from '../audit/index.ts'
import type { ReadCtx, WriteCtx } from '../db/index.ts'
import { notFound } from '../kernel/index.ts'
import { JOBS } from './catalogue.ts'
import { findJobRows } from './lease.ts'
import type { ScheduledJob } from './schema.ts'
import { jobView } from './views.ts'

/** Every job that this version knows. */
export async function listJobs(ctx: ReadCtx): Promise<ScheduledJob[]> {
  const rows = await findJobRows(ctx, JOBS)
  const byName = new Map(rows.map((row) => [row.name, row]))
  return JOBS.map((job) => jobView(job, byName.get(job.name), ctx.now))
}

/** Makes a job due now; one that is running runs again afterwards. Throws NOT_FOUND. */
export async function requestRun(ctx: WriteCtx, name: string): Promise<ScheduledJob> {
  const job = JOBS.find((candidate) => candidate.name === name)
  if (!job) throw notFound('Job')
  const { job: j } = ctx.tx.t
  const [row] = await ctx.tx
    .insert(j)
    .values({ name, nextRunAt: ctx.now, failures: 0 })
    .onConflictDoUpdate({ target: j.name, set: { nextRunAt: ctx.now } })
    .returning()
  await record(ctx, { action: 'admin.job.run', target: { type: 'job', id: name } })
  return jobView(job, row, ctx.now)
}
