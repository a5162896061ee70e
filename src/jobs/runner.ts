import type { Row } from '../db/index.ts'
import { SYSTEM } from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import { runClaimed } from './attempt.ts'
import type { Job, JobDeps } from './job.ts'
import { addNewJobs, claimJob, findJobRows, handOver, isClaimable } from './lease.ts'

export interface JobRunner {
  /** Runs jobs from now on, when they are due and no other process has them. */
  start(): void
  /** Looks now, where it is started. */
  wake(): void
  /** Runs all that is due, and resolves when each run has its outcome. */
  runDue(): Promise<void>
  /** Begins nothing more; what runs is told to stop and handed over, within a bounded time. */
  stop(): Promise<void>
}

export interface JobRunnerDeps extends JobDeps {
  readonly metrics: Metrics
}

/** A lease and a poll together are less than the 60 seconds within which a job of a killed process runs again. */
export const JOB_TIMINGS = {
  leaseSeconds: 50,
  renewMilliseconds: 20_000,
  /** At the latest: another process may have planned a run, or lost its life. */
  pollMilliseconds: 5_000,
  /** At the earliest, whatever is due. */
  restMilliseconds: 1_000,
  /** What a job gets to come to a stop; after that its lease runs out. */
  drainMilliseconds: 10_000,
}
export type JobTimings = typeof JOB_TIMINGS

/** Any number of runners may share a database: each run is one runner's. */
export function createJobRunner(
  given: JobRunnerDeps,
  jobs: readonly Job[],
  timings: Partial<JobTimings> = {},
): JobRunner {
  const deps = { ...given, ...JOB_TIMINGS, ...timings }
  const { clock, log, metrics } = deps
  const origin = { actor: SYSTEM, log }
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let looking: Promise<readonly Row<'job'>[]> = Promise.resolve([])
  let isStarted = false
  let timer: NodeJS.Timeout | undefined

  /** Begins what is due; returns the rows as they were found. */
  async function look(): Promise<readonly Row<'job'>[]> {
    const rows = await findRows()
    for (const job of jobs) {
      const row = rows.find(({ name }) => name === job.name)
      if (!row) continue
      const late = clock.now().getTime() - row.nextRunAt.getTime()
      metrics.jobLag.set({ job: job.name }, Math.max(0, late / 1000))
      if (isClaimable(row, clock.now())) await claimAndBegin(job, row)
    }
    return rows
  }

  async function findRows(): Promise<readonly Row<'job'>[]> {
    const rows = await deps.read(origin, (ctx) => findJobRows(ctx, jobs))
    if (rows.length === jobs.length) return rows
    await deps.write(origin, (ctx) => addNewJobs(ctx, jobs))
    return deps.read(origin, (ctx) => findJobRows(ctx, jobs))
  }

  async function claimAndBegin(job: Job, found: Row<'job'>): Promise<void> {
    if (stopping.signal.aborted) return
    const { leaseSeconds } = deps
    const lease = await deps.write(origin, (ctx) => claimJob(ctx, job, { found, leaseSeconds }))
    if (!lease) return
    if (stopping.signal.aborted) return void (await deps.write(origin, (ctx) => handOver(ctx, lease)))
    const run = runClaimed(deps, lease, stopping.signal)
      .catch((error) => log.error('job.note_failed', { job: job.name, err: error }))
      .finally(() => running.delete(run))
    running.add(run)
  }

  /** One after the other: what is committed before it is asked for is seen. */
  function lookInTurn(): Promise<readonly Row<'job'>[]> {
    looking = looking.catch(() => []).then(look)
    return looking
  }

  async function tick(): Promise<void> {
    try {
      later(await lookInTurn())
    } catch (error) {
      log.warn('job.look_failed', { err: error }) // the database is away: the next poll tries again
      later([])
    }
  }

  /** Waits for the nearest time at which something is due. */
  function later(rows: readonly Row<'job'>[]): void {
    clearTimeout(timer)
    if (stopping.signal.aborted) return
    const now = clock.now().getTime()
    const ahead = rows.map(({ nextRunAt }) => nextRunAt.getTime() - now).filter((delay) => delay > 0)
    const delay = Math.max(deps.restMilliseconds, Math.min(deps.pollMilliseconds, ...ahead))
    timer = setTimeout(() => void tick(), delay)
    timer.unref()
  }

  return {
    start() {
      isStarted = true
      timer = setTimeout(() => void tick(), deps.restMilliseconds)
      timer.unref()
    },
    wake() {
      if (isStarted && !stopping.signal.aborted) void tick()
    },
    async runDue() {
      await lookInTurn()
      await Promise.all(running)
    },
    async stop() {
      stopping.abort(new Error('The server is stopping.'))
      clearTimeout(timer)
      const { promise: enough, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, deps.drainMilliseconds)
      await Promise.race([looking.catch(() => []).then(() => Promise.all(running)), enough])
      clearTimeout(limit)
      if (running.size > 0) log.warn('job.drain_timeout', { running: running.size })
    },
  }
}
