/** RFC 4648 §6: what authenticator apps take a secret in. */
const RFC_4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Crockford's: without I, L, O and U, so that what a person copies by hand can be read in one way only. */
export const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Five bits a character, the first ones first, without padding: nobody types equals signs. */
export function encodeBase32(bytes: Uint8Array, alphabet: string = RFC_4648): string {
  let text = ''
  let bits = 0
  let pending = 0 // bits that are not written yet, the low ones of `bits`
  for (const byte of bytes) {
    bits = ((bits & 0x1f) << 8) | byte
    pending += 8
    while (pending >= 5) {
      pending -= 5
      text += alphabet.charAt((bits >>> pending) & 0x1f)
    }
  }
  return pending > 0 ? text + alphabet.charAt((bits << (5 - pending)) & 0x1f) : text
}
