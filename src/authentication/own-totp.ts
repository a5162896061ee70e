import { record } from '../audit/index.ts'
import {
  enrolTotp,
  findOpenEnrolment,
  findTotp,
  generateBackupCodes,
  removeBackupCodes,
  removeTotp,
  secondFactorsOf,
  type TotpEnrolment,
  verifyTotpEnrolment,
} from '../credentials/index.ts'
import type { ReadCtx, Row, UnitsOfWork, WriteCtx } from '../db/index.ts'
import { type Caller, instantOrNull, type RequestOrigin } from '../http/index.ts'
import { type AppError, conflict, unauthenticated } from '../kernel/index.ts'
import { evaluateUser, requireRemovable } from '../policies/index.ts'
import { rotateSession } from '../sessions/index.ts'
import { BY_CODE, together } from './assurance.ts'
import { mailMfaChange } from './mfa-mail.ts'
import { recordingRefusal, whyKept } from './refused.ts'
import type { TotpStatus } from './totp-schema.ts'

export interface EnabledTotp {
  readonly backupCodes: readonly string[]
  readonly session: Row<'session'>
  readonly token: string
}

/** Begins the enrolment of an authenticator app. One that counts does so until the new one is verified. */
export async function beginOwnTotp(ctx: WriteCtx, { user }: Caller): Promise<TotpEnrolment> {
  const enrolment = await enrolTotp(ctx, { user, issuer: issuerOf(ctx) })
  await record(ctx, { action: 'totp.enroll', target: { type: 'user', id: user.id } })
  return enrolment
}

/** The same for a page that is loaded again: an enrolment that was begun goes on, or the scanned code would be lost. */
export const resumeOwnTotp = async (ctx: WriteCtx, caller: Caller): Promise<TotpEnrolment> =>
  (await findOpenEnrolment(ctx, { user: caller.user, issuer: issuerOf(ctx) })) ?? beginOwnTotp(ctx, caller)

const issuerOf = ({ config }: Pick<WriteCtx, 'config'>): string => new URL(config.publicUrl).hostname

/**
 * Finishes it: the app counts, there are new backup codes, and the session has proved two factors. One that is only
 * for getting a passkey, because an organization allows no other way in, stays so. Undefined for a wrong code. Throws
 * BAD_REQUEST when no enrolment is open. Whatever is refused is recorded.
 */
export const enableOwnTotp = (
  deps: UnitsOfWork,
  origin: RequestOrigin,
  { caller, code }: { readonly caller: Caller; readonly code: string },
): Promise<EnabledTotp | undefined> => {
  const reasonOf = ({ type }: AppError) => (type === 'BAD_REQUEST' ? 'no_enrolment' : 'session_ended')
  const refused = { ...ENROLMENT_FAILED, target: { type: 'user', id: caller.user.id }, reasonOf }
  return recordingRefusal(deps, origin, refused, () =>
    deps.write(origin, (ctx) => finish(ctx, caller, code), { isSerializable: true }),
  )
}

/** How the audit log has a code that finished no enrolment. */
export const ENROLMENT_FAILED = { action: 'totp.verify_failed', details: { purpose: 'enrolment' } } as const

async function finish(
  ctx: WriteCtx,
  { user, credential }: Caller,
  code: string,
): Promise<EnabledTotp | undefined> {
  const target = { type: 'user', id: user.id }
  const enrolled = await verifyTotpEnrolment(ctx, { userId: user.id, code })
  if (!enrolled) {
    await record(ctx, { ...ENROLMENT_FAILED, outcome: 'failure', reason: 'wrong_code', target })
    return undefined
  }
  const { isReplacement, backupCodes } = enrolled
  await record(ctx, { action: 'totp.enable', target, details: { is_replacement: isReplacement } })
  await record(ctx, { action: 'backup_code.generate', target, details: { codes: backupCodes.length } })
  await evaluateUser(ctx, user.id)
  const change = isReplacement ? 'totp_replaced' : 'totp_enabled'
  await mailMfaChange(ctx, user, { change, codesLeft: backupCodes.length })
  const rotated =
    credential.kind === 'session' &&
    (await rotateSession(
      ctx,
      { userId: user.id, id: credential.session.id },
      { ...together(credential.session, BY_CODE), steppedUpAt: ctx.now },
    ))
  if (!rotated) throw unauthenticated()
  return { backupCodes, ...rotated }
}

/**
 * Takes the app away, and with the last second factor the backup codes that stand in for it. Throws CONFLICT when
 * there is none, and where an organization's policy needs it; that is recorded.
 */
export const disableOwnTotp = (deps: UnitsOfWork, origin: RequestOrigin, caller: Caller): Promise<void> => {
  const target = { type: 'user', id: caller.user.id }
  const refused = { action: 'totp.disable', target, reasonOf: whyKept } as const
  return recordingRefusal(deps, origin, refused, () =>
    deps.write(origin, (ctx) => disable(ctx, caller), { isSerializable: true }),
  )
}

async function disable(ctx: WriteCtx, { user }: Caller): Promise<void> {
  const { hasTotp, hasWebauthn, backupCodesLeft } = await secondFactorsOf(ctx, user.id)
  if (!hasTotp) throw conflict('You have no authenticator app.')
  await requireRemovable(ctx, user.id, { hasTotp: false, hasWebauthn })
  await removeTotp(ctx, user.id)
  if (!hasWebauthn) await removeBackupCodes(ctx, user.id)
  await record(ctx, { action: 'totp.disable', target: { type: 'user', id: user.id } })
  await evaluateUser(ctx, user.id)
  await mailMfaChange(ctx, user, { change: 'totp_disabled', codesLeft: hasWebauthn ? backupCodesLeft : 0 })
}

/** Throws CONFLICT for somebody without a second factor that the codes could stand in for. */
export async function regenerateOwnBackupCodes(ctx: WriteCtx, { user }: Caller): Promise<readonly string[]> {
  const { hasTotp, hasWebauthn } = await secondFactorsOf(ctx, user.id)
  if (!hasTotp && !hasWebauthn) throw conflict('Enrol a second factor first: backup codes stand in for one.')
  const codes = await generateBackupCodes(ctx, user.id)
  const target = { type: 'user', id: user.id }
  await record(ctx, { action: 'backup_code.generate', target, details: { codes: codes.length } })
  await mailMfaChange(ctx, user, { change: 'backup_codes_regenerated', codesLeft: codes.length })
  return codes
}

export async function ownTotpStatus(ctx: ReadCtx, { user }: Caller): Promise<TotpStatus> {
  const totp = await findTotp(ctx, user.id)
  const { backupCodesLeft } = await secondFactorsOf(ctx, user.id)
  return {
    enabled: totp?.verifiedAt != null,
    verified_at: instantOrNull(totp?.verifiedAt ?? null),
    last_used_at: instantOrNull(totp?.lastUsedAt ?? null),
    backup_codes_left: backupCodesLeft,
  }
}
