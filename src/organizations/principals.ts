import { and, eq, gt } from 'drizzle-orm'
import { type AuditAction, record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound } from '../kernel/index.ts'
import { LIMITS, requireRoom } from './limits.ts'
import type { NewPrincipal, PrincipalChange } from './schema.ts'

export interface PrincipalKey {
  readonly organizationId: string
  readonly principalId: string
}

/** Throws CONFLICT when the name is taken (case counts, as it does for `sshd`), and when there are too many. */
export async function createPrincipal(
  ctx: WriteCtx,
  organizationId: string,
  { name, description }: NewPrincipal,
): Promise<Row<'principal'>> {
  const { principal } = ctx.tx.t
  const existing = await ctx.tx.$count(principal, eq(principal.organizationId, organizationId))
  requireRoom(existing, LIMITS.principals, 'principals')
  const [row] = await ctx.tx
    .insert(principal)
    .values({
      id: ctx.newId(),
      organizationId,
      name,
      description: description ?? null,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })
    .onConflictDoNothing({ target: [principal.organizationId, principal.name] })
    .returning()
  if (!row) throw nameTaken()
  await recordOf(ctx, 'principal.create', row)
  return row
}

/** Throws NOT_FOUND, also for a principal of another organization. */
export async function getPrincipal(ctx: ReadCtx, key: PrincipalKey): Promise<Row<'principal'>> {
  const [row] = await ctx.reader.select().from(ctx.reader.t.principal).where(isPrincipal(ctx, key))
  if (!row) throw notFound('Principal')
  return row
}

/**
 * Throws NOT_FOUND, and CONFLICT when the name is taken. (Of two renames at the same moment the unique index
 * refuses one, with the same kind of answer.)
 */
export async function updatePrincipal(
  ctx: WriteCtx,
  key: PrincipalKey,
  { name, description }: PrincipalChange,
): Promise<Row<'principal'>> {
  if (name !== undefined) await requireNameFree(ctx, key, name)
  const [row] = await ctx.tx
    .update(ctx.tx.t.principal)
    .set({ name, description, updatedAt: ctx.now })
    .where(isPrincipal(ctx, key))
    .returning()
  if (!row) throw notFound('Principal')
  await recordOf(ctx, 'principal.update', row)
  return row
}

/** Nobody holds it any longer. Throws NOT_FOUND. */
export async function deletePrincipal(ctx: WriteCtx, key: PrincipalKey): Promise<void> {
  const [row] = await ctx.tx.delete(ctx.tx.t.principal).where(isPrincipal(ctx, key)).returning()
  if (!row) throw notFound('Principal')
  await recordOf(ctx, 'principal.delete', row)
}

export function listPrincipals(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'principal'>>> {
  const { principal } = ctx.reader.t
  const list = `principals:${organizationId}`
  return readPage({ cursors, list, query, key: ({ id }) => [id] }, (count, after) =>
    ctx.reader
      .select()
      .from(principal)
      .where(and(eq(principal.organizationId, organizationId), after && gt(principal.id, String(after[0]))))
      .orderBy(principal.id)
      .limit(count),
  )
}

function isPrincipal({ reader }: ReadCtx, { organizationId, principalId }: PrincipalKey) {
  const { principal } = reader.t
  return and(eq(principal.organizationId, organizationId), eq(principal.id, principalId))
}

async function requireNameFree(ctx: ReadCtx, key: PrincipalKey, name: string): Promise<void> {
  const { principal } = ctx.reader.t
  const [holder] = await ctx.reader
    .select({ id: principal.id })
    .from(principal)
    .where(and(eq(principal.organizationId, key.organizationId), eq(principal.name, name)))
  if (holder && holder.id !== key.principalId) throw nameTaken()
}

const nameTaken = () => conflict('There is a principal of this name already.')

async function recordOf(ctx: WriteCtx, action: AuditAction, row: Row<'principal'>): Promise<void> {
  const { id, organizationId, name } = row
  await record(ctx, { action, organizationId, target: { type: 'principal', id }, details: { name } })
}
