import { z } from 'zod'
import { ROLES } from '../../kernel/index.ts'

const reader = {
  to: z.string(),
  /** The reader's language (BCP 47); English where there is none or no translation. */
  locale: z.string().nullable(),
}
const device = { at: z.string(), deviceName: z.string(), address: z.string().nullable() }

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
    kind: z.literal('invite'),
    token: z.string(),
    organizationName: z.string(),
    inviterName: z.string(),
    role: z.enum(ROLES),
    expiresAt: z.string(),
  }),
  z.object({ ...reader, kind: z.literal('suspended') }),
])
export type Mail = Readonly<z.infer<typeof Mail>>

export type MailKind = Mail['kind']
export type MailOf<Kind extends MailKind> = Extract<Mail, { kind: Kind }>
