import type { Row } from '../db/index.ts'
import { instantOrNull } from '../http/index.ts'
import type { Job } from './job.ts'
import type { ScheduledJob } from './schema.ts'

/** A job without a row has never been started. */
export const jobView = (
  { name, description, schedule }: Job,
  row: Row<'job'> | undefined,
  now: Date,
): ScheduledJob => ({
  name,
  description,
  schedule,
  next_run_at: instantOrNull(row?.nextRunAt ?? null),
  is_running: row?.leasedUntil ? row.leasedUntil > now : false,
  last_started_at: instantOrNull(row?.lastStartedAt ?? null),
  last_finished_at: instantOrNull(row?.lastFinishedAt ?? null),
  last_outcome: row?.lastOutcome ?? null,
  last_error: row?.lastError ?? null,
  last_summary: row?.lastSummary ?? null,
  failures: row?.failures ?? 0,
})
