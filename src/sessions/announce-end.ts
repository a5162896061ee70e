import { inArray } from 'drizzle-orm'
import type { Row, WriteCtx } from '../db/index.ts'
import { enqueue } from '../outbox/index.ts'

/**
 * Has every client told, once this is committed, that the sessions by which somebody was signed in to it are over: the
 * one place for whatever ends a session. Back-Channel Logout 1.0 §2.3
 */
export async function announceEnd(
  ctx: WriteCtx,
  ended: readonly Pick<Row<'session'>, 'id'>[],
): Promise<void> {
  if (ended.length === 0) return
  const { clientSession } = ctx.tx.t
  const ids = ended.map(({ id }) => id)
  const signedIn = await ctx.tx.delete(clientSession).where(inArray(clientSession.sessionId, ids)).returning()
  await tellClients(ctx, signedIn)
}

/** Each client is a message of its own, so that one that is away holds up none. */
export async function tellClients(ctx: WriteCtx, signedIn: readonly Row<'clientSession'>[]): Promise<void> {
  if (signedIn.length === 0) return
  const { client } = ctx.tx.t
  const ids = [...new Set(signedIn.map(({ clientId }) => clientId))]
  const clients = await ctx.tx
    .select({ id: client.id, metadata: client.metadata })
    .from(client)
    .where(inArray(client.id, ids))
  const listening = new Set(
    clients.flatMap(({ id, metadata }) => (metadata.backchannel_logout_uri === undefined ? [] : [id])),
  )
  for (const { sessionId, clientId, userId } of signedIn) {
    if (!listening.has(clientId)) continue
    await enqueue(ctx, { kind: 'back_channel.logout', payload: { sessionId, clientId, userId } })
  }
}
