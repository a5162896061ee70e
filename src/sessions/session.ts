import { and, eq, ne } from 'drizzle-orm'
import { insertRow, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, sha256, tokenDigest } from '../kernel/index.ts'
import { announceEnd } from './announce-end.ts'
import { isLive } from './authenticate.ts'
import { deviceName } from './device-name.ts'

export type Acr = Row<'session'>['acr']

export interface NewSession {
  readonly userId: string
  /** RFC 8176 values, as `pwd`. */
  readonly amr: readonly string[]
  readonly acr: Acr
  readonly isRemembered: boolean
  /** Nothing but enrolment answers: begun in a way that an organization does not allow. */
  readonly isComplianceOnly?: boolean | undefined
  /** What the user's organizations allow at most; undefined: as the instance does. */
  readonly maxSeconds?: number | undefined
  readonly idleSeconds?: number | undefined
}

/** Begins a session. The token is returned here and nowhere else: only its digest is stored. */
export async function issueSession(
  ctx: WriteCtx,
  input: NewSession,
): Promise<{ token: string; session: Row<'session'> }> {
  const token = createToken('session', ctx.random)
  const session: Row<'session'> = {
    id: ctx.newId(),
    userId: input.userId,
    digest: sha256(token),
    deviceName: deviceName(ctx.request?.userAgent),
    address: ctx.request?.address ?? null,
    createdAt: ctx.now,
    ...authenticated(ctx, input),
  }
  await insertRow(ctx.tx, ctx.tx.t.session, session)
  return { token, session }
}

/**
 * Authenticates the user of a live session anew: it is the same one for whatever refers to it, and as if it began
 * now in all else. The token before, and whoever copied it, is out. Undefined for a token of anybody else's session,
 * or of one that is over. OpenID Connect Core 1.0 §3.1.2.1, `prompt`
 */
export async function renewSession(
  ctx: WriteCtx,
  { token: presented, ...input }: NewSession & { readonly token: string },
): Promise<{ token: string; session: Row<'session'> } | undefined> {
  const { session, clientSession } = ctx.tx.t
  const digest = tokenDigest('session', presented)
  if (!digest) return undefined
  const isIt = and(eq(session.digest, digest), eq(session.userId, input.userId))
  const [held] = await ctx.tx.select().from(session).where(isIt)
  if (!held || !isLive(held, ctx.now)) return undefined
  const token = createToken('session', ctx.random)
  const [renewed] = await ctx.tx
    .update(session)
    .set({ digest: sha256(token), ...authenticated(ctx, input) })
    .where(isIt)
    .returning()
  if (!renewed) return undefined
  const { id, expiresAt } = renewed
  await ctx.tx.update(clientSession).set({ expiresAt }).where(eq(clientSession.sessionId, id))
  return { token, session: renewed }
}

/** What somebody's proving who they are makes of their session. */
function authenticated({ config, now }: WriteCtx, input: NewSession) {
  const { session: limits } = config
  const { amr, acr, isRemembered, isComplianceOnly = false } = input
  const idleSeconds = isRemembered ? limits.rememberIdleSeconds : limits.idleSeconds
  const maxSeconds = isRemembered ? limits.rememberSeconds : limits.maxSeconds
  return {
    amr,
    acr,
    isComplianceOnly,
    isRemembered,
    authenticatedAt: now,
    steppedUpAt: now, // whoever has a second factor has proved it to get here
    lastSeenAt: now,
    idleSeconds: atMost(idleSeconds, input.idleSeconds),
    expiresAt: addSeconds(now, atMost(maxSeconds, input.maxSeconds)),
  }
}

const atMost = (seconds: number, limit = seconds): number => Math.min(seconds, limit)

/** Ends one session of this user; false when there was none. */
export async function revokeSession(ctx: WriteCtx, owner: { userId: string; id: string }): Promise<boolean> {
  const { session } = ctx.tx.t
  const gone = await ctx.tx
    .delete(session)
    .where(and(eq(session.id, owner.id), eq(session.userId, owner.userId)))
    .returning({ id: session.id })
  await announceEnd(ctx, gone)
  return gone.length === 1
}

/** Ends the session that a token belongs to, whoever's it is, and returns it; undefined when there was none. */
export async function revokeSessionByToken(
  ctx: WriteCtx,
  token: string,
): Promise<Row<'session'> | undefined> {
  const { session } = ctx.tx.t
  const digest = tokenDigest('session', token)
  if (!digest) return undefined
  const [gone] = await ctx.tx.delete(session).where(eq(session.digest, digest)).returning()
  if (gone) await announceEnd(ctx, [gone])
  return gone
}

/** Ends a user's sessions, all or all but one, and returns how many there were. */
export async function revokeSessions(
  ctx: WriteCtx,
  { userId, exceptId }: { userId: string; exceptId?: string | undefined },
): Promise<number> {
  const { session } = ctx.tx.t
  const ofUser = eq(session.userId, userId)
  const gone = await ctx.tx
    .delete(session)
    .where(exceptId === undefined ? ofUser : and(ofUser, ne(session.id, exceptId)))
    .returning({ id: session.id })
  await announceEnd(ctx, gone)
  return gone.length
}

/** What a proof that came later adds to a session. */
export type SessionGain = Partial<Pick<Row<'session'>, 'amr' | 'acr' | 'steppedUpAt' | 'isComplianceOnly'>>

/**
 * Gives a session of this user another token, after what it may has changed: the token before, and whoever
 * copied it, is out. Undefined when the session has ended.
 */
export async function rotateSession(
  ctx: WriteCtx,
  owner: { userId: string; id: string },
  gain: SessionGain = {},
): Promise<{ token: string; session: Row<'session'> } | undefined> {
  const { session } = ctx.tx.t
  const token = createToken('session', ctx.random)
  const [rotated] = await ctx.tx
    .update(session)
    .set({ digest: sha256(token), ...gain })
    .where(and(eq(session.id, owner.id), eq(session.userId, owner.userId)))
    .returning()
  return rotated && { token, session: rotated }
}
