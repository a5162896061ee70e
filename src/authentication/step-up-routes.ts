import { Elysia } from 'elysia'
import { Envelope, guard, STEP_UP_SECONDS, success } from '../http/index.ts'
import { addSeconds } from '../kernel/index.ts'
import type { AuthenticationDeps } from './deps.ts'
import { recordMalformed } from './refused.ts'
import { PresenceAnswer, SteppedUp } from './second-factor-schema.ts'
import { sessionCookies } from './session-cookies.ts'
import { beginStepUp, type PresenceProof, stepUp } from './step-up.ts'
import { RequestOptions } from './webauthn-schema.ts'

/** Proving presence again, for what asks for it; open also past an MFA deadline, because enrolling may ask. */
export const stepUps = (deps: AuthenticationDeps) => {
  const cookies = sessionCookies(deps.config)

  return new Elysia({ name: 'step-up', prefix: '/api/v1/auth/step-up', tags: ['Authentication'] })
    .use(guard(deps))
    .post(
      '/begin',
      async ({ origin, caller }) =>
        success(origin, await deps.write(origin, (ctx) => beginStepUp(ctx, caller))),
      {
        enrolling: true,
        limit: 'passkey',
        fails: ['BAD_REQUEST'],
        response: { 200: Envelope(RequestOptions) },
        detail: { summary: 'Begin to confirm that it is you with a passkey or security key' },
      },
    )
    .post(
      '',
      async ({ origin, request, caller, body, set }) => {
        const deviceToken = cookies.presented(request).device
        const { session, token } = await stepUp(deps, origin, { caller, deviceToken, proof: proofOf(body) })
        const steppedUpAt = session.steppedUpAt ?? deps.clock.now()
        set.headers['set-cookie'] = cookies.ofSession(session, token, steppedUpAt)
        const expires_at = addSeconds(steppedUpAt, STEP_UP_SECONDS).toISOString()
        return success(
          origin,
          { expires_at, token },
          { message: 'Thank you. Now repeat what asked for this.' },
        )
      },
      {
        enrolling: true,
        limit: 'totpVerify',
        onMalformed: recordMalformed(deps, { action: 'mfa.step_up_failed' }),
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'SERVICE_UNAVAILABLE'],
        body: PresenceAnswer,
        response: { 200: Envelope(SteppedUp) },
        detail: {
          summary: 'Confirm that it is you',
          description:
            'What asks for it answers STEP_UP_REQUIRED with the methods that you have. The password will do for ' +
            'those who have no second factor. The session goes on with the token of the answer.',
        },
      },
    )
}

const proofOf = (answer: PresenceAnswer): PresenceProof =>
  answer.method === 'webauthn' ? { method: 'webauthn', response: answer.credential } : answer
