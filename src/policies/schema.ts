import { z } from 'zod'
import { displayText, Id, Instant, PageQuery } from '../http/index.ts'
import {
  MFA_METHODS,
  MFA_STATUSES,
  type MfaStatus,
  OFFERED_SIGN_IN_METHODS,
  SIGN_IN_METHODS,
  UUID_PATTERN,
} from '../kernel/index.ts'

const Status = z.enum(MFA_STATUSES)
const Missing = z.array(z.enum(MFA_METHODS))

/** How far a user satisfies what their organizations ask of second factors. */
export const MfaCompliance = z
  .object({
    status: Status,
    organizations: z.array(
      z.object({
        organization_id: Id,
        slug: z.string(),
        name: z.string(),
        status: Status,
        deadline_at: Instant.nullable(),
        missing_methods: Missing,
      }),
    ),
  })
  .meta({
    id: 'MfaCompliance',
    description: 'The worst status over the organizations that ask for something',
  })
export type MfaCompliance = z.infer<typeof MfaCompliance>

const MfaMode = z.enum([
  'disabled',
  'optional',
  'require_totp',
  'require_webauthn',
  'require_totp_or_webauthn',
])

/** As addresses are compared by: NFC, lower case. */
const EmailDomain = z
  .string()
  .max(253)
  .transform((text) => text.normalize('NFC').trim().toLowerCase())
  .pipe(
    z
      .string()
      .regex(
        /^(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}$/u,
        'must be a domain name such as example.com',
      ),
  )
  .meta({ examples: ['example.com'] })

/** The model of an authenticator. Web Authentication Level 3 §6.5.1 */
const Aaguid = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.string().regex(UUID_PATTERN, 'must be a UUID'))
  .meta({ examples: ['ee882879-721c-4913-9775-3dfcce97072a'] })

/** What an organization may set, as it is given. */
const PolicyFields = z.object({
  mfa_policy_mode: MfaMode,
  mfa_grace_period_days: z.int().min(0).max(90),
  notify_days_before: z.int().min(0).max(30),
  password_min_length: z.int().min(8).max(128),
  password_require_upper: z.boolean(),
  password_require_number: z.boolean(),
  password_require_special: z.boolean(),
  session_max_hours: z.int().min(1).max(8_760).nullable(),
  session_idle_minutes: z.int().min(1).max(525_600).nullable(),
  allowed_auth_methods: z.array(z.enum(SIGN_IN_METHODS)).max(100),
  allowed_email_domains: z.array(EmailDomain).max(100),
  webauthn_allowed_aaguids: z.array(Aaguid).max(100),
})

/** What is left out stays as it is. */
export const PolicyChange = z
  .strictObject({
    ...PolicyFields.partial().shape,
    // Not of a policy as it is shown: one may have been kept from before there was this rule.
    allowed_auth_methods: PolicyFields.shape.allowed_auth_methods
      .refine(
        (methods) =>
          methods.length === 0 || methods.some((method) => OFFERED_SIGN_IN_METHODS.includes(method)),
        `must have one that this server offers: ${OFFERED_SIGN_IN_METHODS.join(', ')}`,
      )
      .optional(),
    policy_version: z.int().min(0).describe('The version that this change was made from'),
  })
  .meta({
    examples: [{ policy_version: 0, mfa_policy_mode: 'require_totp_or_webauthn', mfa_grace_period_days: 14 }],
  })
export type PolicyChange = z.infer<typeof PolicyChange>

export const SecurityPolicy = z
  .object({
    mfa_policy_mode: MfaMode,
    mfa_grace_period_days: z.int(),
    notify_days_before: z
      .int()
      .describe('When the first reminder is sent; others a day before and on the day'),
    password_min_length: z.int(),
    password_require_upper: z.boolean(),
    password_require_number: z.boolean(),
    password_require_special: z.boolean(),
    session_max_hours: z.int().nullable().describe('Null: as the instance has it'),
    session_idle_minutes: z.int().nullable().describe('Null: as the instance has it'),
    allowed_auth_methods: z.array(z.enum(SIGN_IN_METHODS)).describe('Empty: all'),
    allowed_email_domains: z.array(z.string()).describe('Whose addresses can join. Empty: all'),
    webauthn_allowed_aaguids: z.array(z.string()).describe('Models of authenticators that count. Empty: all'),
    policy_version: z.int().describe('Grows with every change; 0 where nothing was ever set'),
    updated_at: Instant.nullable(),
  })
  .meta({ id: 'SecurityPolicy' })
export type SecurityPolicy = z.infer<typeof SecurityPolicy>

const OverrideMode = z.enum(['inherit', 'required', 'exempt'])

export const OverrideChange = z
  .strictObject({
    mode: OverrideMode,
    force_totp: z.boolean().optional().meta({ default: false }),
    force_webauthn: z.boolean().optional().meta({ default: false }),
    reason: displayText(500),
    ends_at: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ examples: ['2030-01-01T00:00:00Z'] })
      .describe('When an exemption ends: needed for one, and for nothing else; at most a year from now'),
  })
  .meta({ examples: [{ mode: 'required', force_webauthn: true, reason: 'Administers production' }] })
export type OverrideChange = z.infer<typeof OverrideChange>

/** What is different for one member. */
export const Override = z
  .object({
    mode: OverrideMode,
    force_totp: z.boolean(),
    force_webauthn: z.boolean(),
    reason: z.string().nullable(),
    ends_at: Instant.nullable().describe('Of an exemption'),
    set_at: Instant.nullable(),
    set_by: Id.nullable(),
    required_methods: Missing.describe(
      'What is asked of this member now, the policy of the organization included',
    ),
  })
  .meta({ id: 'SecurityPolicyOverride' })
export type Override = z.infer<typeof Override>

export const ReportQuery = PageQuery.extend({
  status: Status.optional(),
  as_of: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ examples: ['2030-01-01T00:00:00Z'] })
    .describe('A moment in the past: the members of then, those who have left since included'),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .meta({ default: 'json' })
    .describe('`json` answers one page; `csv` streams all members that match'),
})
export type ReportQuery = z.infer<typeof ReportQuery>

export const MemberCompliance = z
  .object({
    user_id: Id,
    email: z.string().nullable().describe('Null for a user who was deleted since'),
    full_name: z.string().nullable(),
    status: Status,
    deadline_at: Instant.nullable(),
    missing_methods: Missing,
    last_reminder_at: Instant.nullable().describe('Null in a report about the past'),
    policy_version: z.int().describe('Of the policy that this was judged by'),
  })
  .meta({ id: 'MemberCompliance' })
export type MemberCompliance = z.infer<typeof MemberCompliance>

const Counts = Object.fromEntries(MFA_STATUSES.map((status) => [status, z.int()])) as Record<
  MfaStatus,
  z.ZodInt
>

export const ComplianceReport = z.object({
  as_of: Instant,
  counts: z.object(Counts).describe('Of all members, whatever the filter'),
  members: z.array(MemberCompliance),
})
