import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { record } from '../audit/index.ts'
import {
  beginRegistration,
  generateBackupCodes,
  listCredentials,
  MAX_CREDENTIALS,
  type RegistrationResponse,
  removeBackupCodes,
  removeCredential,
  renameCredential,
  secondFactorMethods,
  secondFactorsOf,
  storeCredential,
  type VerifiedRegistration,
  verifyRegistration,
} from '../credentials/index.ts'
import type { ReadCtx, Row, UnitsOfWork, WriteCtx } from '../db/index.ts'
import type { Caller, HttpDeps, RequestOrigin } from '../http/index.ts'
import { type AppError, badRequest, forbidden, unauthenticated } from '../kernel/index.ts'
import { effectivePolicy, evaluateUser, requireRemovable } from '../policies/index.ts'
import { rotateSession } from '../sessions/index.ts'
import { byAuthenticator, together } from './assurance.ts'
import { mailMfaChange } from './mfa-mail.ts'
import { recordingRefusal, whyKept } from './refused.ts'
import type { WebauthnStatus } from './webauthn-schema.ts'

export interface RegisteredCredential {
  readonly credential: Row<'webauthnCredential'>
  /** With the first second factor only. */
  readonly backupCodes: readonly string[] | undefined
  readonly session: Row<'session'>
  readonly token: string
}

/** What the browser is asked to make; with its maker's statement where an organization allows certain models only. */
export async function beginOwnRegistration(
  ctx: WriteCtx,
  { user }: Caller,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return beginRegistration(ctx, { user, isAttested: await asksForModels(ctx, user.id) })
}

async function asksForModels(ctx: ReadCtx, userId: string): Promise<boolean> {
  const { webauthnAllowedAaguids } = await effectivePolicy(ctx, userId)
  return webauthnAllowedAaguids.length > 0
}

/**
 * Makes what the browser has made a second factor of the caller's, and the session one that was begun with it. Throws
 * BAD_REQUEST for what does not verify, AUTHORIZATION_ERROR for a model that an organization does not allow, CONFLICT
 * for a credential that is somebody's already. Whatever is refused is recorded.
 */
export async function completeOwnRegistration(
  deps: HttpDeps,
  origin: RequestOrigin,
  input: {
    readonly caller: Caller
    readonly response: RegistrationResponse
    readonly name: string | undefined
  },
): Promise<RegisteredCredential> {
  const { caller, response, name } = input
  const userId = caller.user.id
  const isAttested = await deps.read(origin, (ctx) => asksForModels(ctx, userId))
  const verified = await verifyRegistration(deps, origin, { userId, isAttested, response })
  const refused = {
    action: 'webauthn.register_failed',
    target: { type: 'user', id: userId },
    reasonOf: ({ type }: AppError) =>
      'failure' in verified ? verified.failure : (REASONS[type] ?? 'refused'),
  } as const
  return recordingRefusal(deps, origin, refused, async () => {
    if ('failure' in verified) {
      throw badRequest('This passkey or security key could not be verified. Begin again.')
    }
    return deps.write(origin, (ctx) => keep(ctx, caller, { verified, name }), { isSerializable: true })
  })
}

const REASONS: Readonly<Partial<Record<AppError['type'], string>>> = {
  AUTHORIZATION_ERROR: 'model_not_allowed',
  CONFLICT: 'taken_or_too_many',
  AUTHENTICATION_ERROR: 'session_ended',
}

async function keep(
  ctx: WriteCtx,
  { user, credential: presented }: Caller,
  input: { readonly verified: VerifiedRegistration; readonly name: string | undefined },
): Promise<RegisteredCredential> {
  if (presented.kind !== 'session') throw unauthenticated()
  const { webauthnAllowedAaguids } = await effectivePolicy(ctx, user.id)
  requireAllowedModel(input.verified, webauthnAllowedAaguids)
  const isFirst = secondFactorMethods(await secondFactorsOf(ctx, user.id)).length === 0
  const credential = await storeCredential(ctx, { userId: user.id, ...input })
  const { id, aaguid, name, isAttested } = credential
  await record(ctx, {
    action: 'webauthn.register',
    target: { type: 'webauthn_credential', id },
    details: { name, aaguid, is_attested: isAttested },
  })
  const backupCodes = isFirst ? await generateBackupCodes(ctx, user.id) : undefined
  const codesLeft = backupCodes?.length ?? null
  if (backupCodes) {
    const target = { type: 'user', id: user.id }
    await record(ctx, { action: 'backup_code.generate', target, details: { codes: codesLeft } })
  }
  await evaluateUser(ctx, user.id)
  await mailMfaChange(ctx, user, { change: 'webauthn_registered', codesLeft })
  const { session } = presented
  const rotated = await rotateSession(
    ctx,
    { userId: user.id, id: session.id },
    {
      ...together(session, byAuthenticator(credential)),
      steppedUpAt: ctx.now,
      isComplianceOnly: false,
    },
  )
  if (!rotated) throw unauthenticated()
  return { credential, backupCodes, ...rotated }
}

