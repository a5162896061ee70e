import { availableParallelism } from 'node:os'
import { parsePasswordHash } from './hash-formats.ts'
import { HashQueue, type HashQueueOptions } from './hash-queue.ts'

export interface PasswordHasherOptions extends Omit<HashQueueOptions, 'concurrency'> {
  readonly algorithm: 'argon2id' | 'bcrypt'
  /** 4 to 16; read for bcrypt only. */
  readonly bcryptLogRounds: number
  /** How many are handed to the runtime's thread pool at once. */
  readonly concurrency?: number
}

export interface PasswordHasher {
  /** A new hash that carries its algorithm, parameters and salt. */
  hash(password: string): Promise<string>
  /** `needsRehash`: valid, but not made as passwords are hashed now. Text that is no hash matches no password. */
  verify(password: string, hash: string): Promise<{ valid: boolean; needsRehash: boolean }>
  /** The work of a `verify`, so that people who do not exist or have no password are answered as late as others. */
  verifyDummy(password: string): Promise<void>
  readonly depth: { readonly waiting: number; readonly running: number }
}

/**
 * Hashes and verifies passwords off the main thread, a bounded number at once and in waiting; past that every
 * method throws `SERVICE_UNAVAILABLE` with `Retry-After`. Passwords are compared in Unicode normalization form
 * NFC, so that what looks the same is the same from whatever keyboard. NIST SP 800-63B-4 §3.1.1.2.
 *
 * bcrypt reads 72 bytes. Bun puts the SHA-512 of a longer password in its place, so nothing is cut off
 * silently; an imported bcrypt hash of a password that its maker did cut off matches nothing.
 */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  // The pool has one thread a core, so no more than that are worked on. One more lies ready there: a core that
  // has finished goes on at once, also while the event loop waits for the disk (4 to 8 % more sign-ins).
  const { concurrency = availableParallelism() + 1 } = options
  const queue = new HashQueue({ ...options, concurrency })
  const scheme = options.algorithm === 'argon2id' ? ARGON2ID : bcrypt(options.bcryptLogRounds)
  const dummyHash = scheme.prefix + scheme.dummySaltAndDigest
  const dummyCheck = parsePasswordHash(dummyHash)
  if (!dummyCheck)
    throw new RangeError(`No password could be verified with bcrypt cost ${options.bcryptLogRounds}`)

  const matches = (password: string, hash: string) => {
    // Work as for a real hash also where there is none: the time must not tell a broken row from a wrong password.
    const check = parsePasswordHash(hash) ?? dummyCheck
    return queue.run(() => check(normalize(password)))
  }

  return {
    hash: (password) => queue.run(() => Bun.password.hash(normalize(password), scheme.parameters)),
    async verify(password, hash) {
      const valid = await matches(password, hash)
      return { valid, needsRehash: valid && !hash.startsWith(scheme.prefix) }
    },
    async verifyDummy(password) {
      await matches(password, dummyHash)
    },
    get depth() {
      return queue.depth
    },
  }
}

interface Scheme {
  readonly parameters: Bun.Password.Argon2Algorithm | Bun.Password.BCryptAlgorithm
  /** How every hash made with these parameters begins. */
  readonly prefix: string
  /** Completes the prefix to a hash that no password is known to match. Costs nothing to make. */
  readonly dummySaltAndDigest: string
}

/** OWASP Password Storage: 19 MiB, 2 passes; Bun always takes one lane. */
const ARGON2ID: Scheme = {
  parameters: { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 },
  prefix: '$argon2id$v=19$m=19456,t=2,p=1$',
  dummySaltAndDigest: `${'A'.repeat(43)}$${'A'.repeat(43)}`, // 32 bytes each, as Bun makes them
}

const bcrypt = (logRounds: number): Scheme => ({
  parameters: { algorithm: 'bcrypt', cost: logRounds },
  prefix: `$2b$${String(logRounds).padStart(2, '0')}$`,
  dummySaltAndDigest: '.'.repeat(53),
})

const normalize = (password: string) => password.normalize('NFC')
