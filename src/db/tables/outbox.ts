import type { Columns } from '../columns.postgres.ts'

export const defineOutboxTables = (c: Columns) => ({
  outboxMessage: c.table(
    'outbox_messages',
    {
      id: c.text('id').primaryKey(),
      kind: c.text('kind').notNull(),
      payload: c.bytes('payload').notNull(), // sealed by the keyring: it may hold a link with a secret
      status: c.text('status').$type<'pending' | 'dead'>().notNull(), // what is delivered is deleted
      attempts: c.int('attempts').notNull(),
      nextAttemptAt: c.instant('next_attempt_at').notNull(),
      leaseId: c.text('lease_id'), // whoever holds it may deliver, until nextAttemptAt
      lastError: c.text('last_error'),
      createdAt: c.instant('created_at').notNull(),
    },
    (t) => [c.index('outbox_messages_due').on(t.status, t.nextAttemptAt)],
  ),
})
