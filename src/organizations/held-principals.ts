import { and, eq } from 'drizzle-orm'
import type { ReadCtx, Row } from '../db/index.ts'
import type { HeldPrincipal } from './schema.ts'

interface Holding {
  readonly principal: Pick<Row<'principal'>, 'id' | 'name'>
  readonly organization: Pick<Row<'organization'>, 'id' | 'slug' | 'name'>
  readonly department?: Pick<Row<'department'>, 'id' | 'name'>
}

/** The principals that a user holds as an active member, in every organization, each once with the reasons. */
export async function listPrincipalsOf(ctx: ReadCtx, userId: string): Promise<HeldPrincipal[]> {
  const holdings: Holding[] = [...(await heldDirectly(ctx, userId)), ...(await heldByDepartment(ctx, userId))]
  const held = new Map<string, HeldPrincipal>()
  for (const { principal, organization, department } of holdings) {
    const known = held.get(principal.id) ?? { ...principal, organization, is_direct: false, departments: [] }
    if (department) known.departments.push(department)
    else known.is_direct = true
    held.set(principal.id, known)
  }
  return [...held.values()].sort(
    (a, b) => compare(a.organization.slug, b.organization.slug) || compare(a.name, b.name),
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

function heldDirectly(ctx: ReadCtx, userId: string): Promise<Holding[]> {
  const { member, organization, principal, principalMember } = ctx.reader.t
  return ctx.reader
    .select({
      principal: idAndName(principal),
      organization: { ...idAndName(organization), slug: organization.slug },
    })
    .from(member)
    .innerJoin(
      principalMember,
      and(
        eq(principalMember.organizationId, member.organizationId),
        eq(principalMember.userId, member.userId),
      ),
    )
    .innerJoin(principal, eq(principal.id, principalMember.principalId))
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(and(eq(member.userId, userId), eq(member.status, 'active')))
}

function heldByDepartment(ctx: ReadCtx, userId: string): Promise<Required<Holding>[]> {
  const { member, organization, department, departmentMember, principal, principalDepartment } = ctx.reader.t
  return ctx.reader
    .select({
      principal: idAndName(principal),
      organization: { ...idAndName(organization), slug: organization.slug },
      department: idAndName(department),
    })
    .from(member)
    .innerJoin(
      departmentMember,
      and(
        eq(departmentMember.organizationId, member.organizationId),
        eq(departmentMember.userId, member.userId),
      ),
    )
    .innerJoin(department, eq(department.id, departmentMember.departmentId))
    .innerJoin(principalDepartment, eq(principalDepartment.departmentId, department.id))
    .innerJoin(principal, eq(principal.id, principalDepartment.principalId))
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(and(eq(member.userId, userId), eq(member.status, 'active')))
}

const idAndName = <Id, Name>({ id, name }: { id: Id; name: Name }) => ({ id, name })
