import { and, count, eq, inArray } from 'drizzle-orm'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { memberLeft } from './membership-history.ts'

/** The names of the organizations that a user belongs to, for rules about their own data. */
export async function organizationNamesOf(ctx: ReadCtx, userId: string): Promise<string[]> {
  const { member, organization } = ctx.reader.t
  const rows = await ctx.reader
    .select({ name: organization.name })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(eq(member.userId, userId))
  return rows.map(({ name }) => name)
}

/** Notes that a user who is about to be deleted leaves every organization. */
export async function leaveAll(ctx: WriteCtx, userId: string): Promise<void> {
  const { member } = ctx.tx.t
  const memberships = await ctx.tx
    .select({ organizationId: member.organizationId })
    .from(member)
    .where(eq(member.userId, userId))
  for (const { organizationId } of memberships) await memberLeft(ctx, { organizationId, userId })
}

export type OwnedOrganization = Pick<Row<'organization'>, 'id' | 'slug' | 'name'> & {
  /** With the owner. */
  readonly memberCount: number
}

/** The organizations that a user owns: what must be handed over or deleted before that user can go. */
export async function ownedOrganizations(ctx: ReadCtx, userId: string): Promise<OwnedOrganization[]> {
  const { member, organization } = ctx.reader.t
  const owned = await ctx.reader
    .select({ id: organization.id, slug: organization.slug, name: organization.name })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(and(eq(member.userId, userId), eq(member.role, 'owner')))
  if (owned.length === 0) return []
  const ids = owned.map(({ id }) => id)
  const counts = await ctx.reader
    .select({ id: member.organizationId, members: count() })
    .from(member)
    .where(inArray(member.organizationId, ids))
    .groupBy(member.organizationId)
  return owned.map((row) => ({ ...row, memberCount: counts.find(({ id }) => id === row.id)?.members ?? 0 }))
}
