import { Elysia } from 'elysia'
import { z } from 'zod'
import { createCookies, Envelope, guard, Nothing, success } from '../http/index.ts'
import { User, userView } from '../users/index.ts'
import { changePassword } from './change-password.ts'
import { changeProfile } from './change-profile.ts'
import { deleteSelf } from './delete-self.ts'
import type { ProfileDeps } from './deps.ts'
import { exportPersonalData } from './export.ts'
import { Farewell, PasswordChange, PasswordChanged, PersonalData, Profile, ProfileChange } from './schema.ts'

/** Oneself: profile, password, all of one's data, and the way out. */
export const selfRoutes = (deps: ProfileDeps) => {
  const jar = createCookies(deps.config)
  return new Elysia({ name: 'profile/self', prefix: '/api/v1/users/me', tags: ['Users'] })
    .use(guard(deps))
    .get('', ({ origin, caller }) => success(origin, { user: userView(caller.user) }), {
      enrolling: 'profile:read',
      response: { 200: Envelope(z.object({ user: User })) },
      detail: { summary: 'Show the own profile' },
    })
    .patch(
      '',
      async ({ origin, caller, body }) => {
        const { user, pendingEmail } = await changeProfile(deps, origin, { caller, change: body })
        return success(origin, { user: userView(user), pending_email: pendingEmail })
      },
      {
        signedIn: 'profile:write',
        fails: ['STEP_UP_REQUIRED'],
        body: ProfileChange,
        response: { 200: Envelope(Profile) },
        detail: {
          summary: 'Change the own profile',
          description:
            'A new e-mail address needs a recent sign-in, and counts once the link of a mail to it is opened.',
        },
      },
    )
    .delete(
      '',
      async ({ origin, caller, body, set }) => {
        await deleteSelf(deps, origin, { caller, password: body?.password })
        set.headers['set-cookie'] = [jar.clear('session'), jar.clear('device')]
        return success(origin, {}, { message: 'Your user and all of your data are deleted.' })
      },
      {
        signedIn: true,
        fails: ['STEP_UP_REQUIRED', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
        body: Farewell.optional(),
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Delete oneself',
          description:
            'Needs the password or a recent sign-in. Organizations that nobody else is in go along; while one with other members is owned the answer is 409.',
        },
      },
    )
    .post(
      '/password',
      async ({ origin, caller, body, set }) => {
        const changed = await changePassword(deps, origin, { caller, change: body })
        const { session, token, sessionsRevoked } = changed
        const maxAgeSeconds = session.isRemembered ? deps.config.session.rememberSeconds : undefined
        set.headers['set-cookie'] = jar.write('session', token, maxAgeSeconds)
        const expires_at = session.expiresAt.toISOString()
        return success(origin, { token, expires_at, sessions_revoked: sessionsRevoked })
      },
      {
        signedIn: true,
        fails: ['STEP_UP_REQUIRED', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
        body: PasswordChange,
        response: { 200: Envelope(PasswordChanged) },
        detail: {
          summary: 'Change the own password',
          description:
            'This session goes on with the token of the answer. A user without a password sets one after a recent sign-in.',
        },
      },
    )
    .get('/export', ({ origin, caller }) => exportPersonalData(deps, origin, caller), {
      signedIn: true,
      stepUp: true,
      response: { 200: Envelope(PersonalData) },
      detail: { summary: 'Take everything along that is held on oneself' },
    })
}
