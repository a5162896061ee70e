import { and, eq, getTableColumns } from 'drizzle-orm'
import { placeholder, placeholderValue, type ReadCtx, type Row, scalar, type WriteCtx } from '../db/index.ts'
import type { NormalizedEmail } from '../users/index.ts'
import { clearAllGuesses } from './code-guesses.ts'
import { endAttempts } from './sign-in-attempt.ts'

/** The stored hash, or undefined for a user without a password. */
export async function findPasswordHash(ctx: ReadCtx, userId: string): Promise<string | undefined> {
  const statement = ctx.reader.prepared('passwords.by_user', ({ select, t: { password } }) =>
    select({ hash: password.hash })
      .from(password)
      .where(eq(password.userId, placeholder('userId'))),
  )
  const [row] = await statement.execute({ userId })
  return row?.hash
}

/** The user with this address and, where there is one, the password's hash: the one query of a sign-in. */
export async function findUserWithPassword(
  ctx: ReadCtx,
  email: NormalizedEmail,
): Promise<{ user: Row<'user'>; hash: string | undefined } | undefined> {
  const statement = ctx.reader.prepared('passwords.by_email', ({ select, t: { user, password } }) => {
    const ofUser = select({ hash: password.hash }).from(password).where(eq(password.userId, user.id))
    return select({ ...getTableColumns(user), hash: scalar<string | null>(ofUser) })
      .from(user)
      .where(eq(user.emailNormalized, placeholder('email')))
  })
  const [row] = await statement.execute({ email })
  if (!row) return undefined
  const { hash, ...user } = row
  return { user, hash: hash ?? undefined }
}

/**
 * Gives the user a password, or another one. Hash it before the transaction. What was begun with the one before
 * ends: sign-ins that wait for a second factor, and the count of guesses at one.
 */
export async function setPassword(ctx: WriteCtx, input: { userId: string; hash: string }): Promise<void> {
  const { password } = ctx.tx.t
  const { userId, hash } = input
  await ctx.tx
    .insert(password)
    .values({ userId, hash, changedAt: ctx.now })
    .onConflictDoUpdate({ target: password.userId, set: { hash, changedAt: ctx.now } })
  await endAttempts(ctx, userId)
  await clearAllGuesses(ctx, userId)
}

/**
 * Whether the hash that a password was verified against is still the user's; if so it becomes `upgraded`, the
 * same password hashed as it is done now. Verifying takes place before the transaction, and the password may
 * have been changed since. It is a write also where nothing is upgraded: a change at the same moment waits for
 * this transaction, and then finds the session that it must end.
 */
export async function confirmPassword(
  ctx: WriteCtx,
  input: { userId: string; verified: string; upgraded?: string | undefined },
): Promise<boolean> {
  const { userId, verified, upgraded = verified } = input
  const statement = ctx.tx.prepared('passwords.confirm', ({ update, t: { password } }) =>
    update(password)
      .set({ hash: placeholderValue('upgraded', password.hash) })
      .where(and(eq(password.userId, placeholder('userId')), eq(password.hash, placeholder('verified'))))
      .returning({ userId: password.userId }),
  )
  const confirmed = await statement.execute({ userId, verified, upgraded })
  return confirmed.length === 1
}
