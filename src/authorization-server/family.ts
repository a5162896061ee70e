import { and, eq, inArray } from 'drizzle-orm'
import type { StoredClient } from '../clients/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { addSeconds } from '../kernel/index.ts'
import type { Authorization } from './authorization.ts'
import { accessTokenSeconds, mayRefresh, refreshTokenSeconds } from './lifetimes.ts'

/**
 * When nothing can be left of a family that begins now: its refresh token is over, and so is an access token that was
 * had with it at the last moment.
 */
export const familyEnd = ({ now, config }: Pick<WriteCtx, 'now' | 'config'>, client: StoredClient): Date =>
  addSeconds(
    now,
    (mayRefresh(client) ? refreshTokenSeconds(client, config) : 0) + accessTokenSeconds(client, config),
  )

/** Ends everything that came of one authorization: refresh and access tokens. Each is refused at its next use. */
export async function endFamily(
  { tx }: WriteCtx,
  { familyId, grantId }: Pick<Authorization, 'familyId' | 'grantId'>,
): Promise<void> {
  const { refreshToken, accessToken } = tx.t
  await tx.delete(refreshToken).where(eq(refreshToken.id, familyId))
  // Found by their grant, which has an index.
  await tx
    .delete(accessToken)
    .where(and(eq(accessToken.grantId, grantId), eq(accessToken.familyId, familyId)))
}

/** Ends all tokens, codes and waiting devices of a user, at every client. What they consented to stays. */
export async function endUserTokens({ tx }: WriteCtx, userId: string): Promise<void> {
  const { grant, refreshToken, accessToken, authorizationCode, deviceAuthorization } = tx.t
  const grants = tx.select({ id: grant.id }).from(grant).where(eq(grant.userId, userId))
  for (const table of [refreshToken, authorizationCode]) {
    await tx.delete(table).where(inArray(table.grantId, grants))
  }
  // These may be without a grant: of a session, or of nobody yet.
  for (const table of [accessToken, deviceAuthorization]) {
    await tx.delete(table).where(eq(table.userId, userId))
  }
}
