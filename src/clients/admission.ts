import type { Row } from '../db/index.ts'
import type { Role } from '../kernel/index.ts'

/** What somebody is in the client's organization. */
export interface Standing {
  readonly role: Role
  readonly status: 'active' | 'suspended'
  readonly departmentIds: readonly string[]
}

/** Whether somebody may sign in to an application; `standing` is undefined for those outside of its organization. */
export function isAdmitted(
  { access }: Pick<Row<'client'>, 'access'>,
  standing: Standing | undefined,
): boolean {
  if (!access.membersOnly) return standing?.status !== 'suspended'
  if (standing?.status !== 'active') return false
  const { roles, departmentIds } = access
  if (roles.length === 0 && departmentIds.length === 0) return true
  return roles.includes(standing.role) || standing.departmentIds.some((id) => departmentIds.includes(id))
}

/**
 * Whether somebody is asked before an application learns who they are. Only an organization's own members can be
 * spared that: it cannot decide for anybody else, nor about what its members are elsewhere.
 */
export const needsConsent = (
  { consent }: Pick<Row<'client'>, 'consent'>,
  standing: Standing | undefined,
): boolean => consent === 'required' || standing?.status !== 'active'
