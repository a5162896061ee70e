import { eq, inArray } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'

/**
 * Ends all tokens, codes and waiting devices of a user, at every client: what applications go on with by themselves,
 * even where no session is left. What the user consented to stays. It is here, below all that has to end access, since
 * whoever changes how somebody signs in ends this together with the sessions, in one transaction. Returns how many there
 * were.
 */
export async function endUserTokens({ tx }: WriteCtx, userId: string): Promise<number> {
  const { grant, refreshToken, accessToken, authorizationCode, deviceAuthorization } = tx.t
  const grants = tx.select({ id: grant.id }).from(grant).where(eq(grant.userId, userId))
  let ended = 0
  for (const table of [refreshToken, authorizationCode]) {
    ended += (await tx.delete(table).where(inArray(table.grantId, grants)).returning({ of: table.userId }))
      .length
  }
  // These may be without a grant: of a session, or of nobody yet.
  for (const table of [accessToken, deviceAuthorization]) {
    ended += (await tx.delete(table).where(eq(table.userId, userId)).returning({ of: table.userId })).length
  }
  return ended
}
