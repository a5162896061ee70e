import { record } from '../audit/index.ts'
import { refuseWeakPassword, setPassword } from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { AppError, forbidden } from '../kernel/index.ts'
import {
  acceptInvite,
  findInviteByToken,
  getOrganization,
  type InviteSummary,
  listInvitesFor,
} from '../organizations/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { createUser, emailDomain, findUserByEmail, getUser, normalizeEmail } from '../users/index.ts'
import { type BegunSession, beginSession, type PresentedCookies } from './begin-session.ts'
import { type AuthenticationDeps, accountKey } from './deps.ts'
import { sendVerification } from './email-verification.ts'

export interface Registration {
  readonly email: string
  readonly password: string
  readonly fullName: string | undefined
  readonly inviteToken: string | undefined
  readonly cookies: PresentedCookies
}

export interface Registered extends BegunSession {
  readonly pendingInvites: InviteSummary[]
}

/**
 * Adds a person who asks for it, and signs them in. Throws AUTHORIZATION_ERROR where registration is not open to
 * them, NOT_FOUND for an invite that does not count, VALIDATION_ERROR for a weak password, CONFLICT for an address
 * that is taken. Where existence is hidden a taken address and a free one get the same answer, undefined, after
 * the same work; a mail tells its reader which it was, and nobody is signed in.
 */
export async function register(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  input: Registration,
): Promise<Registered | undefined> {
  const email = normalizeEmail(input.email)
  await deps.rateLimits.spend('register', accountKey(email))
  const organizationNames = await deps.read(origin, (ctx) => admit(ctx, input))
  await refuseWeakPassword(deps, input.password, { email, organizationNames })
  const hash = await deps.hasher.hash(input.password)
  if (deps.config.registration.hideExistence) {
    await deps.write(origin, (ctx) => registerQuietly(ctx, input, hash))
    return undefined
  }
  const registered = await deps.write(origin, async (ctx) => {
    const user = await equip(ctx, await createUser(ctx, input), input, hash)
    const begun = await beginSession(ctx, {
      user,
      amr: ['pwd'],
      acr: 'urn:authy2:acr:1fa',
      isRemembered: false,
      cookies: input.cookies,
    })
    return { ...begun, pendingInvites: await pendingInvites(ctx, user) }
  })
  deps.metrics.sessionsCreated.inc()
  return registered
}

/** Decides whether this person may register, and returns the names of the organizations that they will be in. */
async function admit(ctx: ReadCtx, { email, inviteToken }: Registration): Promise<string[]> {
  const { mode, emailDomains } = ctx.config.registration
  if (mode === 'closed') throw forbidden('Registration is closed. Ask an administrator to add you.')
  if (inviteToken !== undefined) return [await invitingOrganization(ctx, email, inviteToken)]
  if (mode === 'invite') throw forbidden('Registration is by invitation. Use the link of an invitation mail.')
  if (emailDomains.length > 0 && !emailDomains.includes(emailDomain(normalizeEmail(email)))) {
    throw forbidden('Addresses of this domain cannot register here.', { allowed_domains: emailDomains })
  }
  return []
}

/** Refused here, too, and not by accepting alone: for a taken address that hides its existence nothing is accepted. */
async function invitingOrganization(ctx: ReadCtx, email: string, token: string): Promise<string> {
  const invite = await findInviteByToken(ctx, token)
  if (!invite) {
    throw new AppError('NOT_FOUND', 'This invite was used, withdrawn or has expired. Ask for a new one.')
  }
  if (invite.emailNormalized !== normalizeEmail(email)) {
    throw forbidden('This invite is for another address. Register with the one that it was sent to.')
  }
  return (await getOrganization(ctx, invite.organizationId)).name
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

async function tellOwner(ctx: WriteCtx, { email }: Registration): Promise<void> {
  const owner = await findUserByEmail(ctx, normalizeEmail(email))
  if (!owner) return // deleted at this very moment
  await enqueueMail(ctx, { kind: 'register_existing', to: owner.email, locale: owner.locale })
  await record(ctx, {
    action: 'user.register',
    outcome: 'failure',
    reason: 'email_taken',
    target: { type: 'user', id: owner.id },
  })
}

/** Only somebody who has proved the address learns who invites it. */
const pendingInvites = async (ctx: ReadCtx, user: Row<'user'>): Promise<InviteSummary[]> =>
  user.emailVerifiedAt === null ? [] : listInvitesFor(ctx, normalizeEmail(user.email))
