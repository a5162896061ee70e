import { Elysia } from 'elysia'
import { z } from 'zod'
import { record } from '../audit/index.ts'
import type { WriteCtx } from '../db/index.ts'
import {
  type Caller,
  Envelope,
  GivenId,
  guard,
  type HttpDeps,
  Nothing,
  PageQuery,
  success,
} from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import { listSessions } from './list.ts'
import { Session } from './schema.ts'
import { revokeSession, revokeSessions } from './session.ts'
import { sessionView } from './views.ts'

/** Where the caller is signed in, and ending it. API keys are made under /users/me. */
export const sessions = (deps: HttpDeps) =>
  new Elysia({ name: 'sessions', prefix: '/api/v1/auth/sessions', tags: ['Authentication'] })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, caller, query }) => {
        const input = { userId: caller.user.id, query, cursors: deps.cursors }
        const page = await deps.read(origin, (ctx) => listSessions(ctx, input))
        const shownTo = { currentId: sessionIdOf(caller), isComplianceOnly: false }
        const rows = page.rows.map((row) => sessionView(row, shownTo))
        return success(origin, { sessions: rows }, { meta: page.meta })
      },
      {
        signedIn: 'profile:read',
        query: PageQuery,
        response: { 200: Envelope(z.object({ sessions: z.array(Session) })) },
        detail: { summary: 'List own sessions' },
      },
    )
    .delete(
      '/:id',
      async ({ origin, caller, params }) => {
        await deps.write(origin, (ctx) => endSession(ctx, { userId: caller.user.id, id: params.id }))
        return success(origin, {}, { message: 'Session ended.' })
      },
      {
        signedIn: 'profile:write',
        fails: ['NOT_FOUND'],
        params: z.object({ id: GivenId }),
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'End one of the own sessions' },
      },
    )
    .post(
      '/revoke-others',
      async ({ origin, caller }) => {
        const input = { userId: caller.user.id, exceptId: sessionIdOf(caller) }
        const revoked = await deps.write(origin, (ctx) => endOtherSessions(ctx, input))
        return success(origin, { revoked }, { message: 'Other sessions ended.' })
      },
      {
        signedIn: true,
        response: { 200: Envelope(z.object({ revoked: z.int().describe('How many were ended') })) },
        detail: { summary: 'End every own session but this one' },
      },
    )

const sessionIdOf = ({ credential }: Caller): string | undefined =>
  credential.kind === 'session' ? credential.session.id : undefined

/** Throws NOT_FOUND, also for a session of somebody else. */
async function endSession(ctx: WriteCtx, owner: { userId: string; id: string }): Promise<void> {
  if (!(await revokeSession(ctx, owner))) throw notFound('Session')
  await record(ctx, { action: 'session.revoke', target: { type: 'session', id: owner.id } })
}

async function endOtherSessions(
  ctx: WriteCtx,
  input: { userId: string; exceptId: string | undefined },
): Promise<number> {
  const revoked = await revokeSessions(ctx, input)
  const target = { type: 'user', id: input.userId }
  await record(ctx, { action: 'session.revoke', target, details: { revoked, kept: input.exceptId } })
  return revoked
}
