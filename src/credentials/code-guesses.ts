import { and, eq, lte } from 'drizzle-orm'
import { plus, type WriteCtx } from '../db/index.ts'
import { addSeconds, DAY, secondsUntil, tooManyRequests } from '../kernel/index.ts'

/** Wrong codes since the last right one, before each further one has to wait. */
export const FREE_GUESSES = 10

interface Guesser {
  readonly userId: string
  /** Known devices have a count of their own, so that a stranger who knows the password does not lock the owner out. */
  readonly isKnownDevice: boolean
}

/** How long the next try has to wait after as many wrong ones: a second, two, four … a day. */
export const guessDelaySeconds = (failures: number): number =>
  failures < FREE_GUESSES ? 0 : Math.min(2 ** (failures - FREE_GUESSES), DAY)

/**
 * Counts a try of a code of six digits or so before it is looked at, and returns how many there are since the last
 * right one: `clearGuesses` takes it back. Others wait for the end of this transaction. Throws RATE_LIMIT_EXCEEDED
 * with Retry-After when it comes too soon, and counts nothing then.
 *
 * In the database, unlike other limits: whoever guesses here knows the password, and a cache that forgets would give
 * them another start.
 */
export async function takeGuess(ctx: WriteCtx, guesser: Guesser): Promise<number> {
  const { secondFactorFailure } = ctx.tx.t
  const [taken] = await ctx.tx
    .insert(secondFactorFailure)
    .values({ ...guesser, failures: 1, nextTryAt: ctx.now })
    .onConflictDoUpdate({
      target: [secondFactorFailure.userId, secondFactorFailure.isKnownDevice],
      set: { failures: plus(secondFactorFailure.failures, 1) },
      setWhere: lte(secondFactorFailure.nextTryAt, ctx.now),
    })
    .returning({ failures: secondFactorFailure.failures })
  if (!taken) throw await tooSoon(ctx, guesser)
  const delaySeconds = guessDelaySeconds(taken.failures)
  if (delaySeconds > 0) {
    await ctx.tx
      .update(secondFactorFailure)
      .set({ nextTryAt: addSeconds(ctx.now, delaySeconds) })
      .where(ofGuesser(ctx, guesser))
  }
  return taken.failures
}

/**
 * Forgets the wrong codes after a right one; of the same kind of device only, or each of the owner's sign-ins would
 * give a stranger ten more.
 */
export async function clearGuesses(ctx: WriteCtx, guesser: Guesser): Promise<void> {
  await ctx.tx.delete(ctx.tx.t.secondFactorFailure).where(ofGuesser(ctx, guesser))
}

/** Forgets all of a user's: what was known to whoever guessed counts no longer. */
export async function clearAllGuesses(ctx: WriteCtx, userId: string): Promise<void> {
  const { secondFactorFailure } = ctx.tx.t
  await ctx.tx.delete(secondFactorFailure).where(eq(secondFactorFailure.userId, userId))
}

async function tooSoon(ctx: WriteCtx, guesser: Guesser) {
  const { secondFactorFailure } = ctx.tx.t
  const [row] = await ctx.tx
    .select({ nextTryAt: secondFactorFailure.nextTryAt })
    .from(secondFactorFailure)
    .where(ofGuesser(ctx, guesser))
  return tooManyRequests(Math.max(1, row ? secondsUntil(ctx.now, row.nextTryAt) : 1), {
    message: 'Too many wrong codes. Wait, use a passkey, or sign in from a device that you have used before.',
  })
}

function ofGuesser({ tx }: WriteCtx, { userId, isKnownDevice }: Guesser) {
  const { secondFactorFailure } = tx.t
  return and(eq(secondFactorFailure.userId, userId), eq(secondFactorFailure.isKnownDevice, isKnownDevice))
}
