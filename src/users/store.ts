import { and, eq } from 'drizzle-orm'
import { placeholder, type ReadCtx, type Row, type WriteCtx } from '../db/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { type NormalizedEmail, normalizeEmail } from './email.ts'

const FIRST_USER = 'first_user'

/** The user with this address, or undefined. On the path of every sign-in. */
export async function findUserByEmail(
  ctx: ReadCtx,
  email: NormalizedEmail,
): Promise<Row<'user'> | undefined> {
  const statement = ctx.reader.prepared('users.by_email', ({ select, t: { user } }) =>
    select()
      .from(user)
      .where(eq(user.emailNormalized, placeholder('email'))),
  )
  const [row] = await statement.execute({ email })
  return row
}

export async function findUser(ctx: ReadCtx, id: string): Promise<Row<'user'> | undefined> {
  const statement = ctx.reader.prepared('users.by_id', ({ select, t: { user } }) =>
    select()
      .from(user)
      .where(eq(user.id, placeholder('id'))),
  )
  const [row] = await statement.execute({ id })
  return row
}

/** Throws NOT_FOUND. */
export async function getUser(ctx: ReadCtx, id: string): Promise<Row<'user'>> {
  const row = await findUser(ctx, id)
  if (!row) throw notFound('User')
  return row
}

export interface NewUser {
  readonly email: string
  readonly fullName?: string | undefined
  readonly locale?: string | undefined
  readonly isEmailVerified?: boolean
}

/**
 * Adds a user, active. The first of an instance is its administrator: of concurrent first users exactly one.
 * Throws CONFLICT when the address is taken.
 */
export async function createUser(ctx: WriteCtx, input: NewUser): Promise<Row<'user'>> {
  const { user } = ctx.tx.t
  const id = ctx.newId()
  const [row] = await ctx.tx
    .insert(user)
    .values({
      id,
      email: input.email.normalize('NFC').trim(),
      emailNormalized: normalizeEmail(input.email),
      emailVerifiedAt: input.isEmailVerified ? ctx.now : null,
      fullName: input.fullName ?? null,
      avatarUrl: null,
      locale: input.locale ?? null,
      status: 'active',
      isInstanceAdmin: false,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })
    .onConflictDoNothing({ target: user.emailNormalized })
    .returning()
  if (!row)
    throw conflict('There is already a user with this e-mail address. Sign in, or reset the password.')
  if (!(await claimFirstUser(ctx, id))) return row
  await ctx.tx.update(user).set({ isInstanceAdmin: true }).where(eq(user.id, id))
  return { ...row, isInstanceAdmin: true }
}

async function claimFirstUser(ctx: WriteCtx, userId: string): Promise<boolean> {
  const { instanceFact } = ctx.tx.t
  const [taken] = await ctx.tx.select().from(instanceFact).where(eq(instanceFact.name, FIRST_USER))
  if (taken) return false // the common case: no write to the one row that everyone would wait for
  const claimed = await ctx.tx
    .insert(instanceFact)
    .values({ name: FIRST_USER, value: userId, createdAt: ctx.now })
    .onConflictDoNothing({ target: instanceFact.name })
    .returning()
  return claimed.length === 1
}

export type UserChange = {
  readonly [Key in
    | 'fullName'
    | 'avatarUrl'
    | 'locale'
    | 'status'
    | 'isInstanceAdmin'
    | 'email'
    | 'emailNormalized'
    | 'emailVerifiedAt']?: Row<'user'>[Key] | undefined
}

/** What is undefined stays as it is. Throws NOT_FOUND. That a new address is free is for the caller to see to. */
export async function updateUser(ctx: WriteCtx, id: string, change: UserChange): Promise<Row<'user'>> {
  const { user } = ctx.tx.t
  const [row] = await ctx.tx
    .update(user)
    .set({ ...change, updatedAt: ctx.now })
    .where(eq(user.id, id))
    .returning()
  if (!row) throw notFound('User')
  return row
}

/**
 * Notes that the address was proved by a mail to it. Undefined when it is not the user's any more: a proof of the
 * address before counts for nothing.
 */
export async function markEmailVerified(
  ctx: WriteCtx,
  proof: { userId: string; email: string },
): Promise<Row<'user'> | undefined> {
  const { user } = ctx.tx.t
  const [row] = await ctx.tx
    .update(user)
    .set({ emailVerifiedAt: ctx.now, updatedAt: ctx.now })
    .where(and(eq(user.id, proof.userId), eq(user.emailNormalized, normalizeEmail(proof.email))))
    .returning()
  return row
}

/** Removes the person and, by foreign keys, everything that is theirs alone. False when there was none. */
export async function deleteUser(ctx: WriteCtx, id: string): Promise<boolean> {
  const { user } = ctx.tx.t
  const gone = await ctx.tx.delete(user).where(eq(user.id, id)).returning({ id: user.id })
  return gone.length === 1
}
