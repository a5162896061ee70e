import { and, eq } from 'drizzle-orm'
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
