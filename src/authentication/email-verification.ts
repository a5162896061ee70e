import { record } from '../audit/index.ts'
import {
  consumeMailProof,
  createMailProof,
  findMailProof,
  type MailProof,
  revokeMailProofs,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { badRequest, conflict } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { findUser, findUserByEmail, markEmailVerified, normalizeEmail, updateUser } from '../users/index.ts'
import type { AuthenticationDeps } from './deps.ts'

/** Sends the mail whose link proves the user's address. One sent before no longer counts. */
export async function sendVerification(ctx: WriteCtx, user: Row<'user'>): Promise<void> {
  const token = await createMailProof(ctx, { purpose: 'verify_email', userId: user.id, email: user.email })
  await enqueueMail(ctx, { kind: 'verify_email', to: user.email, locale: user.locale, token })
}

/** Throws CONFLICT where there is nothing to verify. */
export async function resendVerification(ctx: WriteCtx, userId: string): Promise<void> {
  const user = await findUser(ctx, userId)
  if (!user || user.emailVerifiedAt !== null) throw conflict('Your e-mail address is verified already.')
  await sendVerification(ctx, user)
}

/**
 * Spends a token from a mail that was sent to prove an address: the user's own, or the one that they want to
 * change to, which becomes theirs by it. Throws BAD_REQUEST for a token that is unknown, expired or spent, and
 * CONFLICT for a new address that somebody else has taken meanwhile.
 */
export async function verifyEmail(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  token: string,
): Promise<Row<'user'>> {
  const change = await deps.read(origin, (ctx) => findMailProof(ctx, { purpose: 'change_email', token }))
  // That nobody has the new address is a rule over rows.
  return change
    ? deps.write(origin, (ctx) => changeEmail(ctx, token), { isSerializable: true })
    : deps.write(origin, (ctx) => proveEmail(ctx, token))
}

async function proveEmail(ctx: WriteCtx, token: string): Promise<Row<'user'>> {
  const proof = await consumeMailProof(ctx, { purpose: 'verify_email', token })
  const user = proof && (await markEmailVerified(ctx, proof))
  if (!user) throw spentLink()
  await record(ctx, { action: 'user.email_verify', ...byAndOf(user.id) })
  return user
}

async function changeEmail(ctx: WriteCtx, token: string): Promise<Row<'user'>> {
  const proof = await consumeMailProof(ctx, { purpose: 'change_email', token })
  const before = proof && (await findUser(ctx, proof.userId))
  if (!before) throw spentLink()
  const user = await moveTo(ctx, proof)
  // Whoever reads the mail of the address before must not get in by it any more.
  await revokeMailProofs(ctx, { userId: user.id })
  await enqueueMail(ctx, {
    kind: 'email_changed',
    to: before.email,
    locale: before.locale,
    newEmail: user.email,
  })
  await record(ctx, { action: 'user.email_change', ...byAndOf(user.id) })
  return user
}

async function moveTo(ctx: WriteCtx, { userId, email }: MailProof): Promise<Row<'user'>> {
  const emailNormalized = normalizeEmail(email)
  const holder = await findUserByEmail(ctx, emailNormalized)
  if (holder && holder.id !== userId) throw conflict('Somebody else has this e-mail address by now.')
  return updateUser(ctx, userId, { email, emailNormalized, emailVerifiedAt: ctx.now })
}

/** Whoever opens the link is not signed in, and yet the link is the user's. */
const byAndOf = (userId: string) => ({
  actor: { kind: 'user', userId } as const,
  target: { type: 'user', id: userId },
})

export const spentLink = () => badRequest('This link has expired or was used already. Ask for a new one.')
