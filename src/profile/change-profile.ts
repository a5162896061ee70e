import { and, eq, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { createMailProof, revokeMailProofs } from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type Caller, type RequestOrigin, requireStepUp } from '../http/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { updateUser } from '../users/index.ts'
import type { ProfileDeps } from './deps.ts'
import type { ProfileChange } from './schema.ts'

export interface ChangedProfile {
  readonly user: Row<'user'>
  readonly pendingEmail: string | null
}

/**
 * Changes what the caller says about themselves. A new address needs a recent sign-in and takes effect when the
 * link of a mail to it is opened (/auth/verify-email); until then the present one counts, and asking for the
 * present one withdraws the change. Whether somebody has the new address is not told here: only who reads its
 * mail learns it. Throws STEP_UP_REQUIRED, RATE_LIMIT_EXCEEDED.
 */
export async function changeProfile(
  deps: ProfileDeps,
  origin: RequestOrigin,
  { caller, change }: { caller: Caller; change: ProfileChange },
): Promise<ChangedProfile> {
  const { email, ...fields } = change
  const { id: userId } = caller.user
  if (email !== undefined) {
    await requireStepUp(deps, caller)
    await deps.rateLimits.spend('verification', `user:${userId}`)
  }
  return deps.write(origin, async (ctx) => {
    const user = await changeFields(ctx, caller.user, fields)
    if (email !== undefined) await requestEmail(ctx, user, email)
    return { user, pendingEmail: await findPendingEmail(ctx, userId) }
  })
}

async function changeFields(
  ctx: WriteCtx,
  known: Row<'user'>,
  change: Omit<ProfileChange, 'email'>,
): Promise<Row<'user'>> {
  const fields = Object.keys(change)
  if (fields.length === 0) return known
  const { full_name: fullName, avatar_url: avatarUrl, locale } = change
  const user = await updateUser(ctx, known.id, { fullName, avatarUrl, locale })
  await record(ctx, { action: 'user.update', target: { type: 'user', id: user.id }, details: { fields } })
  return user
}

async function requestEmail(ctx: WriteCtx, user: Row<'user'>, email: string): Promise<void> {
  const { id: userId, locale } = user
  const purpose = 'change_email'
  if (email === user.email) return revokeMailProofs(ctx, { userId, purpose })
  const token = await createMailProof(ctx, { userId, email, purpose })
  await enqueueMail(ctx, { kind: 'change_email', to: email, locale, token })
  await record(ctx, { action: 'user.email_change_request', target: { type: 'user', id: userId } })
}

/** The address that a change was asked for and whose mail can still be answered, or null. */
export async function findPendingEmail(ctx: ReadCtx, userId: string): Promise<string | null> {
  const { mailProof } = ctx.reader.t
  const [proof] = await ctx.reader
    .select({ email: mailProof.email })
    .from(mailProof)
    .where(
      and(
        eq(mailProof.userId, userId),
        eq(mailProof.purpose, 'change_email'),
        gt(mailProof.expiresAt, ctx.now),
      ),
    )
  return proof?.email ?? null
}
