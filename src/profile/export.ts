import { desc, eq } from 'drizzle-orm'
import { auditBatches, ownAuditEventView, record, streamOf } from '../audit/index.ts'
import { webauthnCredentialView } from '../authentication/index.ts'
import { collectGrants } from '../authorization-server/index.ts'
import { findTotp, listCredentials } from '../credentials/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { type Caller, type HttpDeps, instantOrNull, type RequestOrigin, success } from '../http/index.ts'
import { membershipView } from '../organizations/index.ts'
import { apiKeyView, sessionView } from '../sessions/index.ts'
import { getUser, userView } from '../users/index.ts'
import { listOwnInvites, listOwnPrincipals } from './belongings.ts'
import { findPendingEmail } from './change-profile.ts'
import type { PersonalData } from './schema.ts'

/**
 * Everything that is held on the caller, as a download of one JSON envelope. The audit events in it are read
 * while it is sent, so that memory does not grow with them; the rest is small. That it was taken is recorded.
 */
export async function exportPersonalData(
  deps: HttpDeps,
  origin: RequestOrigin,
  caller: Caller,
): Promise<Response> {
  const { id: userId } = caller.user
  await deps.write(origin, (ctx) =>
    record(ctx, { action: 'user.export', target: { type: 'user', id: userId } }),
  )
  const { data, now } = await deps.read(origin, async (ctx) => ({
    data: await collect(ctx, caller),
    now: ctx.now,
  }))
  const text = JSON.stringify(success(origin, { ...data, audit_events: [] }))
  const gap = text.lastIndexOf('[]') + 1 // audit_events is the last list of the envelope
  async function* pieces() {
    yield text.slice(0, gap)
    let separator = ''
    for await (const rows of auditBatches(deps, origin, { scope: { userId }, filters: {} })) {
      const events = rows.map((row) => JSON.stringify(ownAuditEventView(row, userId)))
      yield separator + events.join(',')
      separator = ','
    }
    yield text.slice(gap)
  }
  return new Response(streamOf(pieces(), origin), {
    headers: {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="personal-data-${now.toISOString().slice(0, 10)}.json"`,
    },
  })
}

async function collect(ctx: ReadCtx, caller: Caller): Promise<Omit<PersonalData, 'audit_events'>> {
  const { id: userId } = caller.user
  const { password, session, knownDevice, apiKey, department, departmentMember } = ctx.reader.t
  const select = ctx.reader.select
  const [ownPassword] = await select({ changedAt: password.changedAt })
    .from(password)
    .where(eq(password.userId, userId))
  const departments = await select({ department, joinedAt: departmentMember.createdAt })
    .from(departmentMember)
    .innerJoin(department, eq(department.id, departmentMember.departmentId))
    .where(eq(departmentMember.userId, userId))
  const sessions = await select().from(session).where(eq(session.userId, userId)).orderBy(desc(session.id))
  const devices = await select().from(knownDevice).where(eq(knownDevice.userId, userId))
  const apiKeys = await select().from(apiKey).where(eq(apiKey.userId, userId)).orderBy(desc(apiKey.id))
  const currentId = caller.credential.kind === 'session' ? caller.credential.session.id : undefined
  const shownTo = { currentId, isComplianceOnly: false } // else this route would not answer
  return {
    user: userView(await getUser(ctx, userId)),
    pending_email: await findPendingEmail(ctx, userId),
    password_changed_at: instantOrNull(ownPassword?.changedAt ?? null),
    authenticator_app: await collectTotp(ctx, userId),
    passkeys: (await listCredentials(ctx, userId)).map(webauthnCredentialView),
    organizations: caller.memberships.map(membershipView),
    departments: departments.map((row) => ({
      id: row.department.id,
      name: row.department.name,
      organization_id: row.department.organizationId,
      joined_at: row.joinedAt.toISOString(),
    })),
    principals: await listOwnPrincipals(ctx, caller),
    invites: await listOwnInvites(ctx, caller),
    sessions: sessions.map((row) => sessionView(row, shownTo)),
    devices: devices.map((row) => ({
      first_seen_at: row.firstSeenAt.toISOString(),
      last_seen_at: row.lastSeenAt.toISOString(),
    })),
    api_keys: apiKeys.map(apiKeyView),
    grants: await collectGrants(ctx, userId),
  }
}

async function collectTotp(ctx: ReadCtx, userId: string): Promise<PersonalData['authenticator_app']> {
  const totp = await findTotp(ctx, userId)
  if (!totp) return null
  return {
    created_at: totp.createdAt.toISOString(),
    verified_at: instantOrNull(totp.verifiedAt),
    last_used_at: instantOrNull(totp.lastUsedAt),
  }
}
