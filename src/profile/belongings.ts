import { listAuditEvents } from '../audit/index.ts'
import type { ReadCtx, Row } from '../db/index.ts'
import { type Caller, type CursorSigner, type Membership, type Page, readPage } from '../http/index.ts'
import { forbidden } from '../kernel/index.ts'
import {
  type HeldPrincipal,
  type InviteSummary,
  listInvitesFor,
  listPrincipalsOf,
} from '../organizations/index.ts'
import { normalizeEmail } from '../users/index.ts'
import type { OwnAuditQuery } from './schema.ts'

/** An API key for one organization sees nothing of the others. */
const isWithinReach = ({ credential }: Caller, organizationId: string): boolean =>
  credential.kind === 'session' ||
  credential.organizationId === null ||
  credential.organizationId === organizationId

export const listOwnMemberships = (caller: Caller): readonly Membership[] =>
  caller.memberships.filter(({ organizationId }) => isWithinReach(caller, organizationId))

/** The open invites to the caller's address; none until it is verified, for until then it may be somebody else's. */
export async function listOwnInvites(ctx: ReadCtx, caller: Caller): Promise<InviteSummary[]> {
  if (caller.user.emailVerifiedAt === null) return []
  const invites = await listInvitesFor(ctx, normalizeEmail(caller.user.email))
  return invites.filter(({ organization }) => isWithinReach(caller, organization.id))
}

export async function listOwnPrincipals(ctx: ReadCtx, caller: Caller): Promise<HeldPrincipal[]> {
  const principals = await listPrincipalsOf(ctx, caller.user.id)
  return principals.filter(({ organization }) => isWithinReach(caller, organization.id))
}

/** One page of what the caller did and had done to them. It spans organizations: not for a key of one of them. */
export function listOwnAuditEvents(
  ctx: ReadCtx,
  { caller, query, cursors }: { caller: Caller; query: OwnAuditQuery; cursors: CursorSigner },
): Promise<Page<Row<'auditEvent'>>> {
  const { user, credential } = caller
  if (credential.kind !== 'session' && credential.organizationId !== null) {
    throw forbidden('This API key is for one organization only.')
  }
  const scope = { userId: user.id }
  const key = ({ id }: Row<'auditEvent'>) => [id]
  return readPage({ cursors, list: `audit:${user.id}`, query, key }, (count, after) =>
    listAuditEvents(ctx, { scope, filters: query }, { count, after: after && String(after[0]) }),
  )
}
