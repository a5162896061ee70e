import { type Log, monotonicMilliseconds, SYSTEM } from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import { holdLease, type LeaseDeps } from './hold-lease.ts'
import { handOver, type Lease, noteFailure, noteSuccess } from './lease.ts'

export interface AttemptDeps extends LeaseDeps {
  readonly metrics: Metrics
}

/**
 * Runs a claimed job to its end, and notes and reports what became of it. When `stopping` is aborted the run is
 * handed over; when its lease is lost it is cut off and leaves no trace: the job is somebody else's. Rejects only
 * where the outcome cannot be written.
 */
export async function runClaimed(deps: AttemptDeps, lease: Lease, stopping: AbortSignal): Promise<void> {
  const { log, metrics } = deps
  const { name: job } = lease.job
  const startedAt = monotonicMilliseconds()
  const end = await runWhileHeld(deps, lease, stopping)
  const { outcome, ...details } = (await note(deps, lease, end)) ? end : LOST
  const milliseconds = monotonicMilliseconds() - startedAt
  metrics.jobRuns.inc({ job, outcome })
  metrics.jobSeconds.observe({ job }, milliseconds / 1000)
  log[LEVELS[outcome]](`job.${outcome}`, { job, ms: Math.round(milliseconds), ...details })
}

/** How a run ended. */
type End =
  | { readonly outcome: 'success'; readonly summary: Readonly<Record<string, number>> }
  | { readonly outcome: 'failure'; readonly err: unknown }
  | { readonly outcome: 'handed_over' | 'lost' }

const LOST: End = { outcome: 'lost' }

const LEVELS: Readonly<Record<End['outcome'], keyof Log>> = {
  success: 'info',
  failure: 'error',
  handed_over: 'info',
  lost: 'warn',
}

async function runWhileHeld(deps: AttemptDeps, lease: Lease, stopping: AbortSignal): Promise<End> {
  using held = holdLease(deps, lease)
  const signal = AbortSignal.any([stopping, held.lost])
  // A run that was told to stop is not done, whether it throws or comes back early.
  const cutOff = (): End | undefined =>
    held.lost.aborted ? LOST : stopping.aborted ? { outcome: 'handed_over' } : undefined
  try {
    const summary = await lease.job.run(held.fence(signal), { signal, now: lease.startedAt })
    return cutOff() ?? { outcome: 'success', summary }
  } catch (err) {
    return cutOff() ?? { outcome: 'failure', err }
  }
}

/** False when the lease was lost meanwhile: then nothing is noted. */
async function note(deps: AttemptDeps, lease: Lease, end: End): Promise<boolean> {
  if (end.outcome === 'lost') return false
  return deps.write({ actor: SYSTEM, log: deps.log }, (ctx) => {
    if (end.outcome === 'success') return noteSuccess(ctx, lease, end.summary)
    if (end.outcome === 'failure') return noteFailure(ctx, lease, end.err)
    return handOver(ctx, lease)
  })
}
