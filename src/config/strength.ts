/** A little below the 128 bits of NIST SP 800-57, because an estimate from one sample comes out low. */
const MINIMUM_BITS = 124
const MINIMUM_BYTES = 32

const BITS_PER_WORD = 11

/** What people write who mean to put a real secret there later. */
const PLACEHOLDERS =
  /change[-_ ]?(me|this|it)|replace|secret|passw(or)?d|passphrase|example|sample|default|authy2?|insecure|development|production|testing|please|unsafe|qwerty|asdf|letmein|admin|correct|horse|battery|staple|openssl|random|base64|placeholder|your[-_ ]/gi

/**
 * Why a secret is too weak to protect anything, or undefined when nothing speaks against it. An estimate:
 * it catches what was typed, copied or repeated, and can never prove that a text is random.
 * Two hexadecimal digits count as one byte.
 */
export function secretWeakness(secret: string): string | undefined {
  const bytes = /^[0-9a-f]+$/i.test(secret) ? Math.floor(secret.length / 2) : Buffer.byteLength(secret)
  if (bytes < MINIMUM_BYTES) return `it has ${bytes} bytes`
  if (estimateBits(secret) < MINIMUM_BITS) return 'it can be guessed'
  return undefined
}

/**
 * The Shannon entropy of what is left without placeholders, repetitions and runs such as `aaaa` or `3456`.
 * A sentence is at most as strong as its words are many, each being one of a few thousand.
 */
function estimateBits(secret: string): number {
  const rest = withoutPredictable(secret.replace(PLACEHOLDERS, ''))
  const counts = new Map<string, number>()
  for (const character of rest) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= count * Math.log2(count / rest.length)
  const words = secret.trim().split(/\s+/)
  return words.length > 1 ? Math.min(bits, words.length * BITS_PER_WORD) : bits
}

const SEEN_BEFORE = 4

function withoutPredictable(text: string): string {
  let kept = ''
  for (let at = 0; at < text.length; at++) {
    const tail = text.slice(Math.max(0, at - SEEN_BEFORE + 1), at + 1)
    const repeated = tail.length === SEEN_BEFORE && text.slice(0, at).includes(tail)
    const run = isNeighbour(text, at) && isNeighbour(text, at - 1)
    if (!repeated && !run) kept += text[at]
  }
  return kept
}

const isNeighbour = (text: string, at: number): boolean =>
  Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1
