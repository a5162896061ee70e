import { z } from 'zod'
import { Instant } from '../http/index.ts'

/** A job, and how its runs have gone. */
export const ScheduledJob = z
  .object({
    name: z.string(),
    description: z.string(),
    schedule: z.string().describe('The five fields of cron, in UTC'),
    next_run_at: Instant.nullable().describe('null before the first start of a server'),
    is_running: z.boolean().describe('On any instance'),
    last_started_at: Instant.nullable(),
    last_finished_at: Instant.nullable(),
    last_outcome: z.enum(['success', 'failure']).nullable(),
    last_error: z.string().nullable().describe('Why the last run failed'),
    last_summary: z
      .record(z.string(), z.int())
      .nullable()
      .describe('How much of what the last successful run did'),
    failures: z.int().describe('In a row'),
  })
  .meta({ id: 'ScheduledJob' })
export type ScheduledJob = z.infer<typeof ScheduledJob>
