import { z } from 'zod'
import { displayText, EmailAddress, GivenId, Id, Instant, PageQuery, WebUrl } from '../http/index.ts'
import { MFA_STATUSES, PERMISSIONS, type Permission, ROLES } from '../kernel/index.ts'
import { LIMITS } from './limits.ts'
import { Slug } from './slug.ts'

const Name = displayText(100).meta({ examples: ['Acme Corporation'] })
const Description = displayText(500)
/** Of the pages that people see on the way to the organization's applications. */
const AccentColor = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a colour as #rrggbb')
  .meta({ examples: ['#0b7a4b'] })
const Role = z.enum(ROLES)
/** What a member can be made: an owner comes about only by a transfer of ownership. */
export const AssignableRole = Role.exclude(['owner'])
export type AssignableRole = z.infer<typeof AssignableRole>
const MemberStatus = z.enum(['active', 'suspended'])

export const NewOrganization = z
  .object({
    name: Name,
    slug: Slug.optional(),
    description: Description.optional(),
    logo_url: WebUrl.optional(),
    accent_color: AccentColor.optional(),
  })
  .meta({ examples: [{ name: 'Acme Corporation', slug: 'acme-corp' }] })
export type NewOrganization = z.infer<typeof NewOrganization>

/** The slug stays: applications know an organization by it, and one given up could be taken by another. */
export const OrganizationChange = z
  .object({
    name: Name.optional(),
    description: Description.nullable().optional(),
    logo_url: WebUrl.nullable().optional(),
    accent_color: AccentColor.nullable().optional(),
  })
  .meta({ examples: [{ name: 'Acme Corporation International', description: null }] })
export type OrganizationChange = z.infer<typeof OrganizationChange>

export const Organization = z
  .object({
    id: Id,
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    logo_url: z.string().nullable(),
    accent_color: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Organization' })
export type Organization = z.infer<typeof Organization>

/** An organization as one of its members sees it in their own list. */
export const OrganizationMembership = z
  .object({
    id: Id,
    slug: z.string(),
    name: z.string(),
    role: Role,
    status: MemberStatus,
    joined_at: Instant,
  })
  .meta({ id: 'OrganizationMembership' })
export type OrganizationMembership = z.infer<typeof OrganizationMembership>

export const RoleSummary = z.object({
  role: Role,
  member_count: z.int(),
  permissions: z.array(z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]])),
})
export type RoleSummary = z.infer<typeof RoleSummary>

export const Member = z
  .object({
    user_id: Id,
    email: z.string(),
    full_name: z.string().nullable(),
    avatar_url: z.string().nullable(),
    role: Role,
    status: MemberStatus,
    joined_at: Instant,
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

export const MemberQuery = PageQuery.extend({
  search: displayText(100).optional().describe('Part of the name or e-mail address'),
  role: Role.optional(),
  status: MemberStatus.optional(),
  mfa_status: z.enum(MFA_STATUSES).optional(),
  department: GivenId.optional().describe('Members of this department'),
})
export type MemberQuery = z.infer<typeof MemberQuery>

export const NewMember = z
  .union([
    z.object({ email: EmailAddress, role: AssignableRole }),
    z.object({ user_id: GivenId, role: AssignableRole }),
  ])
  .meta({ examples: [{ email: 'grace@tech-startup.com', role: 'member' }] })
export type NewMember = z.infer<typeof NewMember>

export const NewInvite = z
  .object({
    email: EmailAddress,
    role: AssignableRole,
    department_ids: z.array(GivenId).max(LIMITS.inviteDepartments).optional().meta({ default: [] }),
  })
  .meta({ examples: [{ email: 'new.colleague@acme-corp.com', role: 'member' }] })
export type NewInvite = z.infer<typeof NewInvite>

/** As administrators see it. The token is in the mail only. */
export const Invite = z
  .object({
    id: Id,
    email: z.string(),
    role: AssignableRole,
    department_ids: z.array(Id),
    invited_by: Id,
    created_at: Instant,
    sent_at: Instant,
    expires_at: Instant,
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

/** As the invited person sees it, before they belong to the organization. */
export const InviteSummary = z
  .object({
    organization: Organization.pick({ id: true, slug: true, name: true, logo_url: true }),
    role: AssignableRole,
    inviter_name: z.string().nullable(),
    email: z.string().describe('Masked: b***@acme-corp.com'),
    expires_at: Instant,
  })
  .meta({ id: 'InviteSummary' })
export type InviteSummary = z.infer<typeof InviteSummary>

export const NewDepartment = z
  .object({ name: Name, description: Description.optional() })
  .meta({ examples: [{ name: 'Engineering', description: 'Builds things' }] })
export type NewDepartment = z.infer<typeof NewDepartment>

export const DepartmentChange = z
  .object({ name: Name.optional(), description: Description.nullable().optional() })
  .meta({ examples: [{ name: 'Platform Engineering' }] })
export type DepartmentChange = z.infer<typeof DepartmentChange>

export const Department = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Department' })
export type Department = z.infer<typeof Department>

/** What `sshd` maps to local users. No separators, so that a certificate's list of them stays one. */
const PrincipalName = z
  .string()
  .regex(/^[A-Za-z0-9._@:-]{1,64}$/, 'must be 1 to 64 letters, digits or . _ @ : -')
  .meta({ examples: ['deploy'] })

export const NewPrincipal = z
  .object({ name: PrincipalName, description: Description.optional() })
  .meta({ examples: [{ name: 'deploy', description: 'May deploy to production' }] })
export type NewPrincipal = z.infer<typeof NewPrincipal>

export const PrincipalChange = z
  .object({ name: PrincipalName.optional(), description: Description.nullable().optional() })
  .meta({ examples: [{ description: 'May deploy everywhere' }] })
export type PrincipalChange = z.infer<typeof PrincipalChange>

export const Principal = Department.meta({ id: 'Principal' })
export type Principal = z.infer<typeof Principal>

/** A principal that a person holds, and why: given to them, or to departments that they are in. */
export const HeldPrincipal = z
  .object({
    id: Id,
    name: z.string(),
    organization: Organization.pick({ id: true, slug: true, name: true }),
    is_direct: z.boolean(),
    departments: z.array(Department.pick({ id: true, name: true })),
  })
  .meta({ id: 'HeldPrincipal' })
export type HeldPrincipal = z.infer<typeof HeldPrincipal>

/** Names one member or department to add to something. */
export const MemberReference = z
  .object({ user_id: GivenId })
  .meta({ examples: [{ user_id: '01970000-0000-7000-8000-000000000000' }] })
export const DepartmentReference = z
  .object({ department_id: GivenId })
  .meta({ examples: [{ department_id: '01970000-0000-7000-8000-000000000000' }] })
