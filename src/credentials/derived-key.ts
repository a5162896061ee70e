import { pbkdf2, scrypt } from 'node:crypto'
import { constantTimeEqual } from '../kernel/index.ts'

/** Says whether a password is the one that was hashed. */
export type HashCheck = (password: string) => Promise<boolean>

/** A shorter digest can be guessed (an empty one matches everything); a longer one only costs time. */
export const isDigestLength = (bytes: number): boolean => bytes >= 16 && bytes <= 64

/** N·r in blocks of 128 bytes: 256 MiB. */
const MAX_SCRYPT_BLOCKS = 2 ** 21
/** N·r·p: about two seconds. */
const MAX_SCRYPT_WORK = 2 ** 22
/** Iterations over all blocks of output: about two seconds. */
const MAX_PBKDF2_WORK = 2_500_000

/** RFC 7914. Undefined when the cost is no valid one, or beyond what a sign-in may take. */
export function checkScrypt(
  cost: { N: number; r: number; p: number },
  salt: Uint8Array,
  expected: Uint8Array,
): HashCheck | undefined {
  const { N, r, p } = cost
  const valid = N > 1 && Number.isInteger(Math.log2(N)) && r > 0 && p > 0
  if (!valid || N * r > MAX_SCRYPT_BLOCKS || N * r * p > MAX_SCRYPT_WORK) return undefined
  const maxmem = 128 * r * (N + p + 2) // §2: N blocks for ROMix, p for its input, two to work in
  return compare(expected, (password, length, done) =>
    scrypt(password, salt, length, { N, r, p, maxmem }, done),
  )
}

const PBKDF2_BLOCK_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }

/** RFC 8018 §5.2. Undefined when the digest is unknown, or the cost none or beyond what a sign-in may take. */
export function checkPbkdf2(
  cost: { digestName: string; iterations: number },
  salt: Uint8Array,
  expected: Uint8Array,
): HashCheck | undefined {
  const { digestName, iterations } = cost
  const blockBytes = PBKDF2_BLOCK_BYTES[digestName]
  if (blockBytes === undefined || iterations < 1) return undefined
  if (iterations * Math.ceil(expected.length / blockBytes) > MAX_PBKDF2_WORK) return undefined
  return compare(expected, (password, length, done) =>
    pbkdf2(password, salt, iterations, length, digestName, done),
  )
}

type Derive = (password: string, length: number, done: (error: Error | null, key: Uint8Array) => void) => void

function compare(expected: Uint8Array, derive: Derive): HashCheck | undefined {
  if (!isDigestLength(expected.length)) return undefined
  return (password) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    derive(password, expected.length, (error, key) =>
      error ? reject(error) : resolve(constantTimeEqual(key, expected)),
    )
    return promise
  }
}
