import { and, eq, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { getMember, selectMembers, userIdOf } from './member-list.ts'
import { getPrincipal, type PrincipalKey } from './principals.ts'
import type { MemberRow } from './views.ts'

/** One page of the members who hold a principal directly, in the order of their user ids. Throws NOT_FOUND. */
export async function listPrincipalMembers(
  ctx: ReadCtx,
  { key, query }: { key: PrincipalKey; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<MemberRow>> {
  await getPrincipal(ctx, key)
  const { member, principalMember: link } = ctx.reader.t
  const list = `principal-members:${key.principalId}`
  return readPage({ cursors, list, query, key: userIdOf }, (count, after) =>
    selectMembers(ctx)
      .innerJoin(link, and(eq(link.organizationId, member.organizationId), eq(link.userId, member.userId)))
      .where(and(eq(link.principalId, key.principalId), after && gt(link.userId, String(after[0]))))
      .orderBy(link.userId)
      .limit(count),
  )
}

/** Throws NOT_FOUND for what is not of this organization, CONFLICT for who holds the principal already. */
export async function addPrincipalMember(
  ctx: WriteCtx,
  key: PrincipalKey,
  userId: string,
): Promise<MemberRow> {
  const { principalId, organizationId } = key
  await getPrincipal(ctx, key)
  const row = await getMember(ctx, { organizationId, userId })
  const { principalMember: link } = ctx.tx.t
  const added = await ctx.tx
    .insert(link)
    .values({ principalId, organizationId, userId, createdAt: ctx.now })
    .onConflictDoNothing({ target: [link.principalId, link.userId] })
    .returning({ userId: link.userId })
  if (added.length === 0) throw conflict('This person holds the principal already.')
  await recordOf(ctx, 'principal.member.add', key, userId)
  return row
}

/** Throws NOT_FOUND for who does not hold the principal directly. */
export async function removePrincipalMember(ctx: WriteCtx, key: PrincipalKey, userId: string): Promise<void> {
  const { principalMember: link } = ctx.tx.t
  const gone = await ctx.tx
    .delete(link)
    .where(
      and(
        eq(link.principalId, key.principalId),
        eq(link.userId, userId),
        eq(link.organizationId, key.organizationId),
      ),
    )
    .returning({ userId: link.userId })
  if (gone.length === 0) throw notFound('Principal member')
  await recordOf(ctx, 'principal.member.remove', key, userId)
}

async function recordOf(
  ctx: WriteCtx,
  action: 'principal.member.add' | 'principal.member.remove',
  { organizationId, principalId }: PrincipalKey,
  userId: string,
): Promise<void> {
  const target = { type: 'user', id: userId }
  await record(ctx, { action, organizationId, target, details: { principal_id: principalId } })
}
