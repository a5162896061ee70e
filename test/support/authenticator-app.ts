import { hotp } from '../../src/protocol/otp/hotp.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code that an authenticator app shows at an instant for a secret in base32, as it was enrolled. */
export const codeAt = (secret: string, at: Date): string =>
  hotp({ secret: decodeBase32(secret), counter: Math.floor(at.getTime() / 30_000), digits: 6 })

/** A code of six digits that is none of the three that count at an instant. */
export function wrongCodeAt(secret: string, at: Date): string {
  const right = [-30_000, 0, 30_000].map((shift) => codeAt(secret, new Date(at.getTime() + shift)))
  const wrong = ['000000', '000001', '000002', '000003'].find((code) => !right.includes(code))
  if (wrong === undefined) throw new Error('Four codes cannot be among three')
  return wrong
}

/** RFC 4648 §6, without padding: the other way round than the program, and written apart from it. */
export function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0')).join('')
  const bytes = bits.match(/[01]{8}/g) ?? []
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2))
}
