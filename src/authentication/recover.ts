import { record } from '../audit/index.ts'
import { createMailProof, MAIL_PROOF_SECONDS } from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { addSeconds } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import type { AuthenticationDeps } from './deps.ts'
import { type ChosenPassword, replacePassword } from './password-reset.ts'
import { resetSecondFactors } from './reset-second-factors.ts'

export interface RecoveryLink {
  readonly url: string
  readonly expiresAt: Date
}

/**
 * Makes the link by which a user, who has lost password and second factors, gets in again; one made before no longer
 * counts. It is to be handed over by another way than mail, whose account may be lost, too, or somebody else's: the
 * mail only says that there is one.
 */
export async function createRecoveryLink(ctx: WriteCtx, user: Row<'user'>): Promise<RecoveryLink> {
  const { id: userId, email, locale } = user
  const token = await createMailProof(ctx, { purpose: 'recovery', userId, email })
  const expiresAt = addSeconds(ctx.now, MAIL_PROOF_SECONDS.recovery)
  await enqueueMail(ctx, { kind: 'recovery_link', to: email, locale, expiresAt: expiresAt.toISOString() })
  return { url: `${ctx.config.publicUrl}/recover?token=${encodeURIComponent(token)}`, expiresAt }
}

/**
 * Gives the holder of such a link a new password, and takes all second factors away. Sessions, tokens of
 * applications and open sign-ins end.
 * Throws as `resetPassword` does.
 */
export const recoverAccess = (
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  chosen: ChosenPassword,
): Promise<void> =>
  replacePassword(deps, origin, { ...chosen, purpose: 'recovery' }, async (ctx, user) => {
    const reset = await resetSecondFactors(ctx, user)
    await record(ctx, {
      action: 'user.recover',
      actor: { kind: 'user', userId: user.id },
      target: { type: 'user', id: user.id },
      details: { had_totp: reset.hadTotp, passkeys: reset.passkeys, sessions_revoked: reset.sessions },
    })
  })
