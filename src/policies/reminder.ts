import { record } from '../audit/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { enqueueMail } from '../outbox/index.ts'
import type { Circumstances, MemberKey } from './circumstances.ts'

/** Mails a member what is missing and until when, and records that it was done. */
export async function sendReminder(
  ctx: WriteCtx,
  { organizationId, userId }: MemberKey,
  about: {
    readonly circumstances: Pick<Circumstances, 'user' | 'organizationName'>
    readonly deadlineAt: Date
    readonly missing: Row<'member'>['mfaMissing']
  },
): Promise<void> {
  const { circumstances, missing } = about
  const { user, organizationName } = circumstances
  const deadlineAt = about.deadlineAt.toISOString()
  await enqueueMail(ctx, {
    kind: 'mfa_reminder',
    to: user.email,
    locale: user.locale,
    organizationName,
    deadlineAt,
    isPast: about.deadlineAt <= ctx.now,
    missing: [...missing],
  })
  await record(ctx, {
    action: 'mfa.reminder',
    organizationId,
    target: { type: 'user', id: userId },
    details: { deadline: deadlineAt, missing },
  })
}
