import {
  clearAllGuesses,
  endAttempts,
  listCredentials,
  removeBackupCodes,
  removeCredential,
  removeTotp,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { evaluateUser } from '../policies/index.ts'
import { endUserTokens, revokeSessions } from '../sessions/index.ts'
import { mailMfaChange } from './mfa-mail.ts'

export interface ResetFactors {
  readonly hadTotp: boolean
  readonly passkeys: number
  readonly sessions: number
  /** There was nothing to take away or to end: nothing has happened that would be recorded. */
  readonly isNothing: boolean
}

/**
 * Takes all second factors of a user away, for one who has lost them, and ends what they opened: sessions, and tokens
 * of applications; API keys stay. A user who had any is told by mail, and what organizations ask of them is judged
 * again. Recording it is for the caller. In a serializable unit of work, or what is enrolled at this very moment stays.
 */
export async function resetSecondFactors(ctx: WriteCtx, user: Row<'user'>): Promise<ResetFactors> {
  const { id: userId } = user
  await endAttempts(ctx, userId)
  await clearAllGuesses(ctx, userId)
  const sessions = await revokeSessions(ctx, { userId })
  const tokens = await endUserTokens(ctx, userId)
  const hadTotp = await removeTotp(ctx, userId)
  const credentials = await listCredentials(ctx, userId)
  for (const { id } of credentials) await removeCredential(ctx, { userId, id })
  await removeBackupCodes(ctx, userId)
  await evaluateUser(ctx, userId)
  const passkeys = credentials.length
  const hadAny = hadTotp || passkeys > 0
  if (hadAny) await mailMfaChange(ctx, user, { change: 'reset' })
  return { hadTotp, passkeys, sessions, isNothing: !hadAny && sessions + tokens === 0 }
}
