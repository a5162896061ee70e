import { and, eq } from 'drizzle-orm'
import { isAdmitted, type Standing, type StoredClient } from '../clients/index.ts'
import { placeholder, type ReadCtx, type Row } from '../db/index.ts'
import { invalidGrant, OAuthError } from '../protocol/oauth/index.ts'
import { isLive } from '../sessions/index.ts'
import { findUser } from '../users/index.ts'
import { type Authorization, isOffline } from './authorization.ts'

/**
 * The user whose authorization still holds: active, admitted to the application, and signed in still unless
 * `offline_access` was allowed. Asked at every use of a code or refresh token, so that nothing has to go after the
 * tokens when one of it ends. Throws invalid_grant.
 */
export async function requireEntitlement(
  ctx: ReadCtx,
  client: StoredClient,
  authorization: Pick<Authorization, 'userId' | 'sessionId' | 'scopes'>,
): Promise<Row<'user'>> {
  const user = await findUser(ctx, authorization.userId)
  if (user?.status !== 'active') throw invalidGrant('The user is not active.')
  if (!isOffline(authorization) && !(await isSignedIn(ctx, authorization.sessionId))) {
    throw invalidGrant('The session has ended.')
  }
  if (!isAdmitted(client, await findStanding(ctx, client, user.id))) {
    throw invalidGrant('The user may not use this application.')
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
  { reader }: ReadCtx,
  { organizationId, access }: Pick<StoredClient, 'organizationId' | 'access'>,
  userId: string,
): Promise<Standing | undefined> {
  if (organizationId === null) return undefined
  const [membership] = await reader
    .prepared('oidc.standing', ({ select, t: { member } }) =>
      select({ role: member.role, status: member.status })
        .from(member)
        .where(and(eq(member.organizationId, ORGANIZATION_ID), eq(member.userId, USER_ID))),
    )
    .execute({ organizationId, userId })
  if (!membership) return undefined
  const departments =
    access.departmentIds.length === 0
      ? []
      : await reader
          .prepared('oidc.standing_departments', ({ select, t: { departmentMember } }) =>
            select({ id: departmentMember.departmentId })
              .from(departmentMember)
              .where(
                and(
                  eq(departmentMember.organizationId, ORGANIZATION_ID),
                  eq(departmentMember.userId, USER_ID),
                ),
              ),
          )
          .execute({ organizationId, userId })
  return { ...membership, departmentIds: departments.map(({ id }) => id) }
}

const ORGANIZATION_ID = placeholder('organizationId')
const USER_ID = placeholder('userId')

async function isSignedIn({ reader, now }: ReadCtx, sessionId: string | null): Promise<boolean> {
  if (sessionId === null) return false
  const [session] = await reader
    .prepared('oidc.session', ({ select, t }) =>
      select({
        expiresAt: t.session.expiresAt,
        lastSeenAt: t.session.lastSeenAt,
        idleSeconds: t.session.idleSeconds,
      })
        .from(t.session)
        .where(eq(t.session.id, placeholder('id'))),
    )
    .execute({ id: sessionId })
  return session !== undefined && isLive(session, now)
}
