import { z } from 'zod'
import { AuditEvent, AuditFilters } from '../audit/index.ts'
import { WebauthnCredential } from '../authentication/index.ts'
import { HeldGrant } from '../authorization-server/index.ts'
import { EmailAddress, Id, Instant, PageQuery, WebUrl } from '../http/index.ts'
import { HeldPrincipal, InviteSummary, OrganizationMembership } from '../organizations/index.ts'
import { ApiKey, Session } from '../sessions/index.ts'
import { FullName, Locale, User } from '../users/index.ts'

/** Bounded before anything looks at it. */
const Password = z.string().min(1).max(1024)

export const ProfileChange = z
  .object({
    full_name: FullName.nullable().optional(),
    avatar_url: WebUrl.nullable().optional(),
    locale: Locale.nullable().optional(),
    email: EmailAddress.optional().describe('Counts once the link of a mail to it is opened'),
  })
  .meta({ examples: [{ full_name: 'Bob Builder', locale: 'en' }] })
export type ProfileChange = z.infer<typeof ProfileChange>

export const Profile = z.object({
  user: User,
  pending_email: z.string().nullable().describe('The new address that a mail is on its way to'),
})

export const PasswordChange = z
  .object({
    current_password: Password.optional().describe('Left out by a user who has none yet'),
    new_password: Password,
    revoke_other_sessions: z
      .boolean()
      .optional()
      .describe('And all tokens that applications hold')
      .meta({ default: true }),
  })
  .meta({ examples: [{ current_password: 'UserPass123!', new_password: 'correct horse 7 battery' }] })
export type PasswordChange = z.infer<typeof PasswordChange>

export const PasswordChanged = z.object({
  token: z.string().describe('Replaces the token of this session. Shown once'),
  expires_at: Instant,
  sessions_revoked: z.int(),
})
export type PasswordChanged = z.infer<typeof PasswordChanged>

export const Farewell = z
  .object({ password: Password.optional().describe('In place of a recent sign-in') })
  .meta({ examples: [{ password: 'UserPass123!' }] })

/** What a person may narrow their own log down by: not by what the log does not show them. */
export const OwnAuditQuery = PageQuery.extend(
  AuditFilters.pick({ action: true, outcome: true, from: true, to: true }).shape,
)
export type OwnAuditQuery = z.infer<typeof OwnAuditQuery>

/** Everything that is held on a person but for secrets. The audit events come last: they are the many. */
export const PersonalData = z.object({
  user: User,
  pending_email: z.string().nullable(),
  password_changed_at: Instant.nullable(),
  authenticator_app: z
    .object({ created_at: Instant, verified_at: Instant.nullable(), last_used_at: Instant.nullable() })
    .nullable(),
  passkeys: z.array(WebauthnCredential),
  organizations: z.array(OrganizationMembership),
  departments: z.array(z.object({ id: Id, name: z.string(), organization_id: Id, joined_at: Instant })),
  principals: z.array(HeldPrincipal),
  invites: z.array(InviteSummary),
  sessions: z.array(Session),
  devices: z
    .array(z.object({ first_seen_at: Instant, last_seen_at: Instant }))
    .describe('Browsers that were signed in from'),
  api_keys: z.array(ApiKey),
  grants: z.array(HeldGrant).describe('Applications that were signed in to or given access'),
  audit_events: z.array(AuditEvent),
})
export type PersonalData = z.infer<typeof PersonalData>
