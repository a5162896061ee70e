import { and, eq, getTableColumns, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { getDepartment } from './departments.ts'
import { getPrincipal, type PrincipalKey } from './principals.ts'

/** One page of the departments that carry a principal. Throws NOT_FOUND. */
export async function listPrincipalDepartments(
  ctx: ReadCtx,
  { key, query }: { key: PrincipalKey; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'department'>>> {
  await getPrincipal(ctx, key)
  const { department, principalDepartment: link } = ctx.reader.t
  const list = `principal-departments:${key.principalId}`
  return readPage({ cursors, list, query, key: ({ id }) => [id] }, (count, after) =>
    ctx.reader
      .select(getTableColumns(department))
      .from(link)
      .innerJoin(department, eq(department.id, link.departmentId))
      .where(and(eq(link.principalId, key.principalId), after && gt(link.departmentId, String(after[0]))))
      .orderBy(link.departmentId)
      .limit(count),
  )
}

/** Throws NOT_FOUND for what is not of this organization, CONFLICT where the department carries it already. */
export async function addPrincipalDepartment(
  ctx: WriteCtx,
  key: PrincipalKey,
  departmentId: string,
): Promise<Row<'department'>> {
  const { principalId, organizationId } = key
  await getPrincipal(ctx, key)
  const row = await getDepartment(ctx, { organizationId, departmentId })
  const { principalDepartment: link } = ctx.tx.t
  const added = await ctx.tx
    .insert(link)
    .values({ principalId, departmentId, createdAt: ctx.now })
    .onConflictDoNothing({ target: [link.principalId, link.departmentId] })
    .returning({ departmentId: link.departmentId })
  if (added.length === 0) throw conflict('The department carries the principal already.')
  await recordOf(ctx, 'principal.department.add', key, departmentId)
  return row
}

/** Throws NOT_FOUND for a department that does not carry the principal. */
export async function removePrincipalDepartment(
  ctx: WriteCtx,
  key: PrincipalKey,
  departmentId: string,
): Promise<void> {
  await getPrincipal(ctx, key) // the link itself does not say whose it is
  const { principalDepartment: link } = ctx.tx.t
  const gone = await ctx.tx
    .delete(link)
    .where(and(eq(link.principalId, key.principalId), eq(link.departmentId, departmentId)))
    .returning({ departmentId: link.departmentId })
  if (gone.length === 0) throw notFound('Principal department')
  await recordOf(ctx, 'principal.department.remove', key, departmentId)
}

async function recordOf(
  ctx: WriteCtx,
  action: 'principal.department.add' | 'principal.department.remove',
  { organizationId, principalId }: PrincipalKey,
  departmentId: string,
): Promise<void> {
  const target = { type: 'department', id: departmentId }
  await record(ctx, { action, organizationId, target, details: { principal_id: principalId } })
}
