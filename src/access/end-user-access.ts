import { record } from '../audit/index.ts'
import { endAttempts, revokeMailProofs } from '../credentials/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { endUserTokens, revokeApiKeys, revokeSessions } from '../sessions/index.ts'

/** Why somebody's access ends, as the audit log says it. */
export type EndReason = 'suspended' | 'deleted'

/**
 * Ends everything by which a user reaches anything, in the caller's transaction: sessions, sign-ins that wait for
 * a second factor, API keys, the tokens that applications hold for them, and the links in mails that have not been
 * followed. Each is refused at its next use, by every process. Returns how many there were.
 */
export async function endUserAccess(
  ctx: WriteCtx,
  { userId, reason }: { userId: string; reason: EndReason },
): Promise<{ sessions: number; apiKeys: number }> {
  await endAttempts(ctx, userId) // before the sessions: one may be about to become one
  const sessions = await revokeSessions(ctx, { userId })
  const apiKeys = await revokeApiKeys(ctx, userId)
  await revokeMailProofs(ctx, { userId })
  await endUserTokens(ctx, userId)
  const target = { type: 'user', id: userId }
  if (sessions > 0) {
    await record(ctx, { action: 'session.revoke', target, details: { revoked: sessions, reason } })
  }
  if (apiKeys > 0) {
    await record(ctx, { action: 'api_key.revoke', target, details: { revoked: apiKeys, reason } })
  }
  return { sessions, apiKeys }
}
