import type { Row, WriteCtx } from '../db/index.ts'
import { enqueueMail, type MfaChange } from '../outbox/index.ts'
import { deviceName } from '../sessions/index.ts'

/**
 * Tells a user what has happened to their second factors, and from where: whoever did not do it themselves learns of
 * it at once. `codesLeft` is told where the change concerns backup codes.
 */
export const mailMfaChange = (
  ctx: WriteCtx,
  user: Row<'user'>,
  { change, codesLeft = null }: { readonly change: MfaChange; readonly codesLeft?: number | null },
): Promise<void> =>
  enqueueMail(ctx, {
    kind: 'mfa_changed',
    to: user.email,
    locale: user.locale,
    change,
    codesLeft,
    at: ctx.now.toISOString(),
    deviceName: deviceName(ctx.request?.userAgent),
    address: ctx.request?.address ?? null,
  })
