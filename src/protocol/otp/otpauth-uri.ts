import { encodeBase32 } from './base32.ts'
import { TOTP_DIGITS, TOTP_STEP_SECONDS } from './totp.ts'

/**
 * What an authenticator app reads from the QR code: Google Authenticator's Key URI Format. A colon parts issuer
 * and account, so neither keeps one of its own.
 */
export function otpauthUri(input: {
  readonly secret: Uint8Array
  readonly issuer: string
  readonly account: string
}): string {
  const issuer = encodeName(input.issuer)
  const parameters = [
    `secret=${encodeBase32(input.secret)}`,
    `issuer=${issuer}`,
    'algorithm=SHA1',
    `digits=${TOTP_DIGITS}`,
    `period=${TOTP_STEP_SECONDS}`,
  ]
  return `otpauth://totp/${issuer}:${encodeName(input.account)}?${parameters.join('&')}`
}

/** Spaces become %20: some apps show the plus sign of a form encoding as it is. */
const encodeName = (name: string): string =>
  encodeURIComponent(name.toWellFormed().replaceAll(':', ' ').trim())
