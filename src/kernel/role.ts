/** A member's role in an organization; exactly one member is its owner. Strongest first. */
export const ROLES = ['owner', 'admin', 'member', 'guest'] as const
export type Role = (typeof ROLES)[number]

/**
 * Who may do what in an organization: the one table that guards, the roles endpoint and the documents
 * read. An admin never changes or removes the owner, nor makes one; that is a rule of the members service.
 */
export const PERMISSIONS = {
  'organization.delete': ['owner'],
  'organization.transfer': ['owner'],
  'organization.update': ['owner', 'admin'],
  'members.manage': ['owner', 'admin'],
  'invites.manage': ['owner', 'admin'],
  'departments.manage': ['owner', 'admin'],
  'principals.manage': ['owner', 'admin'],
  'policies.manage': ['owner', 'admin'],
  'audit.read_all': ['owner', 'admin'],
  'organization.read': ['owner', 'admin', 'member', 'guest'],
  'members.read': ['owner', 'admin', 'member', 'guest'],
  'departments.read': ['owner', 'admin', 'member', 'guest'],
  'principals.read': ['owner', 'admin', 'member', 'guest'],
  'audit.read_own': ['owner', 'admin', 'member', 'guest'],
} as const satisfies Record<string, readonly Role[]>
export type Permission = keyof typeof PERMISSIONS

export const may = (role: Role, permission: Permission): boolean =>
  (PERMISSIONS[permission] as readonly Role[]).includes(role)
