import { lte } from 'drizzle-orm'
import { deleteBatch, takeBatch, type WriteCtx } from '../db/index.ts'
import { tellClients } from '../sessions/index.ts'

/** Deletes up to `limit` of the access tokens that have expired, and returns how many. */
export const removeExpiredAccessTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'accessToken')

/** The same for refresh tokens: for as long as one could be used, one that was used is known. */
export const removeExpiredRefreshTokens = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'refreshToken')

/** The same for authorization codes. */
export const removeExpiredCodes = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'authorizationCode')

function removeExpired(
  { tx, now }: WriteCtx,
  limit: number,
  name: 'accessToken' | 'refreshToken' | 'authorizationCode' | 'pushedRequest',
): Promise<number> {
  const table = tx.t[name]
  return deleteBatch(tx, table, {
    key: [table.digest],
    where: lte(table.expiresAt, now),
    oldestBy: table.expiresAt,
    limit,
  })
}

export function removeExpiredDeviceAuthorizations({ tx, now }: WriteCtx, limit: number): Promise<number> {
  const { deviceAuthorization } = tx.t
  return deleteBatch(tx, deviceAuthorization, {
    key: [deviceAuthorization.id],
    where: lte(deviceAuthorization.expiresAt, now),
    oldestBy: deviceAuthorization.expiresAt,
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

export const removeExpiredPushedRequests = (ctx: WriteCtx, limit: number): Promise<number> =>
  removeExpired(ctx, limit, 'pushedRequest')

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
