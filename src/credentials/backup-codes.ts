import { and, eq, inArray } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'
import { hmacSha256 } from '../kernel/index.ts'
import { deriveKey } from '../keys/index.ts'
import { CROCKFORD, encodeBase32 } from '../protocol/otp/index.ts'

const CODES = 10
const CODE_CHARACTERS = 10 // of 5 bits each
const CODE_PATTERN = new RegExp(`^[${CROCKFORD}]{${CODE_CHARACTERS}}$`)

/**
 * Gives the user ten new codes, which are returned here and nowhere else; the old ones are gone. In a serializable
 * unit of work, or of two at the same moment both leave theirs.
 */
export async function generateBackupCodes(ctx: WriteCtx, userId: string): Promise<readonly string[]> {
  const { backupCode } = ctx.tx.t
  await removeBackupCodes(ctx, userId)
  const codes = Array.from({ length: CODES }, () =>
    encodeBase32(ctx.random.bytes(7), CROCKFORD).slice(0, CODE_CHARACTERS),
  )
  const [key = ''] = ctx.config.secretKeys
  await ctx.tx
    .insert(backupCode)
    .values(codes.map((code) => ({ userId, digest: digestOf(key, userId, code), createdAt: ctx.now })))
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}

/**
 * Spends a code and tells how many are left: of concurrent callers exactly one gets it. Undefined for what is not an
 * unspent code of this user. Case, spaces and hyphens do not matter, and letters that look like digits count as such.
 */
export async function spendBackupCode(
  ctx: WriteCtx,
  input: { readonly userId: string; readonly code: string },
): Promise<{ readonly left: number } | undefined> {
  const { backupCode } = ctx.tx.t
  const { userId } = input
  const code = normalize(input.code)
  if (!CODE_PATTERN.test(code)) return undefined
  const digests = ctx.config.secretKeys.map((key) => digestOf(key, userId, code))
  const spent = await ctx.tx
    .delete(backupCode)
    .where(and(eq(backupCode.userId, userId), inArray(backupCode.digest, digests)))
    .returning({ userId: backupCode.userId })
  if (spent.length === 0) return undefined
  return { left: await ctx.tx.$count(backupCode, eq(backupCode.userId, userId)) }
}

/** Makes all of the user's codes worthless. */
export async function removeBackupCodes(ctx: WriteCtx, userId: string): Promise<void> {
  const { backupCode } = ctx.tx.t
  await ctx.tx.delete(backupCode).where(eq(backupCode.userId, userId))
}

/** What a person may have typed, in the alphabet of the codes. */
const normalize = (text: string): string =>
  text
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')

/**
 * Under a key, because 50 bits alone can be searched through by whoever has read the database. With the user's id,
 * so that a row that is moved to another user is nobody's code.
 */
const digestOf = (secretKey: string, userId: string, code: string): Uint8Array =>
  hmacSha256(deriveKey(secretKey, 'authy2 backup codes'), `${userId}:${code}`)
