import { eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import { deleteOrganization, leaveAll, ownedOrganizations } from '../organizations/index.ts'
import { deleteUser, getUser } from '../users/index.ts'
import { endUserAccess } from './end-user-access.ts'
import { requireOtherInstanceAdmin } from './instance-admin.ts'

/**
 * Deletes a user with all of their data, and the organizations that nobody else is in; what they did stays in
 * the audit log under their id. Throws NOT_FOUND; CONFLICT for the last instance administrator, and for the
 * owner of an organization with other members, naming these organizations. The rules span rows: run it in a
 * serializable transaction.
 */
export async function deleteUserEntirely(ctx: WriteCtx, userId: string): Promise<void> {
  const user = await getUser(ctx, userId)
  if (user.isInstanceAdmin) await requireOtherInstanceAdmin(ctx, userId)
  const owned = await ownedOrganizations(ctx, userId)
  const shared = owned.filter(({ memberCount }) => memberCount > 1)
  if (shared.length > 0) {
    throw conflict('Transfer or delete the organizations with other members first.', {
      organizations: shared.map(({ id, slug, name }) => ({ id, slug, name })),
    })
  }
  await endUserAccess(ctx, { userId, reason: 'deleted' })
  for (const { id, slug } of owned) await deleteOrganization(ctx, { organizationId: id, confirm: slug })
  const { invite } = ctx.tx.t
  await ctx.tx.delete(invite).where(eq(invite.emailNormalized, user.emailNormalized))
  await leaveAll(ctx, userId)
  await deleteUser(ctx, userId)
  await record(ctx, { action: 'user.delete', target: { type: 'user', id: userId } })
}
