import { and, eq, gt } from 'drizzle-orm'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, DAY, HOUR, sha256, type TokenKind, tokenDigest } from '../kernel/index.ts'

export type MailPurpose = Row<'mailProof'>['purpose']

/** Whose the proof is, and the address that it was sent to and so proves. */
export interface MailProof {
  readonly userId: string
  readonly email: string
}

const TOKENS: Readonly<Record<MailPurpose, TokenKind>> = {
  verify_email: 'emailVerification',
  change_email: 'emailVerification',
  reset_password: 'passwordReset',
  recovery: 'recovery',
}

/** How long each counts. */
export const MAIL_PROOF_SECONDS: Readonly<Record<MailPurpose, number>> = {
  verify_email: DAY,
  change_email: DAY,
  reset_password: HOUR,
  recovery: HOUR,
}

/**
 * Makes the token that a mail to `email` carries, and returns it; only its digest is stored. An earlier one for
 * the same user and purpose no longer counts.
 */
export async function createMailProof(
  ctx: WriteCtx,
  input: MailProof & { readonly purpose: MailPurpose },
): Promise<string> {
  const { mailProof } = ctx.tx.t
  const { userId, purpose, email } = input
  const token = createToken(TOKENS[purpose], ctx.random)
  const proof = {
    digest: sha256(token),
    email,
    createdAt: ctx.now,
    expiresAt: addSeconds(ctx.now, MAIL_PROOF_SECONDS[purpose]),
  }
  await ctx.tx
    .insert(mailProof)
    .values({ userId, purpose, ...proof })
    .onConflictDoUpdate({ target: [mailProof.userId, mailProof.purpose], set: proof })
  return token
}

/** What a token would prove, without spending it: for refusing garbage before slow work. */
export async function findMailProof(
  ctx: ReadCtx,
  input: { purpose: MailPurpose; token: string },
): Promise<MailProof | undefined> {
  const { mailProof } = ctx.reader.t
  const digest = tokenDigest(TOKENS[input.purpose], input.token)
  if (!digest) return undefined
  const [proof] = await ctx.reader
    .select({ userId: mailProof.userId, email: mailProof.email })
    .from(mailProof)
    .where(
      and(
        eq(mailProof.digest, digest),
        eq(mailProof.purpose, input.purpose),
        gt(mailProof.expiresAt, ctx.now),
      ),
    )
  return proof
}

/** Spends a token: of concurrent callers exactly one gets the proof. Undefined: unknown, expired or spent. */
export async function consumeMailProof(
  ctx: WriteCtx,
  input: { purpose: MailPurpose; token: string },
): Promise<MailProof | undefined> {
  const { mailProof } = ctx.tx.t
  const digest = tokenDigest(TOKENS[input.purpose], input.token)
  if (!digest) return undefined
  const [proof] = await ctx.tx
    .delete(mailProof)
    .where(
      and(
        eq(mailProof.digest, digest),
        eq(mailProof.purpose, input.purpose),
        gt(mailProof.expiresAt, ctx.now),
      ),
    )
    .returning({ userId: mailProof.userId, email: mailProof.email })
  return proof
}

/** Makes open proofs worthless: of every purpose, or of one. */
export async function revokeMailProofs(
  ctx: WriteCtx,
  { userId, purpose }: { userId: string; purpose?: MailPurpose },
): Promise<void> {
  const { mailProof } = ctx.tx.t
  const ofUser = eq(mailProof.userId, userId)
  await ctx.tx
    .delete(mailProof)
    .where(purpose === undefined ? ofUser : and(ofUser, eq(mailProof.purpose, purpose)))
}
