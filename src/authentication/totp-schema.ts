import { z } from 'zod'
import { Instant } from '../http/index.ts'

/** What somebody typed as a code, of an app or from paper. Whether it is one is found out by comparing it. */
export const OneTimeCode = z
  .string()
  .min(6, 'has six digits, or is a backup code')
  .max(32, 'has six digits, or is a backup code')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')

export const EnrolmentCode = z.object({ code: OneTimeCode }).meta({ examples: [{ code: '287082' }] })

export const TotpEnrolment = z.object({
  secret: z.string().describe('base32, to be typed where nothing can be scanned'),
  otpauth_uri: z
    .string()
    .describe('The same with the names of this server and the user, for apps on this device'),
  qr_svg: z.string().describe('The URI as a QR code: an SVG image, black on white'),
})

const BackupCodes = z.array(z.string()).describe('Each counts once. Shown here and never again')

export const TotpEnabled = z.object({
  backup_codes: BackupCodes,
  token: z.string().describe('The session goes on with this token; the one before is refused'),
  expires_at: Instant,
})

export const NewBackupCodes = z.object({ backup_codes: BackupCodes })

export const TotpStatus = z.object({
  enabled: z.boolean(),
  verified_at: Instant.nullable(),
  last_used_at: Instant.nullable(),
  backup_codes_left: z.int(),
})
export type TotpStatus = z.infer<typeof TotpStatus>
