import { and, eq, ne } from 'drizzle-orm'
import { type AuditAction, record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { Membership } from '../http/index.ts'
import { conflict, forbidden, may } from '../kernel/index.ts'
import { requireAllowedDomain } from './email-domains.ts'
import { getMember } from './member-list.ts'
import { memberChanged, memberJoined, memberLeft } from './membership-history.ts'
import type { AssignableRole } from './schema.ts'
import type { MemberRow } from './views.ts'

interface MemberKey {
  readonly organizationId: string
  readonly userId: string
}

/**
 * Makes a user a member; an open invite for them ends. Throws CONFLICT when they are one already,
 * AUTHORIZATION_ERROR when their address is of a domain that the organization does not take.
 */
export async function addMember(
  ctx: WriteCtx,
  input: { organizationId: string; user: Row<'user'>; role: AssignableRole },
): Promise<MemberRow> {
  const { organizationId, user, role } = input
  const { member, invite } = ctx.tx.t
  await requireAllowedDomain(ctx, organizationId, user.email)
  const [added] = await ctx.tx
    .insert(member)
    .values({ organizationId, userId: user.id, role, status: 'active', joinedAt: ctx.now })
    .onConflictDoNothing({ target: [member.organizationId, member.userId] })
    .returning()
  if (!added) throw alreadyMember()
  await ctx.tx
    .delete(invite)
    .where(and(eq(invite.organizationId, organizationId), eq(invite.emailNormalized, user.emailNormalized)))
  await memberJoined(ctx, added)
  await recordOf(ctx, 'org.member.add', added, { role })
  return { ...added, email: user.email, fullName: user.fullName, avatarUrl: user.avatarUrl }
}

export const alreadyMember = () => conflict('This person is a member of this organization already.')

/**
 * Ends a membership at once, and with it (by foreign keys) what was held through it: departments, principals,
 * API keys for the organization. Members may leave; removing others takes `members.manage`.
 * Throws AUTHORIZATION_ERROR without it and for the owner, NOT_FOUND.
 */
export async function removeMember(
  ctx: WriteCtx,
  { by, callerId, userId }: { by: Membership; callerId: string; userId: string },
): Promise<void> {
  const isLeaving = callerId === userId
  if (!isLeaving && !may(by.role, 'members.manage')) {
    throw forbidden(`Your role ${by.role} may not remove other members.`)
  }
  const key = { organizationId: by.organizationId, userId }
  await getOtherThanOwner(ctx, key)
  const { member } = ctx.tx.t
  const gone = await ctx.tx
    .delete(member)
    .where(and(isMember(ctx, key), ne(member.role, 'owner')))
    .returning({ userId: member.userId })
  if (gone.length === 0) throw changedMeanwhile()
  await memberLeft(ctx, key)
  await recordOf(ctx, isLeaving ? 'org.member.leave' : 'org.member.remove', key)
}

/** Idempotent. Throws NOT_FOUND, AUTHORIZATION_ERROR for the owner, and CONFLICT when another change came first. */
export async function changeRole(ctx: WriteCtx, key: MemberKey, role: AssignableRole): Promise<MemberRow> {
  const known = await getOtherThanOwner(ctx, key)
  if (known.role === role) return known
  const { member } = ctx.tx.t
  const [row] = await ctx.tx
    .update(member)
    .set({ role })
    .where(and(isMember(ctx, key), eq(member.role, known.role))) // so that the record tells the truth
    .returning()
  if (!row) throw changedMeanwhile()
  await recordOf(ctx, 'org.member.role_change', key, { from: known.role, to: role })
  return { ...known, role: row.role }
}

/**
 * Keeps a member out of this organization, or lets them in again; nothing of theirs is deleted. Idempotent.
 * Throws NOT_FOUND, and AUTHORIZATION_ERROR for the owner.
 */
export async function setMemberStatus(
  ctx: WriteCtx,
  key: MemberKey,
  status: Row<'member'>['status'],
): Promise<MemberRow> {
  await getOtherThanOwner(ctx, key)
  const { member } = ctx.tx.t
  const changed = await ctx.tx
    .update(member)
    .set({ status })
    .where(and(isMember(ctx, key), ne(member.role, 'owner'), ne(member.status, status)))
    .returning({ userId: member.userId })
  if (changed.length === 1) {
    await memberChanged(ctx, key)
    await recordOf(ctx, status === 'suspended' ? 'org.member.suspend' : 'org.member.unsuspend', key)
  }
  return getMember(ctx, key)
}

/** The writes that follow exclude the owner again: who is one may change between two statements. */
async function getOtherThanOwner(ctx: WriteCtx, key: MemberKey): Promise<MemberRow> {
  const row = await getMember(ctx, key)
  if (row.role === 'owner') {
    throw forbidden('The owner stays as they are. Transfer the ownership first, or delete the organization.')
  }
  return row
}

function isMember({ tx }: WriteCtx, { organizationId, userId }: MemberKey) {
  const { member } = tx.t
  return and(eq(member.organizationId, organizationId), eq(member.userId, userId))
}

const changedMeanwhile = () =>
  conflict('This member was changed at the same moment. Look again, then decide.')

async function recordOf(
  ctx: WriteCtx,
  action: AuditAction,
  { organizationId, userId }: MemberKey,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await record(ctx, { action, organizationId, target: { type: 'user', id: userId }, details })
}
