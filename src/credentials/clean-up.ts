import { lte } from 'drizzle-orm'
import { deleteBatch, type WriteCtx } from '../db/index.ts'

/** Deletes up to `limit` links of mails that nobody has followed in time, and returns how many. */
export function removeExpiredMailProofs(ctx: WriteCtx, limit: number): Promise<number> {
  const { mailProof } = ctx.tx.t
  return deleteBatch(ctx.tx, mailProof, {
    key: [mailProof.userId, mailProof.purpose],
    where: lte(mailProof.expiresAt, ctx.now),
    oldestBy: mailProof.expiresAt,
    limit,
  })
}

/** The same for challenges that no authenticator has answered in time. */
export function removeExpiredChallenges(ctx: WriteCtx, limit: number): Promise<number> {
  const { webauthnChallenge } = ctx.tx.t
  return deleteBatch(ctx.tx, webauthnChallenge, {
    key: [webauthnChallenge.digest],
    where: lte(webauthnChallenge.expiresAt, ctx.now),
    oldestBy: webauthnChallenge.expiresAt,
    limit,
  })
}
