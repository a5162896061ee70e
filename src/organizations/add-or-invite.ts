import { and, eq, inArray } from 'drizzle-orm'
import type { Row, WriteCtx } from '../db/index.ts'
import type { Caller, Membership } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { findUser, findUserByEmail, normalizeEmail } from '../users/index.ts'
import { createInvite } from './invites.ts'
import { addMember } from './members.ts'
import type { NewMember } from './schema.ts'
import type { MemberRow } from './views.ts'

interface By {
  readonly organization: Membership
  readonly caller: Caller
}

export type Added =
  | { readonly member: MemberRow; readonly invite: null }
  | { readonly member: null; readonly invite: Row<'invite'> }

/**
 * Adds an existing user, who is told by mail, or mails an invite where that must not happen unasked: to an address
 * that nobody here has proved to be theirs (a stranger may have registered with it), by somebody who has not proved
 * their own, and where the instance hides who is registered. By id only somebody whom the caller shares an organization
 * with; to others NOT_FOUND.
 */
export async function addOrInvite(
  ctx: WriteCtx,
  { organization, caller }: By,
  input: NewMember,
): Promise<Added> {
  const { role } = input
  if ('user_id' in input) {
    const user = await findUser(ctx, input.user_id)
    if (!user || !(await isAcquainted(ctx, caller, user.id))) throw notFound('User')
    return addAndTell(ctx, { organization, caller }, { user, role })
  }
  const user = await findUserByEmail(ctx, normalizeEmail(input.email))
  if (user && (await mayAddUnasked(ctx, caller, user))) {
    return addAndTell(ctx, { organization, caller }, { user, role })
  }
  const invitation = { email: input.email, role, department_ids: [] }
  return { member: null, invite: await createInvite(ctx, { organization, inviter: caller.user }, invitation) }
}

/** Nobody was asked: they learn of it at once, and how to undo it. */
async function addAndTell(
  ctx: WriteCtx,
  { organization, caller }: By,
  { user, role }: { readonly user: Row<'user'>; readonly role: NewMember['role'] },
): Promise<Added> {
  const { organizationId, name } = organization
  const member = await addMember(ctx, { organizationId, user, role })
  await enqueueMail(ctx, {
    kind: 'member_added',
    to: user.email,
    locale: user.locale,
    organizationName: name,
    organizationId,
    userId: user.id,
    adderName: caller.user.fullName ?? caller.user.email,
    role,
  })
  return { member, invite: null }
}

async function mayAddUnasked(ctx: WriteCtx, caller: Caller, user: Row<'user'>): Promise<boolean> {
  if (user.emailVerifiedAt === null || caller.user.emailVerifiedAt === null) return false
  return !ctx.config.registration.hideExistence || isAcquainted(ctx, caller, user.id)
}

/** Whether they are members of an organization in which the caller can see them anyway. */
async function isAcquainted(ctx: WriteCtx, { memberships }: Caller, userId: string): Promise<boolean> {
  const { member } = ctx.tx.t
  const seen = memberships.filter(({ status }) => status === 'active').map((each) => each.organizationId)
  const [shared] = await ctx.tx
    .select({ userId: member.userId })
    .from(member)
    .where(and(eq(member.userId, userId), inArray(member.organizationId, seen)))
    .limit(1)
  return shared !== undefined
}
