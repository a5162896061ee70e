import { and, count, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { conflict, hex, may, notFound, PERMISSIONS, ROLES, validationError } from '../kernel/index.ts'
import { LIMITS, requireRoom } from './limits.ts'
import { memberJoined } from './membership-history.ts'
import type { NewOrganization, OrganizationChange, RoleSummary } from './schema.ts'
import { slugFrom } from './slug.ts'

const SUFFIXED_SLUGS = 3

/** Founds an organization with its owner as the only member. Throws CONFLICT when a given slug is taken. */
export async function createOrganization(
  ctx: WriteCtx,
  ownerId: string,
  input: NewOrganization,
): Promise<Row<'organization'>> {
  const { member } = ctx.tx.t
  const ownedBy = and(eq(member.userId, ownerId), eq(member.role, 'owner'))
  requireRoom(await ctx.tx.$count(member, ownedBy), LIMITS.organizationsOwned, 'organizations of yours')
  const row = await insertOrganization(ctx, input)
  await ctx.tx.insert(member).values({
    organizationId: row.id,
    userId: ownerId,
    role: 'owner',
    status: 'active',
    joinedAt: ctx.now,
  })
  await memberJoined(ctx, { organizationId: row.id, userId: ownerId })
  await recordOf(ctx, row.id, 'org.create')
  return row
}

async function insertOrganization(ctx: WriteCtx, input: NewOrganization): Promise<Row<'organization'>> {
  const { organization } = ctx.tx.t
  for (const slug of slugCandidates(ctx, input)) {
    const [row] = await ctx.tx
      .insert(organization)
      .values({
        id: ctx.newId(),
        slug,
        name: input.name,
        description: input.description ?? null,
        logoUrl: input.logo_url ?? null,
        accentColor: input.accent_color ?? null,
        createdAt: ctx.now,
        updatedAt: ctx.now,
      })
      .onConflictDoNothing({ target: organization.slug })
      .returning()
    if (row) return row
  }
  throw conflict('This slug is taken. Choose another one.')
}

/** What is asked for, or else what the name suggests and, where that is taken, the same with a suffix. */
function* slugCandidates(ctx: WriteCtx, { name, slug }: NewOrganization): Generator<string> {
  yield slug ?? slugFrom(name)
  if (slug !== undefined) return
  for (let attempt = 0; attempt < SUFFIXED_SLUGS; attempt++) {
    yield `${slugFrom(name)}-${hex(ctx.random.bytes(4))}`
  }
}

/** Throws NOT_FOUND. */
export async function getOrganization(ctx: ReadCtx, id: string): Promise<Row<'organization'>> {
  const { organization } = ctx.reader.t
  const [row] = await ctx.reader.select().from(organization).where(eq(organization.id, id))
  if (!row) throw notFound('Organization')
  return row
}

/** Throws NOT_FOUND. */
export async function updateOrganization(
  ctx: WriteCtx,
  id: string,
  change: OrganizationChange,
): Promise<Row<'organization'>> {
  const { organization } = ctx.tx.t
  const { name, description, logo_url: logoUrl, accent_color: accentColor } = change
  const [row] = await ctx.tx
    .update(organization)
    .set({ name, description, logoUrl, accentColor, updatedAt: ctx.now })
    .where(eq(organization.id, id))
    .returning()
  if (!row) throw notFound('Organization')
  await recordOf(ctx, id, 'org.update', { fields: Object.keys(change) })
  return row
}

/**
 * Deletes an organization with everything in it. `confirm` is its slug, typed by a person who means it.
 * Throws VALIDATION_ERROR when that is another one, NOT_FOUND when there is no such organization.
 */
export async function deleteOrganization(
  ctx: WriteCtx,
  { organizationId, confirm }: { organizationId: string; confirm: string },
): Promise<void> {
  const { slug } = await getOrganization(ctx, organizationId)
  if (slug !== confirm) throw validationError({ confirm: ['must be the slug of the organization'] })
  const { organization } = ctx.tx.t
  const gone = await ctx.tx
    .delete(organization)
    .where(eq(organization.id, organizationId))
    .returning({ id: organization.id })
  if (gone.length === 0) throw notFound('Organization')
  await recordOf(ctx, organizationId, 'org.delete', { slug })
}

/** Every role, with how many hold it and what it may. */
export async function listRoles(ctx: ReadCtx, organizationId: string): Promise<RoleSummary[]> {
  const { member } = ctx.reader.t
  const counts = await ctx.reader
    .select({ role: member.role, count: count() })
    .from(member)
    .where(eq(member.organizationId, organizationId))
    .groupBy(member.role)
  const permissions = Object.keys(PERMISSIONS) as (keyof typeof PERMISSIONS)[]
  return ROLES.map((role) => ({
    role,
    member_count: counts.find((row) => row.role === role)?.count ?? 0,
    permissions: permissions.filter((permission) => may(role, permission)),
  }))
}

async function recordOf(
  ctx: WriteCtx,
  organizationId: string,
  action: 'org.create' | 'org.update' | 'org.delete',
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await record(ctx, { action, organizationId, target: { type: 'organization', id: organizationId }, details })
}
