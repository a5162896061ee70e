import { and, eq } from 'drizzle-orm'
import type { StoredClient } from '../clients/index.ts'
import { placeholder, type ReadCtx, type Row } from '../db/index.ts'
import {
  type Person,
  type PersonOrganization,
  type RequestedClaim,
  scopesOfClaims,
} from '../protocol/oidc/index.ts'

export interface AskedFor {
  readonly scope: readonly string[]
  readonly requested: readonly RequestedClaim[]
}

interface Asking extends AskedFor {
  readonly client: StoredClient
  /** Under which it asks; null: under none, so that nobody was asked. */
  readonly grantId: string | null
}

/**
 * What is known of a user for a client. Organizations are looked for only where something asked for tells of them. The
 * client of an organization that spares its members the question learns what they are in that one: what they are in
 * others is theirs to agree to.
 */
export async function findPerson(ctx: ReadCtx, user: Row<'user'>, asking: Asking): Promise<Person> {
  const { client, scope, requested } = asking
  const asked = [...scope, ...scopesOfClaims({ userinfo: requested, idToken: [] })]
  const ofOrganizations = asked.filter((name) => ORGANIZATION_SCOPES.includes(name))
  const found = ofOrganizations.length > 0 ? await findOrganizations(ctx, user.id) : []
  const isOfOthers = found.some(({ id }) => id !== client.organizationId)
  const isAgreed = !isOfOthers || (await hasAgreed(ctx, asking, ofOrganizations))
  const organizations = isAgreed ? found : found.filter(({ id }) => id === client.organizationId)
  return {
    fullName: user.fullName ?? undefined,
    pictureUrl: user.avatarUrl ?? undefined,
    locale: user.locale ?? undefined,
    updatedAt: user.updatedAt,
    email: user.email,
    isEmailVerified: user.emailVerifiedAt !== null,
    organizations,
    groups: organizations.find(({ id }) => id === client.organizationId)?.departments ?? [],
    custom: customClaims(client, user),
  }
}

const ORGANIZATION_SCOPES: readonly string[] = ['roles', 'organizations', 'groups']

const PROFILE: Readonly<Record<Row<'client'>['claims'][string], (user: Row<'user'>) => string | null>> = {
  user_id: ({ id }) => id,
  email: ({ email }) => email,
  full_name: ({ fullName }) => fullName,
  avatar_url: ({ avatarUrl }) => avatarUrl,
  locale: ({ locale }) => locale,
}

const customClaims = ({ claims }: StoredClient, user: Row<'user'>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(claims).map(([name, field]) => [name, PROFILE[field](user) ?? undefined]))

async function hasAgreed(
  { reader }: ReadCtx,
  { client, grantId }: Asking,
  scopes: readonly string[],
): Promise<boolean> {
  if (client.organizationId === null) return true // nobody could spare them the question
  if (grantId === null) return false
  const [held] = await reader
    .prepared('oidc.agreed_scopes', ({ select, t: { grant } }) =>
      select({ scopes: grant.scopes })
        .from(grant)
        .where(eq(grant.id, placeholder('grantId'))),
    )
    .execute({ grantId })
  return scopes.every((scope) => held?.scopes.includes(scope) ?? false)
}

const USER_ID = placeholder('userId')

/** Those where the membership is active; a suspended one gives nobody anything. */
async function findOrganizations(
  { reader }: ReadCtx,
  userId: string,
): Promise<readonly PersonOrganization[]> {
  const [memberships, departments] = await reader.together(
    [
      reader.prepared('oidc.memberships', ({ select, t: { member, organization } }) =>
        select({ id: organization.id, slug: organization.slug, role: member.role })
          .from(member)
          .innerJoin(organization, eq(organization.id, member.organizationId))
          .where(and(eq(member.userId, USER_ID), eq(member.status, 'active')))
          .orderBy(organization.slug),
      ),
      reader.prepared('oidc.departments', ({ select, t: { department, departmentMember, member } }) =>
        select({ organizationId: department.organizationId, name: department.name })
          .from(member) // which has an index by user
          .innerJoin(
            departmentMember,
            and(
              eq(departmentMember.organizationId, member.organizationId),
              eq(departmentMember.userId, member.userId),
            ),
          )
          .innerJoin(department, eq(department.id, departmentMember.departmentId))
          .where(eq(member.userId, USER_ID))
          .orderBy(department.name),
      ),
    ],
    { userId },
  )
  return memberships.map((membership) => ({
    ...membership,
    departments: departments
      .filter(({ organizationId }) => organizationId === membership.id)
      .map(({ name }) => name),
  }))
}
