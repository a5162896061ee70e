import type { Columns } from '../columns.postgres.ts'

export const defineJobTables = (c: Columns) => ({
  /** One row a scheduled job. The lease says which process runs it, and until when that is believed. */
  job: c.table('jobs', {
    name: c.text('name').primaryKey(),
    nextRunAt: c.instant('next_run_at').notNull(),
    leaseId: c.text('lease_id'),
    leasedUntil: c.instant('leased_until'),
    lastStartedAt: c.instant('last_started_at'),
    lastFinishedAt: c.instant('last_finished_at'),
    lastOutcome: c.text('last_outcome').$type<'success' | 'failure'>(),
    lastError: c.text('last_error'), // of a failure; no personal data
    lastSummary: c.json<Readonly<Record<string, number>>>('last_summary'), // what it did: { deleted: 12 }
    failures: c.int('failures').notNull(), // in a row
  }),
})
