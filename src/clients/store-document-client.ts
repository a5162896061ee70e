import { eq } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'
import type { StoredClient } from './schema.ts'

/**
 * Gives a client that its id describes a row, or the row that it has what the document says now: so that what people
 * agree to, and what is given out, can refer to it like to any other. Also notes that it was used, before which no
 * clean-up that goes on at the same time can take it away. Other clients have their row.
 */
export async function storeDocumentClient(ctx: WriteCtx, { secrets, ...row }: StoredClient): Promise<void> {
  if (row.origin !== 'document') return
  const { client } = ctx.tx.t
  await ctx.tx
    .insert(client)
    .values({ ...row, updatedAt: ctx.now })
    .onConflictDoUpdate({
      target: client.id,
      set: { metadata: row.metadata, updatedAt: ctx.now },
      setWhere: eq(client.origin, 'document'),
    })
}
