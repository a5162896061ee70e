import { record } from '../audit/index.ts'
import { type PasswordContext, refuseWeakPassword, setPassword } from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { AppError, forbidden } from '../kernel/index.ts'
import {
  acceptInvite,
  findInviteByToken,
  getOrganization,
  type InviteSummary,
  listInvitesFor,
  requireAllowedDomain,
} from '../organizations/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { passwordPolicyFor } from '../policies/index.ts'
import { createUser, emailDomain, findUserByEmail, getUser, normalizeEmail } from '../users/index.ts'
import { judgeAdmission, methodRefused } from './admission.ts'
import { type Arrival, greet } from './arrival.ts'
import { BY_PASSWORD } from './assurance.ts'
import { beginSession, type PresentedCookies } from './begin-session.ts'
import { type AuthenticationDeps, accountKey } from './deps.ts'
import { sendVerification } from './email-verification.ts'

export interface Registration {
  readonly email: string
  readonly password: string
  readonly fullName: string | undefined
  readonly inviteToken: string | undefined
  /** That they came in, which mails to them are written in. */
  readonly locale?: string
  readonly cookies: PresentedCookies
}

type PasswordRules = Omit<PasswordContext, 'email'>

export interface Registered extends Arrival {
  readonly pendingInvites: InviteSummary[]
}

/**
 * Adds a person who asks for it, and signs them in. Throws AUTHORIZATION_ERROR where registration is not open to
 * them or the organization that invites them allows no passwords, NOT_FOUND for an invite that does not count,
 * VALIDATION_ERROR for a weak password, CONFLICT for an address that is taken. Where existence is hidden a taken
 * address and a free one get the same answer, undefined, after the same work; a mail tells its reader which it was,
 * and nobody is signed in.
 */
export async function register(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  input: Registration,
): Promise<Registered | undefined> {
  const email = normalizeEmail(input.email)
  await deps.rateLimits.spend('register', accountKey(email))
  const rules = await deps.read(origin, (ctx) => admit(ctx, input))
  await refuseWeakPassword(deps, input.password, { email, ...rules })
  const hash = await deps.hasher.hash(input.password)
  if (deps.config.registration.hideExistence) {
    await deps.write(origin, (ctx) => registerQuietly(ctx, input, hash))
    return undefined
  }
  const { begun, pendingInvites } = await deps.write(origin, async (ctx) => {
    const user = await equip(ctx, await createUser(ctx, input), input, hash)
    const proof = { ...BY_PASSWORD, user, method: 'password', isRemembered: false } as const
    const admission = await judgeAdmission(ctx, { userId: user.id, method: proof.method })
    // Undoes the registration: a password would be no way in again.
    if (!admission.isAdmitted) throw methodRefused(admission.organizations)
    return {
      begun: await beginSession(ctx, { ...proof, ...admission, cookies: input.cookies }),
      pendingInvites: await findPendingInvites(ctx, user),
    }
  })
  return { ...(await greet(deps, begun)), pendingInvites }
}

/** Decides whether this person may register, and returns what the organization that they will be in asks of passwords. */
async function admit(ctx: ReadCtx, { email, inviteToken }: Registration): Promise<PasswordRules> {
  const { mode, emailDomains } = ctx.config.registration
  if (mode === 'closed') throw forbidden('Registration is closed. Ask an administrator to add you.')
  if (inviteToken !== undefined) return rulesOfInvite(ctx, email, inviteToken)
  if (mode === 'invite') throw forbidden('Registration is by invitation. Use the link of an invitation mail.')
  if (emailDomains.length > 0 && !emailDomains.includes(emailDomain(normalizeEmail(email)))) {
    throw forbidden('Addresses of this domain cannot register here.', { allowed_domains: emailDomains })
  }
  return { organizationNames: [] }
}

/** Refused here, too, and not by accepting alone: for a taken address that hides its existence nothing is accepted. */
async function rulesOfInvite(ctx: ReadCtx, email: string, token: string): Promise<PasswordRules> {
  const invite = await findInviteByToken(ctx, token)
  if (!invite) {
    throw new AppError('NOT_FOUND', 'This invite was used, withdrawn or has expired. Ask for a new one.')
  }
  if (invite.emailNormalized !== normalizeEmail(email)) {
    throw forbidden('This invite is for another address. Register with the one that it was sent to.')
  }
  await requireAllowedDomain(ctx, invite.organizationId, email)
  const { name } = await getOrganization(ctx, invite.organizationId)
  return { organizationNames: [name], ...(await passwordPolicyFor(ctx, invite.organizationId)) }
}

/** What makes a new row a person who can sign in. Returns it as it then is. */
async function equip(
  ctx: WriteCtx,
  user: Row<'user'>,
  input: Registration,
  hash: string,
): Promise<Row<'user'>> {
  await setPassword(ctx, { userId: user.id, hash })
  await record(ctx, {
    action: 'user.register',
    actor: { kind: 'user', userId: user.id },
    target: { type: 'user', id: user.id },
    details: { is_first_user: user.isInstanceAdmin },
  })
  if (input.inviteToken === undefined) {
    await sendVerification(ctx, user)
    return user
  }
  await acceptInvite(ctx, { token: input.inviteToken, user }) // proves the address: the token came by mail
  return getUser(ctx, user.id)
}

async function registerQuietly(ctx: WriteCtx, input: Registration, hash: string): Promise<void> {
  const user = await createUser(ctx, input).catch(undefinedIfTaken)
  if (user) await equip(ctx, user, input, hash)
  else await tellOwner(ctx, input)
}

function undefinedIfTaken(error: unknown): undefined {
  if (!(error instanceof AppError && error.type === 'CONFLICT')) throw error
}

async function tellOwner(ctx: WriteCtx, { email, locale }: Registration): Promise<void> {
  const owner = await findUserByEmail(ctx, normalizeEmail(email))
  if (!owner) return // deleted at this very moment
  await enqueueMail(ctx, {
    kind: 'register_existing',
    to: owner.email,
    locale: owner.locale ?? locale ?? null,
  })
  await record(ctx, {
    action: 'user.register',
    outcome: 'failure',
    reason: 'email_taken',
    target: { type: 'user', id: owner.id },
  })
}

/** Only somebody who has proved the address learns who invites it. */
const findPendingInvites = async (ctx: ReadCtx, user: Row<'user'>): Promise<InviteSummary[]> =>
  user.emailVerifiedAt === null ? [] : listInvitesFor(ctx, normalizeEmail(user.email))
