/** Letters that are not taken for others and make no words: 20 to the 8th are 34 bits. RFC 8628 §6.1 */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const ENTROPY_BYTES = 16

/** A user code as it is stored, from 16 random bytes: so many that every code is as likely as any other. RFC 8628 §6.1 */
export function createUserCode(entropy: Uint8Array): string {
  if (entropy.length !== ENTROPY_BYTES) throw new Error('A user code is made of 16 random bytes.')
  let rest = BigInt(`0x${Buffer.from(entropy).toString('hex')}`)
  const base = BigInt(ALPHABET.length)
  let code = ''
  for (let position = 0; position < LENGTH; position++) {
    code += ALPHABET.charAt(Number(rest % base))
    rest /= base
  }
  return code
}

/** As people read it: two groups of four. */
export const displayUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`

/**
 * What a person typed as it is stored, or undefined when it cannot be a user code: case, spaces and punctuation
 * do not count. RFC 8628 §6.1
 */
export function parseUserCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined
  const code = typed.replace(/[\s\p{P}]/gu, '').toUpperCase()
  const isCode = code.length === LENGTH && [...code].every((letter) => ALPHABET.includes(letter))
  return isCode ? code : undefined
}
