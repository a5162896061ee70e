import { lte } from 'drizzle-orm'
import { deleteBatch, takeBatch, type WriteCtx } from '../db/index.ts'
import { tellClients } from '../sessions/index.ts'

/** Deletes up to `limit` of the access tokens that have expired, and returns how many. */
export const removeExpiredAccessTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'accessToken')

/** The same for refresh tokens: for as long as one could be used, one that was used is known. */
export const removeExpiredRefreshTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'refreshToken')

export const removeExpiredDeviceAuthorizations = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'deviceAuthorization')

function removeExpired(
  { tx, now }: WriteCtx,
  limit: number,
  name: 'accessToken' | 'refreshToken' | 'deviceAuthorization',
): Promise<number> {
  const table = tx.t[name]
  return deleteBatch(tx, table, {
    key: [table.id],
    where: lte(table.expiresAt, now),
    oldestBy: table.expiresAt,
    limit,
  })
}

/** The same for authorization codes. */
export function removeExpiredCodes({ tx, now }: WriteCtx, limit: number): Promise<number> {
  const { authorizationCode } = tx.t
  return deleteBatch(tx, authorizationCode, {
    key: [authorizationCode.digest],
    where: lte(authorizationCode.expiresAt, now),
    oldestBy: authorizationCode.expiresAt,
    limit,
  })
}

/** The same for authorization requests that nobody came back to. */
export function removeExpiredInteractions({ tx, now }: WriteCtx, limit: number): Promise<number> {
  const { interaction } = tx.t
  return deleteBatch(tx, interaction, {
    key: [interaction.id],
    where: lte(interaction.expiresAt, now),
    oldestBy: interaction.expiresAt,
    limit,
  })
}

export function removeExpiredPushedRequests({ tx, now }: WriteCtx, limit: number): Promise<number> {
  const { pushedRequest } = tx.t
  return deleteBatch(tx, pushedRequest, {
    key: [pushedRequest.digest],
    where: lte(pushedRequest.expiresAt, now),
    oldestBy: pushedRequest.expiresAt,
    limit,
  })
}

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
