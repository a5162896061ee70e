import { record } from '../audit/index.ts'
import {
  consumeMailProof,
  createMailProof,
  findMailProof,
  minimumLength,
  refuseWeakPassword,
  revokeMailProofs,
  setPassword,
} from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { createToken } from '../kernel/index.ts'
import { organizationNamesOf } from '../organizations/index.ts'
import { enqueueMail, pretendToEnqueueMail } from '../outbox/index.ts'
import { effectivePolicy } from '../policies/index.ts'
import { deviceName, endUserTokens, revokeSessions } from '../sessions/index.ts'
import { findUser, findUserByEmail, markEmailVerified, normalizeEmail } from '../users/index.ts'
import { type AuthenticationDeps, accountKey } from './deps.ts'
import { spentLink } from './email-verification.ts'

/**
 * Sends a mail to reset the password, if an active user has the address: in their language, else in that of who asks.
 * Says nothing about whether one has: either way it is one transaction of as many statements.
 */
export async function requestPasswordReset(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  { email, locale = null }: { readonly email: string; readonly locale?: string | null },
): Promise<void> {
  const normalized = normalizeEmail(email)
  await deps.rateLimits.spend('forgotPassword', accountKey(normalized))
  await deps.write(origin, async (ctx) => {
    const user = await findUserByEmail(ctx, normalized)
    const failure = user === undefined ? 'unknown_email' : user.status === 'active' ? undefined : user.status
    if (user && failure === undefined) await sendReset(ctx, user, locale)
    else await pretendToSendReset(ctx, email, locale)
    await record(ctx, {
      action: 'user.password_reset_request',
      ...(user ? { target: { type: 'user', id: user.id } } : {}),
      ...(failure === undefined ? {} : { outcome: 'failure' as const, reason: failure }),
    })
  })
}

async function sendReset(ctx: WriteCtx, user: Row<'user'>, asked: string | null): Promise<void> {
  const locale = user.locale ?? asked
  const token = await createMailProof(ctx, { purpose: 'reset_password', userId: user.id, email: user.email })
  await enqueueMail(ctx, { kind: 'reset_password', to: user.email, locale, token })
}

/** The second statement of `pretendToEnqueueMail` stands for the proof, which only a user can have. */
async function pretendToSendReset(ctx: WriteCtx, email: string, locale: string | null): Promise<void> {
  const token = createToken('passwordReset', ctx.random)
  await pretendToEnqueueMail(ctx, { kind: 'reset_password', to: email, locale, token })
}

export interface PasswordLink {
  readonly token: string
  readonly purpose: 'reset_password' | 'recovery'
}

export interface ChosenPassword {
  readonly token: string
  readonly password: string
}

/**
 * Gives the user of a reset mail a new password, and ends every session and all tokens of applications: whoever
 * knew the old one is out. API keys stay, because they do not depend on it; their owner revokes them one by one.
 * Throws BAD_REQUEST for a token that is unknown, expired, spent or not the user's present address's,
 * VALIDATION_ERROR for a weak password, which does not spend the token.
 */
export const resetPassword = (
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  chosen: ChosenPassword,
): Promise<void> =>
  replacePassword(deps, origin, { ...chosen, purpose: 'reset_password' }, async (ctx, user) => {
    const revoked = await revokeSessions(ctx, { userId: user.id })
    await endUserTokens(ctx, user.id)
    if (user.emailVerifiedAt === null) await markEmailVerified(ctx, { userId: user.id, email: user.email })
    await record(ctx, {
      action: 'user.password_reset',
      actor: { kind: 'user', userId: user.id },
      target: { type: 'user', id: user.id },
      details: { sessions_revoked: revoked },
    })
  })

/** What a page says beside the entry for a new password. Undefined for a link that does not count. */
export async function findPasswordLink(
  ctx: ReadCtx,
  link: PasswordLink,
): Promise<{ readonly email: string; readonly minimumLength: number } | undefined> {
  const proof = await findMailProof(ctx, link)
  if (!proof) return undefined
  const { password } = await effectivePolicy(ctx, proof.userId)
  return { email: proof.email, minimumLength: minimumLength(password) }
}

/** What links that replace a password have in common; `finish` ends the sessions, and records what was done. */
export async function replacePassword(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  link: ChosenPassword & PasswordLink,
  finish: (ctx: WriteCtx, user: Row<'user'>) => Promise<void>,
): Promise<void> {
  const context = await deps.read(origin, async (ctx) => {
    const proof = await findMailProof(ctx, link)
    if (!proof) throw spentLink()
    const { password: rules } = await effectivePolicy(ctx, proof.userId)
    return { email: proof.email, organizationNames: await organizationNamesOf(ctx, proof.userId), ...rules }
  })
  await refuseWeakPassword(deps, link.password, context)
  const hash = await deps.hasher.hash(link.password)
  await deps.write(
    origin,
    async (ctx) => {
      const user = await spendLink(ctx, link)
      await setPassword(ctx, { userId: user.id, hash }) // before the sessions: see confirmPassword
      await finish(ctx, user)
      await enqueueMail(ctx, {
        kind: 'password_changed',
        to: user.email,
        locale: user.locale,
        at: ctx.now.toISOString(),
        deviceName: deviceName(ctx.request?.userAgent),
        address: ctx.request?.address ?? null,
      })
    },
    { isSerializable: link.purpose === 'recovery' },
  )
}

/** Also makes the user's other links worthless: a change of address that was asked for before must not count. */
async function spendLink(ctx: WriteCtx, link: PasswordLink): Promise<Row<'user'>> {
  const proof = await consumeMailProof(ctx, link)
  const user = proof && (await findUser(ctx, proof.userId))
  if (user?.status !== 'active' || user.emailNormalized !== normalizeEmail(proof?.email ?? ''))
    throw spentLink()
  await revokeMailProofs(ctx, { userId: user.id })
  return user
}
