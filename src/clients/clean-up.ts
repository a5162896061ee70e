import { lte } from 'drizzle-orm'
import { deleteBatch, type WriteCtx } from '../db/index.ts'

/** Deletes up to `limit` secrets that others have taken the place of, and returns how many. */
export function removeExpiredSecrets(ctx: WriteCtx, limit: number): Promise<number> {
  const { clientSecret } = ctx.tx.t
  return deleteBatch(ctx.tx, clientSecret, {
    key: [clientSecret.id],
    where: lte(clientSecret.expiresAt, ctx.now),
    oldestBy: clientSecret.expiresAt,
    limit,
  })
}

/** The same for initial access tokens past their end. */
export function removeExpiredInitialAccessTokens(ctx: WriteCtx, limit: number): Promise<number> {
  const { initialAccessToken } = ctx.tx.t
  return deleteBatch(ctx.tx, initialAccessToken, {
    key: [initialAccessToken.id],
    where: lte(initialAccessToken.expiresAt, ctx.now),
    oldestBy: initialAccessToken.expiresAt,
    limit,
  })
}
