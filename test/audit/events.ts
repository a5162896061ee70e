import type { Row, WriteCtx } from '../../src/db/index.ts'

const ROWS_A_STATEMENT = 500

export type TestEvent = Partial<Row<'auditEvent'>>

/** Writes events as given, in this order; what a test does not say is a sign-in of nobody. */
export async function writeEvents(ctx: WriteCtx, events: readonly TestEvent[]): Promise<readonly string[]> {
  const rows = events.map(
    (event): Row<'auditEvent'> => ({
      id: ctx.newId(),
      at: ctx.now,
      action: 'user.login',
      outcome: 'success',
      reason: null,
      actorKind: 'user',
      actorId: null,
      credentialId: null,
      targetType: null,
      targetId: null,
      organizationId: null,
      address: null,
      userAgent: null,
      requestId: null,
      details: {},
      ...event,
    }),
  )
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    await ctx.tx.insert(ctx.tx.t.auditEvent).values(rows.slice(start, start + ROWS_A_STATEMENT))
  }
  return rows.map(({ id }) => id)
}
