import { record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { Actor } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import {
  issueSession,
  type NewSession,
  rememberDevice,
  renewSession,
  revokeSessionByToken,
} from '../sessions/index.ts'

/** What the cookies of whoever signs in hold. Anybody can have put it there. */
export interface PresentedCookies {
  readonly session: string | undefined
  readonly device: string | undefined
  /**
   * On the way to an application, where somebody who is signed in may be asked who they are once more: their session
   * is kept then, and with it every other application that they are signed in to by it.
   */
  readonly keepsOwnSession?: boolean
}

export interface BegunSession {
  readonly user: Row<'user'>
  readonly session: Row<'session'>
  /** It was there before, and is the same person's. */
  readonly isRenewed: boolean
  readonly token: string
  /** For the device's cookie, where it is to be set. */
  readonly deviceToken: string | undefined
}

type Input = Omit<NewSession, 'userId'> & { readonly user: Row<'user'>; readonly cookies: PresentedCookies }

/**
 * What every way of signing in ends with. The session is a new one, and one that the browser still held ends; or it
 * is that very one, if it was this person's. Its token is new in any case: one that somebody planted before gains
 * nothing by the sign-in (session fixation). Remembers the device, and writes to the user when it is not the first
 * and was never seen.
 */
export async function beginSession(ctx: WriteCtx, input: Input): Promise<BegunSession> {
  const { user, cookies } = input
  const renewed = await renewOwn(ctx, input)
  const { token, session } = renewed ?? (await replaceSession(ctx, input))
  const device = await rememberDevice(ctx, { userId: user.id, token: cookies.device })
  if (device.novelty === 'new' && ctx.config.session.newDeviceMail) await tellOfNewDevice(ctx, user, session)
  return { user, session, isRenewed: renewed !== undefined, token, deviceToken: device.token }
}

async function renewOwn(ctx: WriteCtx, { user, cookies, ...input }: Input) {
  if (!cookies.keepsOwnSession || cookies.session === undefined) return undefined
  const renewed = await renewSession(ctx, { ...input, userId: user.id, token: cookies.session })
  if (renewed) await recordOf(ctx, 'session.renew', renewed.session)
  return renewed
}

async function replaceSession(ctx: WriteCtx, { user, cookies, ...input }: Input) {
  const issued = await issueSession(ctx, { ...input, userId: user.id })
  await recordOf(ctx, 'session.create', issued.session)
  const replaced = cookies.session && (await revokeSessionByToken(ctx, cookies.session))
  if (replaced) {
    const actor = actorOf(issued.session)
    const target = { type: 'session', id: replaced.id }
    const details = { replaced_by: issued.session.id }
    await record(ctx, { action: 'session.revoke', actor, target, details })
  }
  return issued
}

const recordOf = (
  ctx: WriteCtx,
  action: 'session.create' | 'session.renew',
  session: Row<'session'>,
): Promise<void> =>
  record(ctx, {
    action,
    actor: actorOf(session),
    target: { type: 'session', id: session.id },
    details: { amr: session.amr, device_name: session.deviceName },
  })

const actorOf = ({ id, userId }: Row<'session'>): Actor => ({ kind: 'user', userId, sessionId: id })

async function tellOfNewDevice(ctx: WriteCtx, user: Row<'user'>, session: Row<'session'>): Promise<void> {
  await enqueueMail(ctx, {
    kind: 'new_device',
    to: user.email,
    locale: user.locale,
    at: ctx.now.toISOString(),
    deviceName: session.deviceName,
    address: session.address,
  })
}
