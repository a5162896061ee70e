import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { StoredClient } from './schema.ts'

/**
 * Gives a client that its id describes a row, or the row that it has what the document says now: so that what people
 * agree to, and what is given out, can refer to it like to any other. Also notes that it was used, before which no
 * clean-up that goes on at the same time can take it away. The first time is recorded: it is how such a client is
 * registered. Other clients have their row.
 */
export async function storeDocumentClient(ctx: WriteCtx, { secrets, ...row }: StoredClient): Promise<void> {
  if (row.origin !== 'document') return
  if (await renew(ctx, row)) return
  const { client } = ctx.tx.t
  const [added] = await ctx.tx
    .insert(client)
    .values({ ...row, updatedAt: ctx.now })
    .onConflictDoNothing({ target: client.id })
    .returning({ id: client.id })
  if (!added) {
    await renew(ctx, row) // somebody else was first
    return
  }
  await record(ctx, {
    action: 'oidc.client.register',
    target: { type: 'client', id: row.id },
    details: { name: row.metadata.client_name ?? null, by: 'document' },
  })
}

async function renew(ctx: WriteCtx, { id, metadata }: Row<'client'>): Promise<boolean> {
  const { client } = ctx.tx.t
  const renewed = await ctx.tx
    .update(client)
    .set({ metadata, updatedAt: ctx.now })
    .where(and(eq(client.id, id), eq(client.origin, 'document')))
    .returning({ id: client.id })
  return renewed.length > 0
}
