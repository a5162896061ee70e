import { Elysia } from 'elysia'
import { Envelope, guard, type HttpDeps, Nothing, success } from '../http/index.ts'
import { unauthenticated } from '../kernel/index.ts'
import {
  beginOwnTotp,
  disableOwnTotp,
  ENROLMENT_FAILED,
  enableOwnTotp,
  ownTotpStatus,
  regenerateOwnBackupCodes,
} from './own-totp.ts'
import { requirePresence } from './presence.ts'
import { qrSvg } from './qr-code.ts'
import { recordMalformed } from './refused.ts'
import { codeGuessKey } from './second-factor-code.ts'
import { sessionCookies } from './session-cookies.ts'
import { EnrolmentCode, NewBackupCodes, TotpEnabled, TotpEnrolment, TotpStatus } from './totp-schema.ts'

/** The own authenticator app and backup codes. Signing in with them is the business of the sign-in. */
export const totp = (deps: HttpDeps) => {
  const cookies = sessionCookies(deps.config)

  return new Elysia({ name: 'totp', prefix: '/api/v1/auth/totp', tags: ['Authentication'] })
    .use(guard(deps))
    .post(
      '/enroll',
      async ({ origin, caller }) => {
        await requirePresence(deps, origin, caller)
        const { secret, otpauthUri } = await deps.write(origin, (ctx) => beginOwnTotp(ctx, caller))
        const message = 'Scan the code with an authenticator app, then send a code from it.'
        return success(origin, { secret, otpauth_uri: otpauthUri, qr_svg: qrSvg(otpauthUri) }, { message })
      },
      {
        enrolling: true,
        fails: ['STEP_UP_REQUIRED'],
        response: { 200: Envelope(TotpEnrolment) },
        detail: {
          summary: 'Begin to enrol an authenticator app',
          description:
            'The secret counts once a code from it is verified. Beginning anew replaces it. Where there is an app ' +
            'already, that one counts until then. Needs a recent step-up where there is a second factor already.',
        },
      },
    )
    .post(
      '/verify-enrollment',
      async ({ origin, caller, body, set }) => {
        // Whoever has a session counts as a known device: strangers must not use up the owner's tries.
        await deps.rateLimits.spend('totpVerify', codeGuessKey({ userId: caller.user.id, isKnown: true }))
        await requirePresence(deps, origin, caller)
        const enabled = await enableOwnTotp(deps, origin, { caller, code: body.code })
        if (!enabled) throw unauthenticated('The code is wrong, or was used already. Send the next one.')
        const { backupCodes, session, token } = enabled
        set.headers['set-cookie'] = cookies.ofSession(session, token, deps.clock.now())
        const data = { backup_codes: [...backupCodes], token, expires_at: session.expiresAt.toISOString() }
        return success(origin, data, { message: 'Keep the backup codes: they are shown once.' })
      },
      {
        enrolling: true,
        limit: 'totpVerify',
        onMalformed: recordMalformed(deps, ENROLMENT_FAILED),
        fails: ['AUTHENTICATION_ERROR', 'STEP_UP_REQUIRED', 'BAD_REQUEST'],
        body: EnrolmentCode,
        response: { 200: Envelope(TotpEnabled) },
        detail: {
          summary: 'Finish the enrolment with a code from the app',
          description:
            'From now on signing in asks for a code of this app. The backup codes are new, and those before no longer ' +
            'count. This session goes on with the token of the answer.',
        },
      },
    )
    .get(
      '/status',
      async ({ origin, caller }) =>
        success(origin, await deps.read(origin, (ctx) => ownTotpStatus(ctx, caller))),
      {
        enrolling: 'profile:read',
        response: { 200: Envelope(TotpStatus) },
        detail: { summary: 'Show the own authenticator app, and how many backup codes are left' },
      },
    )
    .post(
      '/disable',
      async ({ origin, caller }) => {
        await disableOwnTotp(deps, origin, caller)
        return success(origin, {}, { message: 'The authenticator app no longer counts.' })
      },
      {
        signedIn: true,
        stepUp: true,
        fails: ['CONFLICT'],
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Remove the authenticator app',
          description:
            'Refused where the policy of an organization needs it and nothing else satisfies that policy.',
        },
      },
    )
    .post(
      '/backup-codes/regenerate',
      async ({ origin, caller }) => {
        const codes = await deps.write(origin, (ctx) => regenerateOwnBackupCodes(ctx, caller), {
          isSerializable: true,
        })
        const message = 'Keep the backup codes: they are shown once.'
        return success(origin, { backup_codes: [...codes] }, { message })
      },
      {
        signedIn: true,
        stepUp: true,
        fails: ['CONFLICT'],
        response: { 200: Envelope(NewBackupCodes) },
        detail: {
          summary: 'Replace the backup codes by ten new ones',
          description: 'The codes before no longer count.',
        },
      },
    )
}
