import { and, eq, isNotNull, lt } from 'drizzle-orm'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { badRequest } from '../kernel/index.ts'
import { encodeBase32, otpauthUri, verifyTotp } from '../protocol/otp/index.ts'
import { generateBackupCodes } from './backup-codes.ts'

/** 160 bits, as RFC 4226 §4 (R6) recommends. */
const SECRET_BYTES = 20

export interface TotpEnrolment {
  /** base32, for people who cannot scan. */
  readonly secret: string
  readonly otpauthUri: string
}

export interface EnrolledTotp {
  /** Another app counted until now. */
  readonly isReplacement: boolean
  /** Ten new ones; those before no longer count. */
  readonly backupCodes: readonly string[]
}

/**
 * Gives the user the secret for an authenticator app; it counts once a code from it was verified, and until then the
 * app that counted before does. An enrolment that was not finished is replaced.
 */
export async function enrolTotp(
  ctx: WriteCtx,
  { user, issuer }: { readonly user: Row<'user'>; readonly issuer: string },
): Promise<TotpEnrolment> {
  const { totpCredential } = ctx.tx.t
  const secret = ctx.random.bytes(SECRET_BYTES)
  const sealed = ctx.keyring.seal(secret, placeOf(user.id))
  await ctx.tx
    .insert(totpCredential)
    .values({
      userId: user.id,
      secret: sealed,
      offeredSecret: sealed,
      lastStep: 0,
      createdAt: ctx.now,
      verifiedAt: null,
      lastUsedAt: null,
    })
    .onConflictDoUpdate({ target: totpCredential.userId, set: { offeredSecret: sealed } })
  return describeEnrolment(secret, issuer, user)
}

const describeEnrolment = (secret: Uint8Array, issuer: string, user: Row<'user'>): TotpEnrolment => ({
  secret: encodeBase32(secret),
  otpauthUri: otpauthUri({ secret, issuer, account: user.email }),
})

/** The enrolment that the user has not finished, to be shown again; undefined when there is none. */
export async function findOpenEnrolment(
  ctx: ReadCtx,
  { user, issuer }: { readonly user: Row<'user'>; readonly issuer: string },
): Promise<TotpEnrolment | undefined> {
  const { offeredSecret } = (await findCredential(ctx, user.id)) ?? {}
  if (!offeredSecret) return undefined
  return describeEnrolment(ctx.keyring.open(offeredSecret, placeOf(user.id)), issuer, user)
}

/**
 * Makes the enrolled app count, in place of one that did; undefined for a wrong code. Of concurrent callers exactly
 * one finishes the enrolment. Throws BAD_REQUEST when none is open, or when it was begun anew meanwhile.
 */
export async function verifyTotpEnrolment(
  ctx: WriteCtx,
  { userId, code }: { readonly userId: string; readonly code: string },
): Promise<EnrolledTotp | undefined> {
  const { totpCredential } = ctx.tx.t
  const credential = await findCredential(ctx, userId)
  if (!credential?.offeredSecret) throw noOpenEnrolment()
  const { offeredSecret: secret, verifiedAt } = credential
  const step = matchedStep(ctx, { userId, secret, lastStep: 0 }, code)
  if (step === undefined) return undefined
  const [verified] = await ctx.tx
    .update(totpCredential)
    .set({ secret, offeredSecret: null, verifiedAt: ctx.now, lastStep: step, lastUsedAt: null })
    .where(and(eq(totpCredential.userId, userId), eq(totpCredential.offeredSecret, secret)))
    .returning({ userId: totpCredential.userId })
  if (!verified) throw noOpenEnrolment()
  return { isReplacement: verifiedAt !== null, backupCodes: await generateBackupCodes(ctx, userId) }
}

/** Spends a code: true once for each step, whichever process asks. False for a user without an app that counts. */
export async function spendTotpCode(
  ctx: WriteCtx,
  input: { readonly userId: string; readonly code: string },
): Promise<boolean> {
  const { totpCredential } = ctx.tx.t
  const credential = await findCredential(ctx, input.userId)
  if (!credential?.verifiedAt) return false
  const step = matchedStep(ctx, credential, input.code)
  if (step === undefined) return false
  const spent = await ctx.tx
    .update(totpCredential)
    .set({ lastStep: step, lastUsedAt: ctx.now })
    .where(
      and(
        isStill(totpCredential, credential),
        isNotNull(totpCredential.verifiedAt),
        lt(totpCredential.lastStep, step),
      ),
    )
    .returning({ userId: totpCredential.userId })
  return spent.length === 1
}

/** Takes the app away, also one that is not verified; true when it counted. Backup codes are left to the caller. */
export async function removeTotp(ctx: WriteCtx, userId: string): Promise<boolean> {
  const { totpCredential } = ctx.tx.t
  const [removed] = await ctx.tx
    .delete(totpCredential)
    .where(eq(totpCredential.userId, userId))
    .returning({ verifiedAt: totpCredential.verifiedAt })
  return removed?.verifiedAt != null
}

/** When the user's app was enrolled and used; `verifiedAt` is null while it does not count. */
export async function findTotp(
  ctx: ReadCtx,
  userId: string,
): Promise<Pick<Credential, 'createdAt' | 'verifiedAt' | 'lastUsedAt'> | undefined> {
  const { createdAt, verifiedAt, lastUsedAt, userId: owner } = ctx.reader.t.totpCredential
  const [found] = await ctx.reader
    .select({ createdAt, verifiedAt, lastUsedAt })
    .from(ctx.reader.t.totpCredential)
    .where(eq(owner, userId))
  return found
}

type Credential = Row<'totpCredential'>
type CredentialTable = WriteCtx['tx']['t']['totpCredential']

async function findCredential(
  { reader }: Pick<ReadCtx, 'reader'>,
  userId: string,
): Promise<Credential | undefined> {
  const { totpCredential } = reader.t
  const [credential] = await reader.select().from(totpCredential).where(eq(totpCredential.userId, userId))
  return credential
}

/** Apps show the digits in groups, and people copy the space. */
function matchedStep(
  ctx: WriteCtx,
  credential: Pick<Credential, 'userId' | 'secret' | 'lastStep'>,
  code: string,
): number | undefined {
  return verifyTotp({
    secret: ctx.keyring.open(credential.secret, placeOf(credential.userId)),
    code: code.replaceAll(/\s/g, ''),
    now: Math.floor(ctx.now.getTime() / 1000),
    lastStep: credential.lastStep,
  })
}

/** The row with the secret that the code was checked against: it may have been replaced since. */
const isStill = (table: CredentialTable, { userId, secret }: Credential) =>
  and(eq(table.userId, userId), eq(table.secret, secret))

const placeOf = (userId: string): string => `totp_credentials.secret:${userId}`

const noOpenEnrolment = () => badRequest('No enrolment is open. Begin by POST /api/v1/auth/totp/enroll.')
