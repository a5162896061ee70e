import { and, desc, eq, gt, inArray } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { Membership } from '../http/index.ts'
import { type Actor, AppError, conflict, forbidden, tokenDigest } from '../kernel/index.ts'
import type { NormalizedEmail } from '../users/index.ts'
import { requireAllowedDomain } from './email-domains.ts'
import { memberJoined } from './membership-history.ts'
import { getOrganization } from './organization.ts'
import type { InviteSummary } from './schema.ts'

/** A mailbox that gathered more invites than this has other worries. */
const MAX_LISTED = 100

/** The live invite that a token from a mail stands for; undefined when unknown, used, withdrawn or expired. */
export async function findInviteByToken(ctx: ReadCtx, token: string): Promise<Row<'invite'> | undefined> {
  const digest = tokenDigest('invite', token)
  if (!digest) return undefined
  const { invite } = ctx.reader.t
  const [row] = await ctx.reader
    .select()
    .from(invite)
    .where(and(eq(invite.digest, digest), gt(invite.expiresAt, ctx.now)))
  return row
}

/** What whoever holds the token may know. Throws NOT_FOUND. */
export async function getInviteSummary(ctx: ReadCtx, token: string): Promise<InviteSummary> {
  const invite = await findInviteByToken(ctx, token)
  if (!invite) throw inviteGone()
  const [row] = await selectSummaries(ctx).where(eq(ctx.reader.t.invite.id, invite.id))
  if (!row) throw inviteGone()
  return summaryOf(row)
}

/** The live invites for an address, newest first. For an address that its user has proved, and no other. */
export async function listInvitesFor(ctx: ReadCtx, email: NormalizedEmail): Promise<InviteSummary[]> {
  const { invite } = ctx.reader.t
  const rows = await selectSummaries(ctx)
    .where(and(eq(invite.emailNormalized, email), gt(invite.expiresAt, ctx.now)))
    .orderBy(desc(invite.id))
    .limit(MAX_LISTED)
  return rows.map(summaryOf)
}

/**
 * Makes the user a member by the invite that the token stands for. Single use: of concurrent callers one wins.
 * The mail that brought the token proves the address. Throws NOT_FOUND when the invite is used, withdrawn or
 * expired, AUTHORIZATION_ERROR when it was for another address or one that the organization no longer takes,
 * CONFLICT when the user is a member already.
 */
export async function acceptInvite(
  ctx: WriteCtx,
  { token, user }: { token: string; user: Row<'user'> },
): Promise<Membership> {
  const invite = await consumeInvite(ctx, token, user.emailNormalized)
  const { organizationId, role } = invite
  const { member } = ctx.tx.t
  await requireAllowedDomain(ctx, organizationId, user.email)
  const [joined] = await ctx.tx
    .insert(member)
    .values({ organizationId, userId: user.id, role, status: 'active', joinedAt: ctx.now })
    .onConflictDoNothing({ target: [member.organizationId, member.userId] })
    .returning()
  if (!joined) throw conflict('You are a member of this organization already.')
  await memberJoined(ctx, joined)
  await joinDepartments(ctx, invite, user.id)
  const actor: Actor = ctx.actor.kind === 'anonymous' ? { kind: 'user', userId: user.id } : ctx.actor
  await verifyEmail(ctx, user, actor)
  const target = { type: 'invite', id: invite.id }
  await record(ctx, { action: 'org.invite.accept', organizationId, target, actor, details: { role } })
  const { slug, name } = await getOrganization(ctx, organizationId)
  return { ...joined, slug, name }
}

async function consumeInvite(ctx: WriteCtx, token: string, email: string): Promise<Row<'invite'>> {
  const { invite } = ctx.tx.t
  const digest = tokenDigest('invite', token)
  if (!digest) throw inviteGone()
  const [consumed] = await ctx.tx
    .delete(invite)
    .where(and(eq(invite.digest, digest), gt(invite.expiresAt, ctx.now), eq(invite.emailNormalized, email)))
    .returning()
  if (consumed) return consumed
  const other = await findInviteByToken(ctx, token)
  if (!other) throw inviteGone()
  throw forbidden(
    `This invite is for ${maskEmail(other.email)}. Sign in with that address, or ask for a new one.`,
  )
}

/** Those that have vanished since the invite was sent are left out. */
async function joinDepartments(ctx: WriteCtx, invite: Row<'invite'>, userId: string): Promise<void> {
  const { department, departmentMember } = ctx.tx.t
  const { organizationId } = invite
  if (invite.departmentIds.length === 0) return
  const found = await ctx.tx
    .select({ id: department.id })
    .from(department)
    .where(
      and(eq(department.organizationId, organizationId), inArray(department.id, [...invite.departmentIds])),
    )
  if (found.length === 0) return
  await ctx.tx
    .insert(departmentMember)
    .values(found.map(({ id }) => ({ departmentId: id, organizationId, userId, createdAt: ctx.now })))
}

/** Only the address that the invite went to: the user may have changed theirs at this moment. */
async function verifyEmail(ctx: WriteCtx, known: Row<'user'>, actor: Actor): Promise<void> {
  if (known.emailVerifiedAt !== null) return
  const { user } = ctx.tx.t
  const verified = await ctx.tx
    .update(user)
    .set({ emailVerifiedAt: ctx.now, updatedAt: ctx.now })
    .where(and(eq(user.id, known.id), eq(user.emailNormalized, known.emailNormalized)))
    .returning({ id: user.id })
  if (verified.length === 0) return
  await record(ctx, { action: 'user.email_verify', target: { type: 'user', id: known.id }, actor })
}

function selectSummaries(ctx: ReadCtx) {
  const { invite, organization, user } = ctx.reader.t
  return ctx.reader
    .select({ invite, organization, inviterName: user.fullName, inviterEmail: user.email })
    .from(invite)
    .innerJoin(organization, eq(organization.id, invite.organizationId))
    .leftJoin(user, eq(user.id, invite.invitedBy))
}

interface SummaryRow {
  readonly invite: Row<'invite'>
  readonly organization: Row<'organization'>
  readonly inviterName: string | null
  readonly inviterEmail: string | null // null when the inviter is gone
}

const summaryOf = ({ invite, organization, inviterName, inviterEmail }: SummaryRow): InviteSummary => ({
  organization: {
    id: organization.id,
    slug: organization.slug,
    name: organization.name,
    logo_url: organization.logoUrl,
  },
  role: invite.role,
  inviter_name: inviterName ?? inviterEmail,
  email: maskEmail(invite.email),
  expires_at: invite.expiresAt.toISOString(),
})

const inviteGone = () =>
  new AppError('NOT_FOUND', 'This invite was used, withdrawn or has expired. Ask for a new one.')

/** Enough to tell whether it is one's own. */
function maskEmail(email: string): string {
  const [first = ''] = email
  return `${first}***${email.slice(email.lastIndexOf('@'))}`
}
