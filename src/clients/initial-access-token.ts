import { and, eq, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'

/** Those of an organization that are not over, in the order in which they were made; spent ones are among them. */
export function listInitialAccessTokens(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'initialAccessToken'>>> {
  const { initialAccessToken } = ctx.reader.t
  const list = `initial-access-tokens:${organizationId}`
  return readPage({ cursors, list, query, key: ({ id }) => [id] }, (count, after) =>
    ctx.reader
      .select()
      .from(initialAccessToken)
      .where(
        and(
          eq(initialAccessToken.organizationId, organizationId),
          gt(initialAccessToken.expiresAt, ctx.now),
          after && gt(initialAccessToken.id, String(after[0])),
        ),
      )
      .orderBy(initialAccessToken.id)
      .limit(count),
  )
}

/** Nobody registers with it from now on; clients that have stay. Throws NOT_FOUND, also for one of somebody else. */
export async function deleteInitialAccessToken(
  ctx: WriteCtx,
  { organizationId, tokenId }: { readonly organizationId: string; readonly tokenId: string },
): Promise<void> {
  const { initialAccessToken } = ctx.tx.t
  const [row] = await ctx.tx
    .delete(initialAccessToken)
    .where(and(eq(initialAccessToken.organizationId, organizationId), eq(initialAccessToken.id, tokenId)))
    .returning()
  if (!row) throw notFound('Initial access token')
  await record(ctx, {
    action: 'oidc.client.registration_token_delete',
    organizationId,
    target: { type: 'initial_access_token', id: row.id },
    details: { uses_left: row.usesLeft },
  })
}
