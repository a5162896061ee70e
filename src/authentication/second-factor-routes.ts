import { Elysia } from 'elysia'
import { Envelope, guard, originCheck, success } from '../http/index.ts'
import type { AuthenticationDeps } from './deps.ts'
import { recordMalformedSignIn } from './refused.ts'
import { SignedIn } from './schema.ts'
import { signInByCode } from './second-factor-code.ts'
import { CodeAnswer, WebauthnAnswer, WebauthnQuestion } from './second-factor-schema.ts'
import { sessionCookies } from './session-cookies.ts'
import { signedInMessage, signedInView } from './views.ts'
import { RequestOptions } from './webauthn-schema.ts'
import { beginWebauthnSignIn, signInByPasskey, signInByWebauthn } from './webauthn-sign-in.ts'

/** The second step of a sign-in, and passkeys, which need no first. */
export const secondFactors = (deps: AuthenticationDeps) => {
  const cookies = sessionCookies(deps.config)
  const checkOrigin = originCheck(deps.config)
  /** As at the first step: nobody is to be signed in by a foreign page. */
  const fromThisSite = ({ request }: { request: Request }) => checkOrigin(request, false)

  return new Elysia({ name: 'second-factors', prefix: '/api/v1/auth', tags: ['Authentication'] })
    .use(guard(deps))
    .post(
      '/totp/verify',
      async ({ origin, request, body, set }) => {
        const arrival = await signInByCode(deps, origin, {
          mfaToken: body.mfa_token,
          code: body.code,
          cookies: cookies.presented(request),
        })
        set.headers['set-cookie'] = cookies.ofBegun(arrival.begun)
        const data = signedInView(arrival, deps.clock.now())
        return success(origin, data, { message: signedInMessage(data) })
      },
      {
        public: true,
        limit: 'totpVerify',
        onMalformed: recordMalformedSignIn(deps, 'totp.verify_failed'),
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR'],
        beforeHandle: fromThisSite,
        body: CodeAnswer,
        response: { 200: Envelope(SignedIn) },
        detail: {
          summary: 'Sign in with a code as the second factor',
          description:
            'Six digits of the authenticator app, each code once, or a backup code. Five wrong answers end the ' +
            'sign-in; after ten wrong codes each further one has to wait, longer and longer.',
        },
      },
    )
    .post(
      '/webauthn/login/begin',
      async ({ origin, body }) => {
        const input = { mfaToken: body.mfa_token, email: body.email }
        return success(origin, await beginWebauthnSignIn(deps, origin, input))
      },
      {
        public: true,
        limit: 'passkey',
        fails: ['AUTHENTICATION_ERROR', 'BAD_REQUEST'],
        body: WebauthnQuestion,
        response: { 200: Envelope(RequestOptions) },
        detail: {
          summary: 'Begin to sign in with a passkey or security key',
          description:
            'With an `mfa_token` as the second factor; with an `email` by one of its owner’s passkeys, if there are ' +
            'any, which the answer does not tell; with neither the browser offers those that it has.',
        },
      },
    )
    .post(
      '/webauthn/login/complete',
      async ({ origin, request, body, set }) => {
        const answer = { response: body.credential, cookies: cookies.presented(request) }
        const arrival =
          body.mfa_token === undefined
            ? await signInByPasskey(deps, origin, { ...answer, isRemembered: body.remember_me ?? false })
            : await signInByWebauthn(deps, origin, { ...answer, mfaToken: body.mfa_token })
        set.headers['set-cookie'] = cookies.ofBegun(arrival.begun)
        const data = signedInView(arrival, deps.clock.now())
        return success(origin, data, { message: signedInMessage(data) })
      },
      {
        public: true,
        limit: 'passkey',
        onMalformed: recordMalformedSignIn(deps, 'webauthn.verify_failed'),
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR'],
        beforeHandle: fromThisSite,
        body: WebauthnAnswer,
        response: { 200: Envelope(SignedIn) },
        detail: {
          summary: 'Sign in with what a passkey or security key has signed',
          description: 'A passkey is two factors by itself: it must have verified its user.',
        },
      },
    )
}
