import { and, eq } from 'drizzle-orm'
import { isAdmitted, type Standing, type StoredClient } from '../clients/index.ts'
import { placeholder, type ReadCtx, type Reader, type Row } from '../db/index.ts'
import { isPastDue } from '../http/index.ts'
import { invalidGrant, OAuthError } from '../protocol/oauth/index.ts'
import { isLive } from '../sessions/index.ts'
import { type Authorization, isOffline } from './authorization.ts'

/**
 * The user whose authorization still holds: active, admitted to the application, past no deadline for a second factor,
 * and signed in still unless `offline_access` was allowed. Asked at every use of a code or refresh token, so that
 * nothing has to go after the tokens when one of it ends. Throws invalid_grant.
 */
export async function requireEntitlement(
  ctx: ReadCtx,
  client: StoredClient,
  authorization: Pick<Authorization, 'userId' | 'sessionId' | 'scopes'>,
): Promise<Row<'user'>> {
  const { reader, now } = ctx
  const { userId, sessionId } = authorization
  const [[user], [session], memberships] = await reader.together(
    [userById(reader), sessionById(reader), membershipsOf(reader)],
    { userId, sessionId },
  )
  if (user?.status !== 'active') throw invalidGrant('The user is not active.')
  if (!isOffline(authorization) && !(session && isLive(session, now))) {
    throw invalidGrant('The session has ended.')
  }
  const membership = memberships.find(({ organizationId }) => organizationId === client.organizationId)
  if (!isAdmitted(client, await standingOf(ctx, client, { userId, membership }))) {
    throw invalidGrant('The user may not use this application.')
  }
  const isLimited = !isOffline(authorization) && session?.isComplianceOnly === true
  if (isLimited || memberships.some((each) => isPastDue(each, now))) {
    throw invalidGrant('The user has to add a second factor first, which an organization asks for.')
  }
  return user
}

export const isEntitled = (...input: Parameters<typeof requireEntitlement>): Promise<boolean> =>
  requireEntitlement(...input).then(
    () => true,
    (error: unknown) => {
      if (error instanceof OAuthError) return false
      throw error
    },
  )

/** What somebody is in the client's own organization; undefined for those outside of it. */
export async function findStanding(
  ctx: ReadCtx,
  client: Pick<StoredClient, 'organizationId' | 'access'>,
  userId: string,
): Promise<Standing | undefined> {
  const { organizationId } = client
  if (organizationId === null) return undefined
  const [membership] = await membershipOf(ctx.reader).execute({ organizationId, userId })
  return standingOf(ctx, client, { userId, membership })
}

/** Departments are looked for only where the client lets somebody in by one; else the answer is there at once. */
export function standingOf(
  { reader }: Pick<ReadCtx, 'reader'>,
  { organizationId, access }: Pick<StoredClient, 'organizationId' | 'access'>,
  { userId, membership }: { userId: string; membership: Pick<Row<'member'>, 'role' | 'status'> | undefined },
): Standing | undefined | Promise<Standing> {
  if (!membership) return undefined
  const { role, status } = membership
  if (access.departmentIds.length === 0) return { role, status, departmentIds: [] }
  return departmentsOf(reader)
    .execute({ organizationId, userId })
    .then((departments) => ({ role, status, departmentIds: departments.map(({ id }) => id) }))
}

const ORGANIZATION_ID = placeholder('organizationId')
const USER_ID = placeholder('userId')

const userById = (reader: Reader) =>
  reader.prepared('oidc.user', ({ select, t: { user } }) => select().from(user).where(eq(user.id, USER_ID)))

const sessionById = (reader: Reader) =>
  reader.prepared('oidc.session', ({ select, t: { session } }) =>
    select({
      expiresAt: session.expiresAt,
      lastSeenAt: session.lastSeenAt,
      idleSeconds: session.idleSeconds,
      isComplianceOnly: session.isComplianceOnly,
    })
      .from(session)
      .where(eq(session.id, placeholder('sessionId'))),
  )

/** In every organization: each may ask for a second factor. */
const membershipsOf = (reader: Reader) =>
  reader.prepared('oidc.memberships_of', ({ select, t: { member } }) =>
    select({
      organizationId: member.organizationId,
      role: member.role,
      status: member.status,
      mfaStatus: member.mfaStatus,
      mfaDeadlineAt: member.mfaDeadlineAt,
    })
      .from(member)
      .where(eq(member.userId, USER_ID)),
  )

/** In the client's own organization: no row for a client without one, as null is equal to nothing. */
const membershipOf = (reader: Reader) =>
  reader.prepared('oidc.standing', ({ select, t: { member } }) =>
    select({ role: member.role, status: member.status })
      .from(member)
      .where(and(eq(member.organizationId, ORGANIZATION_ID), eq(member.userId, USER_ID))),
  )

const departmentsOf = (reader: Reader) =>
  reader.prepared('oidc.standing_departments', ({ select, t: { departmentMember: member } }) =>
    select({ id: member.departmentId })
      .from(member)
      .where(and(eq(member.organizationId, ORGANIZATION_ID), eq(member.userId, USER_ID))),
  )
