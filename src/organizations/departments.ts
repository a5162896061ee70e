import { and, eq, gt, inArray } from 'drizzle-orm'
import { type AuditAction, record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { LIMITS, requireRoom } from './limits.ts'
import type { DepartmentChange, NewDepartment } from './schema.ts'

export interface DepartmentKey {
  readonly organizationId: string
  readonly departmentId: string
}

/** Throws CONFLICT when the name is taken, in any case, and when there are too many. */
export async function createDepartment(
  ctx: WriteCtx,
  organizationId: string,
  { name, description }: NewDepartment,
): Promise<Row<'department'>> {
  const { department } = ctx.tx.t
  const existing = await ctx.tx.$count(department, eq(department.organizationId, organizationId))
  requireRoom(existing, LIMITS.departments, 'departments')
  const [row] = await ctx.tx
    .insert(department)
    .values({
      id: ctx.newId(),
      organizationId,
      name,
      nameNormalized: normalizeName(name),
      description: description ?? null,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })
    .onConflictDoNothing({ target: [department.organizationId, department.nameNormalized] })
    .returning()
  if (!row) throw nameTaken()
  await recordOf(ctx, 'department.create', row)
  return row
}

/** Throws NOT_FOUND, also for a department of another organization. */
export async function getDepartment(ctx: ReadCtx, key: DepartmentKey): Promise<Row<'department'>> {
  const [row] = await ctx.reader.select().from(ctx.reader.t.department).where(isDepartment(ctx, key))
  if (!row) throw notFound('Department')
  return row
}

/** Throws NOT_FOUND unless each is a department of this organization. */
export async function requireDepartments(
  ctx: ReadCtx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  if (!(await areDepartments(ctx, organizationId, ids))) throw notFound('Department')
}

/** Whether each is a department of this organization. */
export async function areDepartments(
  ctx: ReadCtx,
  organizationId: string,
  ids: readonly string[],
): Promise<boolean> {
  if (ids.length === 0) return true
  const { department } = ctx.reader.t
  const wanted = [...new Set(ids)]
  const found = await ctx.reader.$count(
    department,
    and(eq(department.organizationId, organizationId), inArray(department.id, wanted)),
  )
  return found === wanted.length
}

/**
 * Throws NOT_FOUND, and CONFLICT when the name is taken. (Of two renames at the same moment the unique index
 * refuses one, with the same kind of answer.)
 */
export async function updateDepartment(
  ctx: WriteCtx,
  key: DepartmentKey,
  { name, description }: DepartmentChange,
): Promise<Row<'department'>> {
  const { department } = ctx.tx.t
  const nameNormalized = name === undefined ? undefined : normalizeName(name)
  if (nameNormalized !== undefined) await requireNameFree(ctx, key, nameNormalized)
  const [row] = await ctx.tx
    .update(department)
    .set({ name, nameNormalized, description, updatedAt: ctx.now })
    .where(isDepartment(ctx, key))
    .returning()
  if (!row) throw notFound('Department')
  await recordOf(ctx, 'department.update', row)
  return row
}

/**
 * Its members stay in the organization; what they held through it ends. Throws NOT_FOUND, and CONFLICT while clients say
 * by it who may sign in: an id that nothing has would lock everybody out of them, and none at all let everybody in.
 * Run it in a serializable transaction: a client may come to name it meanwhile.
 */
export async function deleteDepartment(ctx: WriteCtx, key: DepartmentKey): Promise<void> {
  await requireUnnamed(ctx, key)
  const [row] = await ctx.tx.delete(ctx.tx.t.department).where(isDepartment(ctx, key)).returning()
  if (!row) throw notFound('Department')
  await recordOf(ctx, 'department.delete', row)
}

export function listDepartments(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'department'>>> {
  const { department } = ctx.reader.t
  const list = `departments:${organizationId}`
  return readPage({ cursors, list, query, key: ({ id }) => [id] }, (count, after) =>
    ctx.reader
      .select()
      .from(department)
      .where(and(eq(department.organizationId, organizationId), after && gt(department.id, String(after[0]))))
      .orderBy(department.id)
      .limit(count),
  )
}

/** How many of the clients that are in the way are told. */
const MAX_TOLD = 10

/** An organization has so few clients that all can be looked at. */
async function requireUnnamed({ reader }: ReadCtx, key: DepartmentKey): Promise<void> {
  const { client } = reader.t
  const rows = await reader
    .select({ id: client.id, access: client.access })
    .from(client)
    .where(eq(client.organizationId, key.organizationId))
    .orderBy(client.id)
  const naming = rows.filter(({ access }) => access.departmentIds.includes(key.departmentId))
  if (naming.length === 0) return
  const clients = naming.slice(0, MAX_TOLD).map(({ id }) => id)
  throw conflict('Clients let its members in. Take it out of their access first; see details.clients.', {
    clients,
    total: naming.length,
  })
}

function isDepartment({ reader }: ReadCtx, { organizationId, departmentId }: DepartmentKey) {
  const { department } = reader.t
  return and(eq(department.organizationId, organizationId), eq(department.id, departmentId))
}

async function requireNameFree(ctx: ReadCtx, key: DepartmentKey, nameNormalized: string): Promise<void> {
  const { department } = ctx.reader.t
  const [holder] = await ctx.reader
    .select({ id: department.id })
    .from(department)
    .where(
      and(eq(department.organizationId, key.organizationId), eq(department.nameNormalized, nameNormalized)),
    )
  if (holder && holder.id !== key.departmentId) throw nameTaken()
}

/** `name` arrives in NFC and trimmed. */
const normalizeName = (name: string): string => name.toLowerCase()

const nameTaken = () => conflict('There is a department of this name already.')

async function recordOf(ctx: WriteCtx, action: AuditAction, row: Row<'department'>): Promise<void> {
  const { id, organizationId, name } = row
  await record(ctx, { action, organizationId, target: { type: 'department', id }, details: { name } })
}
