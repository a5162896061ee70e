/**
 * Tenants: organizations, their members, invites, departments and principals.
 * Routes: /organizations and what is below it, /invites.
 * Invariants: an organization has exactly one owner, who changes by a transfer only; nothing of another
 * organization is ever found; who leaves takes no department, principal or API key of it along.
 */
export { AuditQuery, answerAuditQuery } from './audit-answer.ts'
export { organizationAudit } from './audit-routes.ts'
export { removeExpiredInvites } from './clean-up.ts'
export { addDepartmentMember } from './department-members.ts'
export { areDepartments, createDepartment } from './departments.ts'
export { requireAllowedDomain } from './email-domains.ts'
export { listPrincipalsOf } from './held-principals.ts'
export { acceptInvite, findInviteByToken, getInviteSummary, listInvitesFor } from './invitation.ts'
export { getMember } from './member-list.ts'
export { addMember } from './members.ts'
export {
  leaveAll,
  type OwnedOrganization,
  organizationNamesOf,
  ownedOrganizations,
} from './of-user.ts'
export { createOrganization, deleteOrganization, getOrganization } from './organization.ts'
export { addPrincipalDepartment } from './principal-departments.ts'
export { addPrincipalMember } from './principal-members.ts'
export { createPrincipal } from './principals.ts'
export { organizations } from './routes.ts'
export { HeldPrincipal, InviteSummary, OrganizationMembership } from './schema.ts'
export { membershipView } from './views.ts'
