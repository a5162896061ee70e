import { type Column, lte, type Table } from 'drizzle-orm'
import { deleteBatch, takeBatch, type WriteCtx } from '../db/index.ts'
import { tellClients } from '../sessions/index.ts'

/** Deletes up to `limit` of the access tokens that have expired, and returns how many. */
export const removeExpiredAccessTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.accessToken, key: ctx.tx.t.accessToken.id })

/** The same for refresh tokens, whose family is over then: none of it is good any more. */
export const removeExpiredRefreshTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.refreshToken, key: ctx.tx.t.refreshToken.id })

/**
 * The same for authorization codes: a spent one when all that came of it is over, so that until then a second use is
 * noticed.
 */
export const removeExpiredCodes = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.authorizationCode, key: ctx.tx.t.authorizationCode.digest })

export const removeExpiredPushedRequests = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.pushedRequest, key: ctx.tx.t.pushedRequest.digest })

export const removeExpiredDeviceAuthorizations = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.deviceAuthorization, key: ctx.tx.t.deviceAuthorization.id })

/** The same for authorization requests that nobody came back to. */
export const removeExpiredInteractions = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, { table: ctx.tx.t.interaction, key: ctx.tx.t.interaction.id })

const removeExpired = (
  { tx, now }: WriteCtx,
  limit: number,
  { table, key }: { readonly table: Table & { readonly expiresAt: Column }; readonly key: Column },
): Promise<number> =>
  deleteBatch(tx, table, {
    key: [key],
    where: lte(table.expiresAt, now),
    oldestBy: table.expiresAt,
    limit,
  })

/** The same for the clients of sessions that were idle before their time was up, who are told now that it is. */
export async function removeExpiredClientSessions(ctx: WriteCtx, limit: number): Promise<number> {
  const { clientSession } = ctx.tx.t
  const signedIn = await takeBatch(ctx.tx, clientSession, {
    key: [clientSession.sessionId, clientSession.clientId],
    where: lte(clientSession.expiresAt, ctx.now),
    oldestBy: clientSession.expiresAt,
    limit,
  })
  await tellClients(ctx, signedIn)
  return signedIn.length
}
