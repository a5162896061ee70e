import { and, eq, lte, notExists } from 'drizzle-orm'
import { deleteBatch, type WriteCtx } from '../db/index.ts'
import { addSeconds, DAY } from '../kernel/index.ts'

/** Longer than a session, and than whatever is kept of a request that nobody has agreed to. */
const DESCRIBED_CLIENT_KEPT_SECONDS = 30 * DAY

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

/**
 * The same for clients known by their documents that nobody was sent by for 30 days, and that nobody lets have
 * anything: every token has its grant. One that comes back gets a row again.
 */
export function removeUnusedDescribedClients(ctx: WriteCtx, limit: number): Promise<number> {
  const { client, grant } = ctx.tx.t
  const held = ctx.tx.select({ id: grant.id }).from(grant).where(eq(grant.clientId, client.id))
  return deleteBatch(ctx.tx, client, {
    key: [client.id],
    where: and(
      eq(client.origin, 'document'),
      lte(client.updatedAt, addSeconds(ctx.now, -DESCRIBED_CLIENT_KEPT_SECONDS)),
      notExists(held),
    ),
    oldestBy: client.updatedAt,
    limit,
  })
}