/** An AAGUID alone is what an authenticator says of itself: it counts where its maker vouches for it. */
function requireAllowedModel(
  { aaguid, isAttested }: VerifiedRegistration,
  lists: readonly (readonly string[])[],
): void {
  if (lists.every((allowed) => isAttested && allowed.includes(aaguid))) return
  throw forbidden(
    isAttested
      ? 'Your organization does not allow this model of authenticator.'
      : 'Your organization allows certain models only, and nobody vouches for the model of this authenticator.',
    { aaguid, is_attested: isAttested },
  )
}

/** Throws NOT_FOUND, also for a credential of somebody else; that is recorded. */
export async function renameOwnCredential(
  deps: UnitsOfWork,
  origin: RequestOrigin,
  { caller, ...change }: OwnCredential & { readonly name: string },
): Promise<Row<'webauthnCredential'>> {
  const { id: userId } = caller.user
  const refused = {
    action: 'webauthn.update',
    target: { type: 'user', id: userId },
    reasonOf: whyKept,
  } as const
  return recordingRefusal(deps, origin, refused, () =>
    deps.write(origin, async (ctx) => {
      const credential = await renameCredential(ctx, { userId, ...change })
      await record(ctx, {
        action: 'webauthn.update',
        target: { type: 'webauthn_credential', id: credential.id },
        details: { name: credential.name },
      })
      return credential
    }),
  )
}

interface OwnCredential {
  readonly caller: Caller
  readonly id: string
}

/**
 * Takes a credential away, and with the last second factor the backup codes that stand in for it. Throws NOT_FOUND,
 * also for one of somebody else, and CONFLICT where an organization's policy needs it; that is recorded.
 */
export async function removeOwnCredential(
  deps: UnitsOfWork,
  origin: RequestOrigin,
  { caller, id }: OwnCredential,
): Promise<void> {
  const target = { type: 'user', id: caller.user.id }
  const refused = { action: 'webauthn.delete', target, reasonOf: whyKept } as const
  return recordingRefusal(deps, origin, refused, () =>
    deps.write(origin, (ctx) => remove(ctx, caller, id), { isSerializable: true }),
  )
}

/** In a serializable unit of work, or of two at the same moment both may go. */
async function remove(ctx: WriteCtx, { user }: Caller, id: string): Promise<void> {
  const { hasTotp, backupCodesLeft } = await secondFactorsOf(ctx, user.id)
  const others = (await listCredentials(ctx, user.id)).filter((credential) => credential.id !== id)
  const remaining = { hasTotp, hasWebauthn: others.length > 0 }
  await requireRemovable(ctx, user.id, { ...remaining, withoutCredentialId: id })
  const { name, aaguid } = await removeCredential(ctx, { userId: user.id, id })
  const isLast = secondFactorMethods({ ...remaining, backupCodesLeft }).length === 0
  if (isLast) await removeBackupCodes(ctx, user.id)
  await record(ctx, {
    action: 'webauthn.delete',
    target: { type: 'webauthn_credential', id },
    details: { name, aaguid },
  })
  await evaluateUser(ctx, user.id)
  await mailMfaChange(ctx, user, { change: 'webauthn_removed', codesLeft: isLast ? 0 : null })
}

export async function ownWebauthnStatus(ctx: ReadCtx, { user }: Caller): Promise<WebauthnStatus> {
  const credentials = await listCredentials(ctx, user.id)
  const { backupCodesLeft } = await secondFactorsOf(ctx, user.id)
  return {
    enabled: credentials.length > 0,
    credentials: credentials.length,
    max_credentials: MAX_CREDENTIALS,
    backup_codes_left: backupCodesLeft,
  }
}
