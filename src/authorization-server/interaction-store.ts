import { and, eq, gt, isNull, ne, or } from 'drizzle-orm'
import { type StoredClient, storeDocumentClient } from '../clients/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, HOUR, tokenDigest } from '../kernel/index.ts'
import type { AuthorizationRequest } from '../protocol/oidc/index.ts'

/** Long enough to look for a mail or a phone. */
export const INTERACTION_SECONDS = HOUR

/** An interaction, and the browser that alone may go on with it. */
export interface InteractionKey {
  readonly id: string
  /** Of the browser's cookie. Anybody can have put it there. */
  readonly browserToken: string | undefined
}

export interface NewInteraction {
  readonly client: StoredClient
  readonly request: AuthorizationRequest
  readonly freshAfter: Date | null
  readonly browserToken: string | undefined
}

/**
 * Keeps a request until its person has done what is missing. The browser's token is the one that it has already,
 * so that two applications can be signed in to side by side, or a new one.
 */
export async function openInteraction(
  ctx: WriteCtx,
  { client, request, freshAfter, browserToken }: NewInteraction,
): Promise<{ readonly id: string; readonly browserToken: string }> {
  const held = browserToken === undefined ? undefined : tokenDigest('browser', browserToken)
  const token = held && browserToken !== undefined ? browserToken : createToken('browser', ctx.random)
  const browserDigest = tokenDigest('browser', token)
  if (!browserDigest) throw new Error('A new token has no digest')
  await storeDocumentClient(ctx, client)
  const id = ctx.newId()
  await ctx.tx.insert(ctx.tx.t.interaction).values({
    id,
    browserDigest,
    clientId: client.id,
    request,
    sessionId: null,
    freshAfter,
    createdAt: ctx.now,
    expiresAt: addSeconds(ctx.now, INTERACTION_SECONDS),
  })
  return { id, browserToken: token }
}

/** Undefined for one that is unknown, over, or another browser's: these look alike. */
export async function findInteraction(
  ctx: ReadCtx,
  key: InteractionKey,
): Promise<Row<'interaction'> | undefined> {
  const isIt = whereInteraction(ctx, key)
  if (!isIt) return undefined
  const [row] = await ctx.reader.select().from(ctx.reader.t.interaction).where(isIt)
  return row
}

/** Notes the session that was begun or chosen for this request. False where it was that one already. */
export async function chooseSession(ctx: WriteCtx, key: InteractionKey, sessionId: string): Promise<boolean> {
  const isIt = whereInteraction(ctx, key)
  if (!isIt) return false
  const { interaction } = ctx.tx.t
  const isOther = or(isNull(interaction.sessionId), ne(interaction.sessionId, sessionId))
  const chosen = await ctx.tx
    .update(interaction)
    .set({ sessionId })
    .where(and(isIt, isOther))
    .returning({ id: interaction.id })
  return chosen.length === 1
}

/** Ends an interaction: of several answers at once one gets it, and false is told to the others. */
export async function consumeInteraction(ctx: WriteCtx, key: InteractionKey): Promise<boolean> {
  const isIt = whereInteraction(ctx, key)
  if (!isIt) return false
  const { interaction } = ctx.tx.t
  const gone = await ctx.tx.delete(interaction).where(isIt).returning({ id: interaction.id })
  return gone.length === 1
}

function whereInteraction({ reader, now }: ReadCtx, { id, browserToken }: InteractionKey) {
  const { interaction } = reader.t
  const digest = browserToken === undefined ? undefined : tokenDigest('browser', browserToken)
  return (
    digest &&
    and(eq(interaction.id, id), eq(interaction.browserDigest, digest), gt(interaction.expiresAt, now))
  )
}
