import { record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { Actor } from '../kernel/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import { issueSession, type NewSession, rememberDevice, revokeSessionByToken } from '../sessions/index.ts'

/** What the cookies of whoever signs in hold. Anybody can have put it there. */
export interface PresentedCookies {
  readonly session: string | undefined
  readonly device: string | undefined
}

export interface BegunSession {
  readonly user: Row<'user'>
  readonly session: Row<'session'>
  readonly token: string
  /** For the device's cookie, where it is to be set. */
  readonly deviceToken: string | undefined
}

/**
 * What every way of signing in ends with. The session is always a new one, and one that the browser still held
 * ends: a token that somebody planted before gains nothing by the sign-in (session fixation). Remembers the
 * device, and writes to the user when it is not the first and was never seen.
 */
export async function beginSession(
  ctx: WriteCtx,
  input: Omit<NewSession, 'userId'> & { readonly user: Row<'user'>; readonly cookies: PresentedCookies },
): Promise<BegunSession> {
  const { user, cookies } = input
  const { token, session } = await issueSession(ctx, { ...input, userId: user.id })
  const actor: Actor = { kind: 'user', userId: user.id, sessionId: session.id }
  await record(ctx, {
    action: 'session.create',
    actor,
    target: { type: 'session', id: session.id },
    details: { amr: input.amr, device_name: session.deviceName },
  })
  const replaced = cookies.session && (await revokeSessionByToken(ctx, cookies.session))
  if (replaced) {
    const target = { type: 'session', id: replaced.id }
    await record(ctx, { action: 'session.revoke', actor, target, details: { replaced_by: session.id } })
  }
  const device = await rememberDevice(ctx, { userId: user.id, token: cookies.device })
  if (device.novelty === 'new' && ctx.config.session.newDeviceMail) await tellOfNewDevice(ctx, user, session)
  return { user, session, token, deviceToken: device.token }
}

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
