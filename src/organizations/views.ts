import type { Row } from '../db/index.ts'
import type { Membership } from '../http/index.ts'
import type { Department, Invite, Member, Organization, OrganizationMembership, Principal } from './schema.ts'

export const organizationView = (row: Row<'organization'>): Organization => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  description: row.description,
  logo_url: row.logoUrl,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
})

type ShownMembership = Pick<Membership, 'organizationId' | 'slug' | 'name' | 'role' | 'status' | 'joinedAt'>

export const membershipView = (membership: ShownMembership): OrganizationMembership => ({
  id: membership.organizationId,
  slug: membership.slug,
  name: membership.name,
  role: membership.role,
  status: membership.status,
  joined_at: membership.joinedAt.toISOString(),
})

/** A member with what is shown of the person. */
export type MemberRow = Pick<Row<'member'>, 'userId' | 'role' | 'status' | 'joinedAt' | 'mfaStatus'> &
  Pick<Row<'user'>, 'email' | 'fullName' | 'avatarUrl'>

export const memberView = (row: MemberRow): Member => ({
  user_id: row.userId,
  email: row.email,
  full_name: row.fullName,
  avatar_url: row.avatarUrl,
  role: row.role,
  status: row.status,
  joined_at: row.joinedAt.toISOString(),
})

export const inviteView = (row: Row<'invite'>): Invite => ({
  id: row.id,
  email: row.email,
  role: row.role,
  department_ids: [...row.departmentIds],
  invited_by: row.invitedBy,
  created_at: row.createdAt.toISOString(),
  sent_at: row.sentAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
})

/** Departments and principals look alike: a named thing of an organization. */
export const groupView = (row: Row<'department'> | Row<'principal'>): Department & Principal => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
})
