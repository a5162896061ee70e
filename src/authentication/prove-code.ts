import { record } from '../audit/index.ts'
import {
  clearGuesses,
  FREE_GUESSES,
  spendBackupCode,
  spendTotpCode,
  takeGuess,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { type Actor, ANONYMOUS } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { deviceName } from '../sessions/index.ts'
import { mailMfaChange } from './mfa-mail.ts'

export type CodeMethod = 'totp' | 'backup_code'

/** Six digits are an app's code; a backup code has ten characters. */
export const codeMethodOf = (code: string): CodeMethod =>
  /^\d{6}$/.test(code.replaceAll(/\s/g, '')) ? 'totp' : 'backup_code'

/**
 * Spends a code of the user's app, or a backup code; false for a wrong one, which is for the caller to record. Counts
 * the guess either way before looking, see `takeGuess`: throws RATE_LIMIT_EXCEEDED for one that comes too soon. The
 * user is told when a backup code is used, and when somebody is guessing.
 */
export async function proveCode(
  ctx: WriteCtx,
  input: {
    readonly user: Row<'user'>
    readonly isKnownDevice: boolean
    readonly method: CodeMethod
    readonly code: string
  },
): Promise<boolean> {
  const { user, isKnownDevice, method } = input
  const guesser = { userId: user.id, isKnownDevice }
  const guesses = await takeGuess(ctx, guesser)
  if (!(await SPEND[method](ctx, user, input.code))) {
    if (guesses === FREE_GUESSES) await warnOfGuessing(ctx, user)
    return false
  }
  await clearGuesses(ctx, guesser)
  return true
}

type Spend = (ctx: WriteCtx, user: Row<'user'>, code: string) => Promise<boolean>

const SPEND: Readonly<Record<CodeMethod, Spend>> = {
  async totp(ctx, user, code) {
    if (!(await spendTotpCode(ctx, { userId: user.id, code }))) return false
    await record(ctx, { action: 'totp.verify', ...byAndOf(ctx, user) })
    return true
  },
  async backup_code(ctx, user, code) {
    const spent = await spendBackupCode(ctx, { userId: user.id, code })
    if (!spent) return false
    await record(ctx, { action: 'backup_code.use', ...byAndOf(ctx, user), details: { left: spent.left } })
    await mailMfaChange(ctx, user, { change: 'backup_code_used', codesLeft: spent.left })
    return true
  },
}

/** Who has proved both factors is the user, whether or not there is a session yet. */
const byAndOf = ({ actor }: WriteCtx, { id }: Row<'user'>) => ({
  actor: (actor.kind === ANONYMOUS.kind ? { kind: 'user', userId: id } : actor) satisfies Actor,
  target: { type: 'user', id },
})

const warnOfGuessing = (ctx: WriteCtx, user: Row<'user'>): Promise<void> =>
  enqueueMail(ctx, {
    kind: 'second_factor_guessing',
    to: user.email,
    locale: user.locale,
    at: ctx.now.toISOString(),
    deviceName: deviceName(ctx.request?.userAgent),
    address: ctx.request?.address ?? null,
  })
