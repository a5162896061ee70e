import type { Columns } from '../columns.postgres.ts'

/** Append-only. No foreign keys: a record outlives what it is about. */
export const defineAuditTables = (c: Columns) => ({
  auditEvent: c.table(
    'audit_events',
    {
      id: c.text('id').primaryKey(), // UUIDv7: the order of the rows
      at: c.instant('at').notNull(),
      action: c.text('action').notNull(),
      outcome: c.text('outcome').$type<'success' | 'failure'>().notNull(),
      reason: c.text('reason'),
      actorKind: c
        .text('actor_kind')
        .$type<'user' | 'api_key' | 'client' | 'system' | 'anonymous'>()
        .notNull(),
      actorId: c.text('actor_id'), // the user behind a session, API key or access token; else the client
      credentialId: c.text('credential_id'), // which session or API key; with an access token, which client
      targetType: c.text('target_type'),
      targetId: c.text('target_id'),
      organizationId: c.text('organization_id'),
      address: c.text('address'),
      userAgent: c.text('user_agent'),
      requestId: c.text('request_id'),
      details: c.json<Readonly<Record<string, unknown>>>('details').notNull(),
    },
    (t) => [
      c.index('audit_events_organization').on(t.organizationId, t.id),
      c.index('audit_events_actor').on(t.actorId, t.id),
      c.index('audit_events_target').on(t.targetId, t.id),
      c.index('audit_events_action').on(t.action, t.id),
      c.index('audit_events_address').on(t.address, t.id),
    ],
  ),
})
