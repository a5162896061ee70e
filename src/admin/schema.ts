import { z } from 'zod'
import { displayText, Instant, PageQuery } from '../http/index.ts'
import { OrganizationMembership } from '../organizations/index.ts'
import { FullName, Locale, User } from '../users/index.ts'

export const UserQuery = PageQuery.extend({
  search: displayText(100).optional().describe('Part of the e-mail address or name'),
  status: z.enum(['active', 'suspended']).optional(),
})
export type UserQuery = z.infer<typeof UserQuery>

/** A user, and what an administrator weighs before acting on one. */
export const UserDetails = z.object({
  user: User,
  organizations: z.array(OrganizationMembership),
  session_count: z.int().describe('Sessions that have not expired'),
  api_key_count: z.int(),
})
export type UserDetails = z.infer<typeof UserDetails>

export const UserChange = z
  .object({
    full_name: FullName.nullable().optional(),
    locale: Locale.nullable().optional(),
    is_instance_admin: z.boolean().optional(),
  })
  .meta({ examples: [{ full_name: 'Bob Builder', locale: 'en' }] })
export type UserChange = z.infer<typeof UserChange>

export const Suspension = z
  .object({ reason: displayText(500).optional().describe('For the audit log; the user is not told') })
  .meta({ examples: [{ reason: 'Left the company' }] })
export type Suspension = z.infer<typeof Suspension>

/** What the user had. */
export const MfaReset = z.object({
  had_totp: z.boolean(),
  passkeys: z.int(),
  sessions_revoked: z.int(),
})
export type MfaReset = z.infer<typeof MfaReset>

export const MadeRecoveryLink = z.object({
  url: z.string().describe('Shown here and never again'),
  expires_at: Instant,
})
