import type { Row } from '../db/index.ts'
import { instant, type Membership } from '../http/index.ts'
import type { Department, Invite, Member, Organization, OrganizationMembership, Principal } from './schema.ts'

export const organizationView = (row: Row<'organization'>): Organization => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  description: row.description,
  logo_url: row.logoUrl,
  accent_color: row.accentColor,
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
})

type ShownMembership = Pick<Membership, 'organizationId' | 'slug' | 'name' | 'role' | 'status' | 'joinedAt'>

export const membershipView = (membership: ShownMembership): OrganizationMembership => ({
  id: membership.organizationId,
  slug: membership.slug,
  name: membership.name,
  role: membership.role,
  status: membership.status,
  joined_at: instant(membership.joinedAt),
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
  joined_at: instant(row.joinedAt),
})

export const inviteView = (row: Row<'invite'>): Invite => ({
  id: row.id,
  email: row.email,
  role: row.role,
  department_ids: [...row.departmentIds],
  invited_by: row.invitedBy,
  created_at: instant(row.createdAt),
  sent_at: instant(row.sentAt),
  expires_at: instant(row.expiresAt),
})

/** Departments and principals look alike: a named thing of an organization. */
export const groupView = (row: Row<'department'> | Row<'principal'>): Department & Principal => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
})
