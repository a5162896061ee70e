import { and, eq, gt, lt } from 'drizzle-orm'
import { insertRow, placeholder, plus, type ReadCtx, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, MINUTE, type SignInMethod, sha256, tokenDigest } from '../kernel/index.ts'

const ATTEMPT_SECONDS = 5 * MINUTE
const MAX_TRIES = 5

/**
 * Notes that somebody has proved a first factor and owes a second. The token, by which they go on, is returned here
 * and nowhere else: only its digest is stored.
 */
export async function openAttempt(
  ctx: WriteCtx,
  proved: {
    readonly userId: string
    readonly method: SignInMethod
    readonly amr: readonly string[]
    readonly isRemembered: boolean
  },
): Promise<{ token: string; attempt: Row<'signInAttempt'> }> {
  const token = createToken('mfa', ctx.random)
  const attempt: Row<'signInAttempt'> = {
    ...proved,
    id: ctx.newId(),
    digest: sha256(token),
    failures: 0,
    createdAt: ctx.now,
    expiresAt: addSeconds(ctx.now, ATTEMPT_SECONDS),
  }
  await insertRow(ctx.tx, ctx.tx.t.signInAttempt, attempt)
  return { token, attempt }
}

/** The attempt that a token goes on with; undefined for one that is unknown, expired, spent or ended. */
export async function findAttempt(ctx: ReadCtx, token: string): Promise<Row<'signInAttempt'> | undefined> {
  const digest = tokenDigest('mfa', token)
  if (!digest) return undefined
  const statement = ctx.reader.prepared('sign_in_attempts.by_digest', ({ select, t: { signInAttempt } }) =>
    select()
      .from(signInAttempt)
      .where(eq(signInAttempt.digest, placeholder('digest'))),
  )
  const [attempt] = await statement.execute({ digest })
  return attempt && attempt.expiresAt > ctx.now ? attempt : undefined
}

/**
 * Counts one try before it is looked at: however many arrive at once, at most five are. Others wait for the end of
 * this transaction, so that an attempt is spent once. Undefined when the attempt has expired, is spent or has ended.
 */
export async function takeTry(ctx: WriteCtx, attemptId: string): Promise<{ isLast: boolean } | undefined> {
  const { signInAttempt } = ctx.tx.t
  const [taken] = await ctx.tx
    .update(signInAttempt)
    .set({ failures: plus(signInAttempt.failures, 1) })
    .where(
      and(
        eq(signInAttempt.id, attemptId),
        gt(signInAttempt.expiresAt, ctx.now),
        lt(signInAttempt.failures, MAX_TRIES),
      ),
    )
    .returning({ failures: signInAttempt.failures })
  return taken && { isLast: taken.failures >= MAX_TRIES }
}

/** Spends an attempt, or ends it for nothing; false when somebody else has. */
export async function endAttempt(ctx: WriteCtx, attemptId: string): Promise<boolean> {
  const { signInAttempt } = ctx.tx.t
  const gone = await ctx.tx
    .delete(signInAttempt)
    .where(eq(signInAttempt.id, attemptId))
    .returning({ id: signInAttempt.id })
  return gone.length === 1
}

/**
 * Ends all attempts of a user. Before their sessions are: a second factor that is being proved at this moment is
 * waited for, and the session that it begins is then found.
 */
export async function endAttempts(ctx: WriteCtx, userId: string): Promise<void> {
  const { signInAttempt } = ctx.tx.t
  await ctx.tx.delete(signInAttempt).where(eq(signInAttempt.userId, userId))
}
