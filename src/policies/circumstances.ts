import { and, eq, inArray, isNotNull } from 'drizzle-orm'
import type { ReadCtx, Row } from '../db/index.ts'
import { defaultPolicy } from './default-policy.ts'
import type { Factors } from './requirement.ts'

export type MemberKey = Pick<Row<'member'>, 'organizationId' | 'userId'>

/** What is judged beside the membership itself. */
export interface Circumstances {
  readonly user: Pick<Row<'user'>, 'id' | 'email' | 'locale' | 'status'>
  readonly organizationName: string
  readonly policy: Row<'securityPolicy'>
  readonly override: Row<'securityPolicyOverride'> | undefined
  readonly factors: Factors
}

type Key = Pick<Row<'webauthnCredential'>, 'id' | 'userId' | 'aaguid' | 'isAttested'>

/** Makes the function that tells the circumstances of each of `members`, in a bounded number of queries for all. */
export async function circumstancesOf(
  ctx: ReadCtx,
  members: readonly MemberKey[],
  { withoutCredentialId }: { withoutCredentialId?: string | undefined } = {},
): Promise<(member: MemberKey) => Circumstances | undefined> {
  const userIds = [...new Set(members.map(({ userId }) => userId))]
  const organizationIds = [...new Set(members.map(({ organizationId }) => organizationId))]
  if (members.length === 0) return () => undefined

  const users = await readUsers(ctx, userIds)
  const organizations = await readOrganizations(ctx, organizationIds)
  const overrides = Map.groupBy(await readOverrides(ctx, organizationIds, userIds), ofUser)
  const totpUserIds = await readTotpUsers(ctx, userIds)
  const keys = Map.groupBy(await readKeys(ctx, userIds), ofUser)

  return ({ organizationId, userId }) => {
    const user = users.get(userId)
    const organization = organizations.get(organizationId)
    if (!user || !organization) return undefined
    const policy = organization.policy ?? defaultPolicy(organizationId)
    const ownKeys = (keys.get(userId) ?? []).filter(({ id }) => id !== withoutCredentialId)
    const isOfOrganization = (override: MemberKey) => override.organizationId === organizationId
    return {
      user,
      organizationName: organization.name,
      policy,
      override: overrides.get(userId)?.find(isOfOrganization),
      factors: {
        hasTotp: totpUserIds.has(userId),
        hasWebauthn: ownKeys.some((key) => countsFor(policy, key)),
      },
    }
  }
}

const ofUser = ({ userId }: { userId: string }): string => userId

/** Where models are listed, a key counts when its maker has vouched for it being one of them. */
const countsFor = ({ webauthnAllowedAaguids }: Row<'securityPolicy'>, key: Key): boolean =>
  webauthnAllowedAaguids.length === 0 || (key.isAttested && webauthnAllowedAaguids.includes(key.aaguid))

async function readUsers({ reader }: ReadCtx, userIds: string[]) {
  const { user } = reader.t
  const rows = await reader
    .select({ id: user.id, email: user.email, locale: user.locale, status: user.status })
    .from(user)
    .where(inArray(user.id, userIds))
  return new Map(rows.map((row) => [row.id, row]))
}

async function readOrganizations({ reader }: ReadCtx, organizationIds: string[]) {
  const { organization, securityPolicy } = reader.t
  const rows = await reader
    .select({ id: organization.id, name: organization.name, policy: securityPolicy })
    .from(organization)
    .leftJoin(securityPolicy, eq(securityPolicy.organizationId, organization.id))
    .where(inArray(organization.id, organizationIds))
  return new Map(rows.map((row) => [row.id, row]))
}

function readOverrides({ reader }: ReadCtx, organizationIds: string[], userIds: string[]) {
  const { securityPolicyOverride: override } = reader.t
  return reader
    .select()
    .from(override)
    .where(and(inArray(override.organizationId, organizationIds), inArray(override.userId, userIds)))
}

async function readTotpUsers({ reader }: ReadCtx, userIds: string[]): Promise<ReadonlySet<string>> {
  const { totpCredential } = reader.t
  const rows = await reader
    .select({ userId: totpCredential.userId })
    .from(totpCredential)
    .where(and(inArray(totpCredential.userId, userIds), isNotNull(totpCredential.verifiedAt)))
  return new Set(rows.map(({ userId }) => userId))
}

function readKeys({ reader }: ReadCtx, userIds: string[]): Promise<Key[]> {
  const { webauthnCredential: key } = reader.t
  return reader
    .select({ id: key.id, userId: key.userId, aaguid: key.aaguid, isAttested: key.isAttested })
    .from(key)
    .where(inArray(key.userId, userIds))
}
