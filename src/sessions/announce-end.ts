import { eq, inArray } from 'drizzle-orm'
import type { Row, WriteCtx } from '../db/index.ts'
import { enqueue } from '../outbox/index.ts'

/**
 * Has every client told, once this is committed, that the sessions by which somebody was signed in to it are over: the
 * one place for whatever ends a session. Each client is a message of its own, so that one that is away holds up none.
 * Back-Channel Logout 1.0 §2.3
 */
export async function announceEnd(
  ctx: WriteCtx,
  ended: readonly Pick<Row<'session'>, 'id'>[],
): Promise<void> {
  if (ended.length === 0) return
  const { client, clientSession } = ctx.tx.t
  const isOfThem = inArray(
    clientSession.sessionId,
    ended.map(({ id }) => id),
  )
  const signedIn = await ctx.tx
    .select({
      sessionId: clientSession.sessionId,
      clientId: clientSession.clientId,
      userId: clientSession.userId,
      metadata: client.metadata,
    })
    .from(clientSession)
    .innerJoin(client, eq(client.id, clientSession.clientId))
    .where(isOfThem)
  if (signedIn.length === 0) return
  await ctx.tx.delete(clientSession).where(isOfThem)
  for (const { metadata, ...payload } of signedIn) {
    if (metadata.backchannel_logout_uri === undefined) continue
    await enqueue(ctx, { kind: 'back_channel.logout', payload })
  }
}
