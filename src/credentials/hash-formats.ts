import { checkPbkdf2, checkScrypt, type HashCheck, isDigestLength } from './derived-key.ts'

/**
 * The check for a stored hash of any supported format, or undefined when the text is none, or asks for more
 * than 256 MiB or a few seconds of work: hashes are imported, and one that was made to hurt must not hold up
 * the sign-ins of everybody else.
 */
export function parsePasswordHash(hash: string): HashCheck | undefined {
  if (hash.length > MAX_LENGTH) return undefined
  for (const { pattern, parse } of FORMATS) {
    const fields = pattern.exec(hash)?.groups
    if (fields) return parse(fields, hash)
  }
  return undefined
}

const MAX_LENGTH = 512
const MAX_ARGON2_MEMORY_KIB = 256 * 1024
/** KiB written over all passes: about two seconds. */
const MAX_ARGON2_WORK = 1024 * 1024
const MAX_ARGON2_LANES = 16
const MIN_BCRYPT_LOG_ROUNDS = 4
/** About four seconds. */
const MAX_BCRYPT_LOG_ROUNDS = 16

interface Format {
  readonly pattern: RegExp
  parse(fields: Readonly<Record<string, string>>, hash: string): HashCheck | undefined
}

/** PHC strings are `$id$v=version$parameters$salt$digest` with both in base64 without padding. */
const FORMATS: readonly Format[] = [
  {
    // argon2, RFC 9106
    pattern:
      /^\$argon2(?:id|i|d)\$v=19\$m=(?<memory>\d{1,9}),t=(?<passes>\d{1,9}),p=(?<lanes>\d{1,3})\$[A-Za-z0-9+/]+\$(?<digest>[A-Za-z0-9+/]+)$/,
    parse: ({ memory, passes, lanes, digest = '' }, hash) =>
      Number(memory) <= MAX_ARGON2_MEMORY_KIB &&
      Number(memory) * Number(passes) <= MAX_ARGON2_WORK &&
      Number(lanes) <= MAX_ARGON2_LANES &&
      isDigestLength(base64(digest).length)
        ? checkWithBun(hash)
        : undefined,
  },
  {
    // bcrypt
    pattern: /^\$2[aby]\$(?<logRounds>\d\d)\$[./A-Za-z0-9]{53}$/,
    parse: ({ logRounds }, hash) =>
      Number(logRounds) >= MIN_BCRYPT_LOG_ROUNDS && Number(logRounds) <= MAX_BCRYPT_LOG_ROUNDS
        ? checkWithBun(hash)
        : undefined,
  },
  {
    // scrypt, PHC
    pattern:
      /^\$scrypt\$ln=(?<logN>\d{1,2}),r=(?<r>\d{1,4}),p=(?<p>\d{1,4})\$(?<salt>[A-Za-z0-9+/]+)\$(?<digest>[A-Za-z0-9+/]+)$/,
    parse: ({ logN, r, p, salt = '', digest = '' }) =>
      checkScrypt({ N: 2 ** Number(logN), r: Number(r), p: Number(p) }, base64(salt), base64(digest)),
  },
  {
    // scrypt, Werkzeug
    pattern: /^scrypt:(?<N>\d{1,9}):(?<r>\d{1,4}):(?<p>\d{1,4})\$(?<salt>[^$]+)\$(?<digest>[0-9a-f]+)$/,
    parse: ({ N, r, p, salt = '', digest = '' }) =>
      checkScrypt(
        { N: Number(N), r: Number(r), p: Number(p) },
        Buffer.from(salt),
        Buffer.from(digest, 'hex'),
      ),
  },
  {
    // PBKDF2, PHC; passlib leaves out `i=`, writes `.` for `+`, and means SHA-1 where it names no digest
    pattern:
      /^\$pbkdf2(?:-(?<digestName>sha1|sha256|sha512))?\$(?:i=)?(?<iterations>\d{1,9})(?:,l=\d{1,3})?\$(?<salt>[A-Za-z0-9+/.]+)\$(?<digest>[A-Za-z0-9+/.]+)$/,
    parse: ({ digestName = 'sha1', iterations, salt = '', digest = '' }) =>
      checkPbkdf2({ digestName, iterations: Number(iterations) }, base64(salt), base64(digest)),
  },
  {
    // PBKDF2, Django: the salt is plain text
    pattern:
      /^pbkdf2_(?<digestName>sha1|sha256|sha512)\$(?<iterations>\d{1,9})\$(?<salt>[^$]+)\$(?<digest>[A-Za-z0-9+/]+={0,2})$/,
    parse: ({ digestName = '', iterations, salt = '', digest = '' }) =>
      checkPbkdf2({ digestName, iterations: Number(iterations) }, Buffer.from(salt), base64(digest)),
  },
  {
    // PBKDF2, Werkzeug
    pattern:
      /^pbkdf2:(?<digestName>sha1|sha256|sha512):(?<iterations>\d{1,9})\$(?<salt>[^$]+)\$(?<digest>[0-9a-f]+)$/,
    parse: ({ digestName = '', iterations, salt = '', digest = '' }) =>
      checkPbkdf2(
        { digestName, iterations: Number(iterations) },
        Buffer.from(salt),
        Buffer.from(digest, 'hex'),
      ),
  },
]

const checkWithBun =
  (hash: string): HashCheck =>
  async (password) => {
    try {
      return await Bun.password.verify(password, hash)
    } catch {
      return false // the pattern fits, yet a field is out of the algorithm's range
    }
  }

const base64 = (text: string): Uint8Array => Buffer.from(text.replaceAll('.', '+'), 'base64')
