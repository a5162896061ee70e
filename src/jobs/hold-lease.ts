import type { WriteCtx } from '../db/index.ts'
import { addSeconds, SYSTEM } from '../kernel/index.ts'
import type { JobDeps } from './job.ts'
import { type Lease, renewLease } from './lease.ts'

export interface LeaseDeps extends JobDeps {
  /** A run whose process is gone is taken over by another one after this time. */
  readonly leaseSeconds: number
  readonly renewMilliseconds: number
}

export interface HeldLease extends Disposable {
  /** Aborted when the job is somebody else's. */
  readonly lost: AbortSignal
  /** What the job gets: its writes commit only while it holds the lease, and `signal` is not aborted. */
  fence(signal: AbortSignal): JobDeps
}

/** Renews a lease until it is disposed of, which leaves it as it is. */
export function holdLease(deps: LeaseDeps, lease: Lease): HeldLease {
  const { log, clock, leaseSeconds } = deps
  const job = lease.job.name
  const lost = new AbortController()
  const lose = () => lost.abort(new LeaseLost(job))
  let heldUntil = addSeconds(lease.startedAt, leaseSeconds)

  async function renew(): Promise<void> {
    try {
      const isHeld = await deps.write({ actor: SYSTEM, log }, (ctx) => renewLease(ctx, lease, leaseSeconds))
      if (!isHeld) return lose()
      heldUntil = addSeconds(clock.now(), leaseSeconds)
    } catch (error) {
      log.warn('job.renewal_failed', { job, err: error })
      if (heldUntil <= clock.now()) lose() // somebody who reaches the database may have taken it
    }
  }

  const timer = setInterval(() => void renew(), deps.renewMilliseconds)
  return {
    lost: lost.signal,
    fence: (signal) => ({
      ...deps,
      async write(origin, body, options) {
        signal.throwIfAborted()
        /** In the same transaction: on PostgreSQL the row stays locked until the commit, so nobody claims it before. */
        const whileHeld = async (ctx: WriteCtx) => {
          if (!(await renewLease(ctx, lease, leaseSeconds))) throw new LeaseLost(job)
          return body(ctx)
        }
        try {
          return await deps.write(origin, whileHeld, options)
        } catch (error) {
          if (error instanceof LeaseLost) lose()
          throw error
        }
      },
    }),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
  constructor(job: string) {
    super(`Another process has taken over the job ${job}.`)
  }
}
