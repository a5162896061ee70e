import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, GivenId, guard, type HttpDeps, Nothing, success } from '../http/index.ts'
import { User, userView } from '../users/index.ts'
import { getUserDetails, listUsers } from './find-users.ts'
import { changeUser, revokeSessionsOf, sendPasswordReset } from './manage-user.ts'
import { makeRecoveryLink, resetMfa } from './recover-user.ts'
import { MadeRecoveryLink, MfaReset, Suspension, UserChange, UserDetails, UserQuery } from './schema.ts'
import { deleteOtherUser, suspendUser, unsuspendUser } from './shut-out.ts'

const UserPath = z.object({ id: GivenId })
const UserAnswer = Envelope(z.object({ user: User }))
const SERIALIZABLE = { isSerializable: true }

/** Everybody's user, for instance administrators. */
export const userRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'admin/users', prefix: '/api/v1/admin', tags: ['Instance administration'] })
    .use(guard(deps))
    .get(
      '/users',
      async ({ origin, query }) => {
        const page = await deps.read(origin, (ctx) => listUsers(ctx, { query, cursors: deps.cursors }))
        return success(origin, { users: page.rows.map(userView) }, { meta: page.meta })
      },
      {
        instanceAdmin: 'admin:read',
        query: UserQuery,
        response: { 200: Envelope(z.object({ users: z.array(User) })) },
        detail: { summary: 'List and search users' },
      },
    )
    .get(
      '/users/:id',
      async ({ origin, params }) =>
        success(origin, await deps.read(origin, (ctx) => getUserDetails(ctx, params.id))),
      {
        instanceAdmin: 'admin:read',
        fails: ['NOT_FOUND'],
        params: UserPath,
        response: { 200: Envelope(UserDetails) },
        detail: { summary: 'Show a user with memberships and open sessions' },
      },
    )
    .patch(
      '/users/:id',
      async ({ origin, params, body }) => {
        const user = await deps.write(origin, (ctx) => changeUser(ctx, params.id, body), SERIALIZABLE)
        return success(origin, { user: userView(user) }, { message: 'User changed.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        body: UserChange,
        response: { 200: UserAnswer },
        detail: { summary: 'Change a user, or appoint an instance administrator' },
      },
    )
    .post(
      '/users/:id/suspend',
      async ({ origin, params, body }) => {
        const user = await deps.write(origin, (ctx) => suspendUser(ctx, params.id, body ?? {}), SERIALIZABLE)
        return success(origin, { user: userView(user) }, { message: 'User suspended.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        body: Suspension.optional(),
        response: { 200: UserAnswer },
        detail: { summary: 'Shut a user out and end everything that they hold' },
      },
    )
    .post(
      '/users/:id/unsuspend',
      async ({ origin, params }) => {
        const user = await deps.write(origin, (ctx) => unsuspendUser(ctx, params.id))
        return success(origin, { user: userView(user) }, { message: 'User may sign in again.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        response: { 200: UserAnswer },
        detail: { summary: 'Let a suspended user sign in again' },
      },
    )
    .post(
      '/users/:id/revoke-sessions',
      async ({ origin, params }) => {
        const revoked = await deps.write(origin, (ctx) => revokeSessionsOf(ctx, params.id))
        return success(origin, { revoked }, { message: 'Sessions ended.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND'],
        params: UserPath,
        response: { 200: Envelope(z.object({ revoked: z.int().describe('How many were ended') })) },
        detail: { summary: 'End all sessions of a user' },
      },
    )
    .post(
      '/users/:id/send-password-reset',
      async ({ origin, params }) => {
        await deps.write(origin, (ctx) => sendPasswordReset(ctx, params.id))
        return success(origin, {}, { message: 'The user has been sent a link to set a new password.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Mail a user the link to set a new password' },
      },
    )
    .post(
      '/users/:id/reset-mfa',
      async ({ origin, params }) => {
        const reset = await deps.write(origin, (ctx) => resetMfa(ctx, params.id), SERIALIZABLE)
        return success(origin, reset, {
          message: 'The user has no second factor any more, and is signed out.',
        })
      },
      {
        instanceAdmin: true,
        stepUp: true,
        fails: ['NOT_FOUND'],
        params: UserPath,
        response: { 200: Envelope(MfaReset) },
        detail: {
          summary: 'Remove all second factors of a user who has lost them',
          description:
            'Their sessions end; API keys and the password stay. Who had a second factor is told by mail.',
        },
      },
    )
    .post(
      '/users/:id/recovery-link',
      async ({ origin, params, status }) => {
        const { url, expiresAt } = await deps.write(origin, (ctx) => makeRecoveryLink(ctx, params.id))
        const data = { url, expires_at: expiresAt.toISOString() }
        const message = 'Hand it to the user in person. It is shown once.'
        return status(201, success(origin, data, { code: 201, message }))
      },
      {
        instanceAdmin: true,
        stepUp: true,
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        response: { 201: Envelope(MadeRecoveryLink) },
        detail: {
          summary: 'Make the link by which a user who has lost everything gets in again',
          description:
            'It sets a new password and removes all second factors, once, within an hour. It is not mailed; the user ' +
            'is told by mail that it was made.',
        },
      },
    )
    .delete(
      '/users/:id',
      async ({ origin, params }) => {
        await deps.write(origin, (ctx) => deleteOtherUser(ctx, params.id), SERIALIZABLE)
        return success(origin, {}, { message: 'User deleted.' })
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND', 'CONFLICT'],
        params: UserPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Delete a user with all of their data' },
      },
    )
