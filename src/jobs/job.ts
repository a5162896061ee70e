import type { UnitsOfWork } from '../db/index.ts'
import type { Clock, Log } from '../kernel/index.ts'

/** What jobs work with. */
export interface JobDeps extends UnitsOfWork {
  readonly clock: Clock
  readonly log: Log
}

export interface JobRun {
  /** Aborted when the server stops, and when another process has taken the job over. */
  readonly signal: AbortSignal
  /** When this run began. */
  readonly now: Date
}

/** Something that is done again and again, by one process at a time. */
export interface Job {
  readonly name: string
  /** The five fields of cron, in UTC. */
  readonly schedule: string
  /** For administrators. */
  readonly description: string
  /**
   * Does what is due, and returns how much of what that was. A run can be cut off anywhere, by the signal or with
   * its process, and the next one goes on from there. Everything is written through `deps`: they refuse to write
   * once the run has lost its lease.
   */
  run(deps: JobDeps, run: JobRun): Promise<Readonly<Record<string, number>>>
}
