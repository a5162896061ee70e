import { and, count, desc, eq, lt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import { outboxSignal } from './signal.ts'

/** Without its payload, which nobody reads but its handler. */
export type DeadLetter = Pick<Row<'outboxMessage'>, 'id' | 'kind' | 'attempts' | 'lastError' | 'createdAt'>

/** What could not be delivered, newest first. */
export function listDead(ctx: ReadCtx, query: PageQuery, cursors: CursorSigner): Promise<Page<DeadLetter>> {
  const { outboxMessage: m } = ctx.reader.t
  const columns = {
    id: m.id,
    kind: m.kind,
    attempts: m.attempts,
    lastError: m.lastError,
    createdAt: m.createdAt,
  }
  return readPage(
    { cursors, list: 'outbox.dead', query, key: (row: DeadLetter) => [row.id] },
    (limit, after) =>
      ctx.reader
        .select(columns)
        .from(m)
        .where(and(eq(m.status, 'dead'), after ? lt(m.id, String(after[0])) : undefined))
        .orderBy(desc(m.id))
        .limit(limit),
  )
}

/** Delivers a dead letter after all, with as many attempts as a new message. Throws NOT_FOUND. */
export async function retryDead(ctx: WriteCtx, id: string): Promise<void> {
  const { outboxMessage: m } = ctx.tx.t
  const [row] = await ctx.tx
    .update(m)
    .set({ status: 'pending', attempts: 0, nextAttemptAt: ctx.now })
    .where(and(eq(m.id, id), eq(m.status, 'dead')))
    .returning({ kind: m.kind })
  if (!row) throw notFound('Dead letter')
  await record(ctx, {
    action: 'admin.outbox.retry',
    target: { type: 'outbox_message', id },
    details: { kind: row.kind },
  })
  ctx.afterCommit(outboxSignal.notify)
}

/** How many messages wait, and how many were given up. */
export async function countMessages(ctx: ReadCtx): Promise<Record<Row<'outboxMessage'>['status'], number>> {
  const { outboxMessage: m } = ctx.reader.t
  const rows = await ctx.reader.select({ status: m.status, count: count() }).from(m).groupBy(m.status)
  const counts = { pending: 0, dead: 0 }
  for (const row of rows) counts[row.status] = Number(row.count)
  return counts
}
