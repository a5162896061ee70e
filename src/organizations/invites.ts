import { and, eq, gt } from 'drizzle-orm'
import { type AuditAction, record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Membership, type Page, type PageQuery, readPage } from '../http/index.ts'
import { addSeconds, createToken, DAY, notFound, sha256 } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { normalizeEmail } from '../users/index.ts'
import { requireDepartments } from './departments.ts'
import { requireAllowedDomain } from './email-domains.ts'
import { LIMITS, requireRoom } from './limits.ts'
import { alreadyMember } from './members.ts'
import type { NewInvite } from './schema.ts'

const LIFETIME_SECONDS = 7 * DAY

/** Who invites whom to: what the mail says. */
export interface Invitation {
  readonly organization: Pick<Membership, 'organizationId' | 'name'>
  readonly inviter: Row<'user'>
}

/**
 * Mails an invite, good for seven days. There is one for an address: inviting again replaces it and the
 * earlier mail's link is dead. Throws CONFLICT for a member, NOT_FOUND for a department of another organization,
 * AUTHORIZATION_ERROR for a domain that the organization does not take.
 */
export async function createInvite(
  ctx: WriteCtx,
  { organization, inviter }: Invitation,
  input: NewInvite,
): Promise<Row<'invite'>> {
  const { organizationId } = organization
  const { department_ids: departmentIds = [] } = input
  const { invite } = ctx.tx.t
  const emailNormalized = normalizeEmail(input.email)
  await requireAllowedDomain(ctx, organizationId, input.email)
  await requireNotMember(ctx, organizationId, emailNormalized)
  await requireDepartments(ctx, organizationId, departmentIds)
  const open = await ctx.tx.$count(invite, eq(invite.organizationId, organizationId))
  requireRoom(open, LIMITS.invites, 'open invites')

  const { token, sent } = newSending(ctx, inviter)
  const content = { email: input.email, role: input.role, departmentIds, ...sent }
  const [row] = await ctx.tx
    .insert(invite)
    .values({ id: ctx.newId(), organizationId, emailNormalized, createdAt: ctx.now, ...content })
    .onConflictDoUpdate({ target: [invite.organizationId, invite.emailNormalized], set: content })
    .returning()
  if (!row) throw notFound('Invite')
  await mailInvite(ctx, { organization, inviter }, { ...row, token })
  await recordOf(ctx, 'org.invite.create', row)
  return row
}

/**
 * Mails an invite again, with a new token and another seven days; the old token is dead. Throws NOT_FOUND, and
 * AUTHORIZATION_ERROR for a domain that the organization does not take any more.
 */
export async function resendInvite(
  ctx: WriteCtx,
  { organization, inviter }: Invitation,
  id: string,
): Promise<Row<'invite'>> {
  const { invite } = ctx.tx.t
  const { token, sent } = newSending(ctx, inviter)
  const [row] = await ctx.tx
    .update(invite)
    .set(sent)
    .where(and(eq(invite.organizationId, organization.organizationId), eq(invite.id, id)))
    .returning()
  if (!row) throw notFound('Invite')
  await requireAllowedDomain(ctx, organization.organizationId, row.email)
  await mailInvite(ctx, { organization, inviter }, { ...row, token })
  await recordOf(ctx, 'org.invite.resend', row)
  return row
}

/** Withdraws an invite. Throws NOT_FOUND. */
export async function revokeInvite(ctx: WriteCtx, organizationId: string, id: string): Promise<void> {
  const { invite } = ctx.tx.t
  const [row] = await ctx.tx
    .delete(invite)
    .where(and(eq(invite.organizationId, organizationId), eq(invite.id, id)))
    .returning()
  if (!row) throw notFound('Invite')
  await recordOf(ctx, 'org.invite.revoke', row)
}

/** One page of the invites that nobody has accepted, expired ones included: those can be sent again. */
export function listInvites(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'invite'>>> {
  const { invite } = ctx.reader.t
  return readPage(
    { cursors, list: `invites:${organizationId}`, query, key: ({ id }) => [id] },
    (count, after) =>
      ctx.reader
        .select()
        .from(invite)
        .where(and(eq(invite.organizationId, organizationId), after && gt(invite.id, String(after[0]))))
        .orderBy(invite.id)
        .limit(count),
  )
}

async function requireNotMember(
  ctx: WriteCtx,
  organizationId: string,
  emailNormalized: string,
): Promise<void> {
  const { member, user } = ctx.tx.t
  const [known] = await ctx.tx
    .select({ userId: member.userId })
    .from(user)
    .innerJoin(member, and(eq(member.organizationId, organizationId), eq(member.userId, user.id)))
    .where(eq(user.emailNormalized, emailNormalized))
  if (known) throw alreadyMember()
}

/** What changes whenever an invite is mailed. The token itself goes into the mail and nowhere else. */
function newSending(ctx: WriteCtx, inviter: Row<'user'>) {
  const token = createToken('invite', ctx.random)
  const expiresAt = addSeconds(ctx.now, LIFETIME_SECONDS)
  return { token, sent: { digest: sha256(token), invitedBy: inviter.id, sentAt: ctx.now, expiresAt } }
}

async function mailInvite(
  ctx: WriteCtx,
  { organization, inviter }: Invitation,
  invite: Row<'invite'> & { readonly token: string },
): Promise<void> {
  await enqueueMail(ctx, {
    kind: 'invite',
    to: invite.email,
    locale: null,
    token: invite.token,
    organizationName: organization.name,
    inviterName: inviter.fullName ?? inviter.email,
    role: invite.role,
    expiresAt: invite.expiresAt.toISOString(),
  })
}

async function recordOf(ctx: WriteCtx, action: AuditAction, { id, organizationId, role }: Row<'invite'>) {
  await record(ctx, { action, organizationId, target: { type: 'invite', id }, details: { role } })
}
