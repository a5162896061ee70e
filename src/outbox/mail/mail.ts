import { z } from 'zod'
import { MFA_METHODS, ROLES } from '../../kernel/index.ts'

const reader = {
  to: z.string(),
  /** The reader's language (BCP 47); English where there is none or no translation. */
  locale: z.string().nullable(),
}
const device = { at: z.string(), deviceName: z.string(), address: z.string().nullable() }

/** What can happen to somebody's second factors. */
export const MFA_CHANGES = [
  'totp_enabled',
  'totp_replaced',
  'totp_disabled',
  'backup_codes_regenerated',
  'backup_code_used',
  'webauthn_registered',
  'webauthn_removed',
  'reset',
] as const
export type MfaChange = (typeof MFA_CHANGES)[number]

/**
 * The mails that Authy2 sends. What varies is data; words and links come from the catalogue at sending.
 * A schema, because a row of the outbox may have been written by another version.
 */
export const Mail = z.discriminatedUnion('kind', [
  z.object({ ...reader, kind: z.literal('verify_email'), token: z.string() }),
  z.object({ ...reader, kind: z.literal('change_email'), token: z.string() }),
  z.object({ ...reader, kind: z.literal('email_changed'), newEmail: z.string() }),
  z.object({ ...reader, kind: z.literal('register_existing') }),
  z.object({ ...reader, kind: z.literal('reset_password'), token: z.string() }),
  z.object({ ...reader, kind: z.literal('password_changed'), ...device }),
  z.object({ ...reader, kind: z.literal('new_device'), ...device }),
  z.object({
    ...reader,
    kind: z.literal('mfa_changed'),
    change: z.enum(MFA_CHANGES),
    codesLeft: z.number().nullable(), // backup codes; null where the change says nothing about them
    ...device,
  }),
  z.object({ ...reader, kind: z.literal('second_factor_guessing'), ...device }),
  z.object({ ...reader, kind: z.literal('recovery_link'), expiresAt: z.string() }),
  z.object({
    ...reader,
    kind: z.literal('invite'),
    token: z.string(),
    organizationName: z.string(),
    inviterName: z.string(),
    role: z.enum(ROLES),
    expiresAt: z.string(),
  }),
  z.object({
    ...reader,
    kind: z.literal('member_added'),
    organizationName: z.string(),
    organizationId: z.string(),
    userId: z.string(),
    adderName: z.string(),
    role: z.enum(ROLES),
  }),
  z.object({ ...reader, kind: z.literal('suspended') }),
  z.object({
    ...reader,
    kind: z.literal('mfa_reminder'),
    organizationName: z.string(),
    deadlineAt: z.string(),
    isPast: z.boolean(),
    missing: z.array(z.enum(MFA_METHODS)),
  }),
])
export type Mail = Readonly<z.infer<typeof Mail>>

export type MailKind = Mail['kind']
export type MailOf<Kind extends MailKind> = Extract<Mail, { kind: Kind }>
