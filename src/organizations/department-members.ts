import { and, eq, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { type DepartmentKey, getDepartment } from './departments.ts'
import { getMember, selectMembers, userIdOf } from './member-list.ts'
import type { MemberRow } from './views.ts'

/** One page of a department's members, in the order of their user ids. Throws NOT_FOUND. */
export async function listDepartmentMembers(
  ctx: ReadCtx,
  { key, query }: { key: DepartmentKey; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<MemberRow>> {
  await getDepartment(ctx, key)
  const { member, departmentMember: link } = ctx.reader.t
  const list = `department-members:${key.departmentId}`
  return readPage({ cursors, list, query, key: userIdOf }, (count, after) =>
    selectMembers(ctx)
      .innerJoin(link, and(eq(link.organizationId, member.organizationId), eq(link.userId, member.userId)))
      .where(and(eq(link.departmentId, key.departmentId), after && gt(link.userId, String(after[0]))))
      .orderBy(link.userId)
      .limit(count),
  )
}

/** Throws NOT_FOUND for what is not of this organization, CONFLICT for who is in the department already. */
export async function addDepartmentMember(
  ctx: WriteCtx,
  key: DepartmentKey,
  userId: string,
): Promise<MemberRow> {
  const { departmentId, organizationId } = key
  await getDepartment(ctx, key)
  const row = await getMember(ctx, { organizationId, userId })
  const { departmentMember: link } = ctx.tx.t
  const added = await ctx.tx
    .insert(link)
    .values({ departmentId, organizationId, userId, createdAt: ctx.now })
    .onConflictDoNothing({ target: [link.departmentId, link.userId] })
    .returning({ userId: link.userId })
  if (added.length === 0) throw conflict('This person is in the department already.')
  await recordOf(ctx, 'department.member.add', key, userId)
  return row
}

/** Throws NOT_FOUND for who is not in the department. */
export async function removeDepartmentMember(
  ctx: WriteCtx,
  key: DepartmentKey,
  userId: string,
): Promise<void> {
  const { departmentMember: link } = ctx.tx.t
  const gone = await ctx.tx
    .delete(link)
    .where(
      and(
        eq(link.departmentId, key.departmentId),
        eq(link.userId, userId),
        eq(link.organizationId, key.organizationId),
      ),
    )
    .returning({ userId: link.userId })
  if (gone.length === 0) throw notFound('Department member')
  await recordOf(ctx, 'department.member.remove', key, userId)
}

async function recordOf(
  ctx: WriteCtx,
  action: 'department.member.add' | 'department.member.remove',
  { organizationId, departmentId }: DepartmentKey,
  userId: string,
): Promise<void> {
  const target = { type: 'user', id: userId }
  await record(ctx, { action, organizationId, target, details: { department_id: departmentId } })
}
