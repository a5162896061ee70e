import { and, asc, eq, gt, lte } from 'drizzle-orm'
import { deleteBatch, type ReadCtx, takeBatch, type WriteCtx } from '../db/index.ts'
import { addSeconds, DAY } from '../kernel/index.ts'
import { announceEnd } from './announce-end.ts'

/** As long as a browser keeps the cookie of a device at most. */
const DEVICE_KEPT_SECONDS = 400 * DAY
/** For so long its owner sees that a key has expired, and which one it was. */
const API_KEY_KEPT_SECONDS = 30 * DAY

/** Deletes up to `limit` sessions past their end, of which their clients are told, and returns how many. */
export async function removeExpiredSessions(ctx: WriteCtx, limit: number): Promise<number> {
  const { session } = ctx.tx.t
  const gone = await takeBatch(ctx.tx, session, {
    key: [session.id],
    where: lte(session.expiresAt, ctx.now),
    oldestBy: session.expiresAt,
    limit,
  })
  await announceEnd(ctx, gone)
  return gone.length
}

/**
 * The same for sessions that were not used for longer than their idle time. Their clients are told no sooner than
 * their time is up: who does not come here may well be busy there. There are few different idle times, and of each
 * the idle sessions are one stretch of an index.
 */
export async function removeIdleSessions(ctx: WriteCtx, limit: number): Promise<number> {
  const { session } = ctx.tx.t
  let removed = 0
  let idleSeconds = await nextIdleTime(ctx, -1)
  while (idleSeconds !== undefined && removed < limit) {
    const where = and(
      eq(session.idleSeconds, idleSeconds),
      lte(session.lastSeenAt, addSeconds(ctx.now, -idleSeconds)),
    )
    removed += await deleteBatch(ctx.tx, session, {
      key: [session.id],
      where,
      oldestBy: session.lastSeenAt,
      limit: limit - removed,
    })
    idleSeconds = await nextIdleTime(ctx, idleSeconds)
  }
  return removed
}

async function nextIdleTime({ reader }: ReadCtx, after: number): Promise<number | undefined> {
  const { session } = reader.t
  const [next] = await reader
    .select({ idleSeconds: session.idleSeconds })
    .from(session)
    .where(gt(session.idleSeconds, after))
    .orderBy(asc(session.idleSeconds))
    .limit(1)
  return next?.idleSeconds
}

/** The same for devices that nobody has signed in from for 400 days. */
export function removeForgottenDevices(ctx: WriteCtx, limit: number): Promise<number> {
  const { knownDevice } = ctx.tx.t
  return deleteBatch(ctx.tx, knownDevice, {
    key: [knownDevice.userId, knownDevice.digest],
    where: lte(knownDevice.lastSeenAt, addSeconds(ctx.now, -DEVICE_KEPT_SECONDS)),
    oldestBy: knownDevice.lastSeenAt,
    limit,
  })
}

/** The same for API keys that expired 30 days ago. */
export function removeExpiredApiKeys(ctx: WriteCtx, limit: number): Promise<number> {
  const { apiKey } = ctx.tx.t
  return deleteBatch(ctx.tx, apiKey, {
    key: [apiKey.id],
    where: lte(apiKey.expiresAt, addSeconds(ctx.now, -API_KEY_KEPT_SECONDS)),
    oldestBy: apiKey.expiresAt,
    limit,
  })
}
