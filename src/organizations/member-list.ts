import { and, eq, exists, gt, or } from 'drizzle-orm'
import { containsText, type ReadCtx } from '../db/index.ts'
import { type CursorSigner, type Page, readPage } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import type { MemberQuery } from './schema.ts'
import type { MemberRow } from './views.ts'

/** One page of an organization's members, in the order of their user ids. */
export function listMembers(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: MemberQuery },
  cursors: CursorSigner,
): Promise<Page<MemberRow>> {
  const { member } = ctx.reader.t
  return readPage({ cursors, list: `members:${organizationId}`, query, key: userIdOf }, (count, after) =>
    selectMembers(ctx)
      .where(
        and(
          eq(member.organizationId, organizationId),
          after && gt(member.userId, String(after[0])),
          query.role && eq(member.role, query.role),
          query.status && eq(member.status, query.status),
          query.mfa_status && eq(member.mfaStatus, query.mfa_status),
          query.search === undefined ? undefined : matches(ctx, query.search),
          query.department === undefined ? undefined : isInDepartment(ctx, query.department),
        ),
      )
      .orderBy(member.userId)
      .limit(count),
  )
}

/** Throws NOT_FOUND for somebody who is not in this organization. */
export async function getMember(
  ctx: ReadCtx,
  { organizationId, userId }: { organizationId: string; userId: string },
): Promise<MemberRow> {
  const { member } = ctx.reader.t
  const [row] = await selectMembers(ctx).where(
    and(eq(member.organizationId, organizationId), eq(member.userId, userId)),
  )
  if (!row) throw notFound('Member')
  return row
}

/** Members with what is shown of the person, to be narrowed further. */
export function selectMembers({ reader }: ReadCtx) {
  const { member, user } = reader.t
  return reader
    .select({
      userId: member.userId,
      role: member.role,
      status: member.status,
      joinedAt: member.joinedAt,
      mfaStatus: member.mfaStatus,
      email: user.email,
      fullName: user.fullName,
      avatarUrl: user.avatarUrl,
    })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
}

export const userIdOf = ({ userId }: MemberRow): readonly [string] => [userId]

function matches({ reader }: ReadCtx, text: string) {
  const { user } = reader.t
  return or(containsText(user.email, text), containsText(user.fullName, text))
}

function isInDepartment({ reader }: ReadCtx, departmentId: string) {
  const { member, departmentMember } = reader.t
  return exists(
    reader
      .select({ userId: departmentMember.userId })
      .from(departmentMember)
      .where(
        and(eq(departmentMember.departmentId, departmentId), eq(departmentMember.userId, member.userId)),
      ),
  )
}
