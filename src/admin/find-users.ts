import { and, desc, eq, gt, lt, or } from 'drizzle-orm'
import { containsText, type ReadCtx, type Row } from '../db/index.ts'
import { type CursorSigner, type Page, readPage } from '../http/index.ts'
import { membershipView } from '../organizations/index.ts'
import { getUser, userView } from '../users/index.ts'
import type { UserDetails, UserQuery } from './schema.ts'

/** One page of all users, newest first. */
export function listUsers(
  ctx: ReadCtx,
  { query, cursors }: { query: UserQuery; cursors: CursorSigner },
): Promise<Page<Row<'user'>>> {
  const { user } = ctx.reader.t
  const { search, status } = query
  const key = ({ id }: Row<'user'>) => [id]
  return readPage({ cursors, list: 'admin.users', query, key }, (count, after) =>
    ctx.reader
      .select()
      .from(user)
      .where(
        and(
          status === undefined ? undefined : eq(user.status, status),
          search === undefined
            ? undefined
            : or(containsText(user.email, search), containsText(user.fullName, search)),
          after && lt(user.id, String(after[0])),
        ),
      )
      .orderBy(desc(user.id))
      .limit(count),
  )
}

/** A user with their memberships and what they are signed in by. Throws NOT_FOUND. */
export async function getUserDetails(ctx: ReadCtx, userId: string): Promise<UserDetails> {
  const { member, organization, session, apiKey } = ctx.reader.t
  const user = await getUser(ctx, userId)
  const memberships = await ctx.reader
    .select({
      organizationId: member.organizationId,
      slug: organization.slug,
      name: organization.name,
      role: member.role,
      status: member.status,
      joinedAt: member.joinedAt,
    })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(eq(member.userId, userId))
    .orderBy(organization.slug)
  const isUnexpired = and(eq(session.userId, userId), gt(session.expiresAt, ctx.now))
  return {
    user: userView(user),
    organizations: memberships.map(membershipView),
    session_count: await ctx.reader.$count(session, isUnexpired),
    api_key_count: await ctx.reader.$count(apiKey, eq(apiKey.userId, userId)),
  }
}
