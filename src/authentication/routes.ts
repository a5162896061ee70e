import { Elysia } from 'elysia'
import { record } from '../audit/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { type Caller, Envelope, guard, Nothing, originCheck, success } from '../http/index.ts'
import { revokeSession } from '../sessions/index.ts'
import { arrive } from './arrival.ts'
import type { AuthenticationDeps } from './deps.ts'
import { resendVerification, verifyEmail } from './email-verification.ts'
import { requestPasswordReset, resetPassword } from './password-reset.ts'
import { recoverAccess } from './recover.ts'
import { register } from './register.ts'
import {
  Credentials,
  ForgottenPassword,
  MailedToken,
  Me,
  NewlyRegistered,
  NewPassword,
  NewRegistration,
  RecoveredPassword,
  SignInAnswer,
} from './schema.ts'
import { sessionCookies } from './session-cookies.ts'
import { createPasswordSignIn } from './sign-in.ts'
import { meView, newlyRegisteredView, secondFactorView, signedInMessage, signedInView } from './views.ts'

export const authentication = (deps: AuthenticationDeps) => {
  const signIn = createPasswordSignIn(deps)
  const cookies = sessionCookies(deps.config)
  const checkOrigin = originCheck(deps.config)

  /** Else a foreign page could sign its visitors in as somebody of its choice, and read what they then do. */
  const fromThisSite = ({ request }: { request: Request }) => checkOrigin(request, false)

  return new Elysia({ name: 'authentication', prefix: '/api/v1/auth', tags: ['Authentication'] })
    .use(guard(deps))
    .post(
      '/register',
      async ({ origin, request, body, set, status }) => {
        const registered = await register(deps, origin, {
          email: body.email,
          password: body.password,
          fullName: body.full_name,
          inviteToken: body.invite_token,
          cookies: cookies.presented(request),
        })
        if (!registered) {
          return status(202, success(origin, {}, { code: 202, message: 'Look into your mailbox to go on.' }))
        }
        set.headers['set-cookie'] = cookies.ofBegun(registered.begun)
        const data = newlyRegisteredView(registered, registered.pendingInvites, deps.clock.now())
        return status(201, success(origin, data, { code: 201, message: 'Welcome. You are signed in.' }))
      },
      {
        public: true,
        limit: 'register',
        fails: ['AUTHORIZATION_ERROR', 'NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
        beforeHandle: fromThisSite,
        body: NewRegistration,
        response: { 201: Envelope(NewlyRegistered), 202: Envelope(Nothing) },
        detail: {
          summary: 'Register',
          description:
            'Signs the new user in and mails a link that verifies the address. With `AUTH_HIDE_EXISTENCE=true` ' +
            'the answer is 202, the same for a new address and a known one, and the mail tells how to go on.',
        },
      },
    )
    .post(
      '/login',
      async ({ origin, request, body, set }) => {
        const step = await signIn(origin, {
          email: body.email,
          password: body.password,
          isRemembered: body.remember_me ?? false,
          cookies: cookies.presented(request),
        })
        if (step.next === 'second_factor') {
          return success(origin, secondFactorView(step), { message: 'Now prove your second factor.' })
        }
        const arrival = await arrive(deps, 'password', step)
        set.headers['set-cookie'] = cookies.ofBegun(arrival.begun)
        const data = signedInView(arrival, deps.clock.now())
        return success(origin, data, { message: signedInMessage(data) })
      },
      {
        public: true,
        limit: 'login',
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'SERVICE_UNAVAILABLE'],
        beforeHandle: fromThisSite,
        body: Credentials,
        response: { 200: Envelope(SignInAnswer) },
        detail: {
          summary: 'Sign in with a password',
          description:
            'An unknown address and a wrong password get the same answer. With `mfa_required: true` there is no ' +
            'session yet: go on with the `mfa_token` by one of the `methods`.',
        },
      },
    )
    .post(
      '/logout',
      async ({ origin, caller, set }) => {
        await deps.write(origin, (ctx) => endOwnSession(ctx, caller))
        set.headers['set-cookie'] = cookies.clearSession()
        return success(origin, {}, { message: 'You are signed out.' })
      },
      {
        enrolling: true,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'End this session' },
      },
    )
    .get('/me', ({ origin, caller }) => success(origin, meView(caller, deps.clock.now())), {
      enrolling: 'profile:read',
      response: { 200: Envelope(Me) },
      detail: { summary: 'Who is calling' },
    })
    .post(
      '/forgot-password',
      async ({ origin, body }) => {
        await requestPasswordReset(deps, origin, { email: body.email })
        const message = 'If somebody has this address, a mail with a link is on its way.'
        return success(origin, {}, { message })
      },
      {
        public: true,
        limit: 'forgotPassword',
        body: ForgottenPassword,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Ask for a mail to reset the password',
          description: 'The answer does not tell whether anybody has the address.',
        },
      },
    )
    .post(
      '/reset-password',
      async ({ origin, body }) => {
        await resetPassword(deps, origin, body)
        return success(origin, {}, { message: 'The password is changed. Sign in with it.' })
      },
      {
        public: true,
        limit: 'resetPassword',
        fails: ['BAD_REQUEST', 'SERVICE_UNAVAILABLE'],
        body: NewPassword,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Set a new password by the link of a mail',
          description:
            'The link counts once, for an hour. Every session and token of an application ends; API keys stay.',
        },
      },
    )
    .post(
      '/recover',
      async ({ origin, body }) => {
        await recoverAccess(deps, origin, body)
        const message = 'The password is changed, and no second factor is left. Sign in with it.'
        return success(origin, {}, { message })
      },
      {
        public: true,
        limit: 'resetPassword',
        fails: ['BAD_REQUEST', 'SERVICE_UNAVAILABLE'],
        body: RecoveredPassword,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Set a new password by the recovery link of an administrator',
          description:
            'For who has lost the second factors, too: all of them are removed. The link counts once, for an hour. ' +
            'Every session and token of an application ends; API keys stay.',
        },
      },
    )
    .post(
      '/verify-email',
      async ({ origin, body }) => {
        await verifyEmail(deps, origin, body.token)
        return success(origin, {}, { message: 'The e-mail address is verified.' })
      },
      {
        public: true,
        limit: 'verification',
        fails: ['BAD_REQUEST', 'CONFLICT'],
        body: MailedToken,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Verify an e-mail address by the link of a mail',
          description: 'The link counts once, for a day. A change of address takes effect by it.',
        },
      },
    )
    .post(
      '/resend-verification',
      async ({ origin, caller }) => {
        await deps.write(origin, (ctx) => resendVerification(ctx, caller.user.id))
        return success(origin, {}, { message: 'A new mail is on its way.' })
      },
      {
        signedIn: 'profile:write',
        limit: 'verification',
        fails: ['CONFLICT'],
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Send the verification mail again' },
      },
    )
}

async function endOwnSession(ctx: WriteCtx, { user, credential }: Caller): Promise<void> {
  if (credential.kind !== 'session') return
  const { id } = credential.session
  await revokeSession(ctx, { userId: user.id, id })
  await record(ctx, { action: 'user.logout', target: { type: 'session', id } })
}
