import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { insertRow, placeholder, placeholderValue, type Row, type WriteCtx } from '../db/index.ts'
import { instantOrNull } from '../http/index.ts'
import type { Circumstances } from './circumstances.ts'
import type { Verdict } from './judge.ts'
import { sendReminder } from './reminder.ts'

export interface Outcome {
  readonly isChanged: boolean
  readonly isReminded: boolean
}

/**
 * Makes a verdict the member's: their row, the history and the audit log where it is another one than before,
 * and a reminder where one has come due. Of several that have, only the latest is sent.
 */
export async function settle(
  ctx: WriteCtx,
  member: Row<'member'>,
  { verdict, circumstances }: { verdict: Verdict; circumstances: Circumstances },
): Promise<Outcome> {
  const { status, deadlineAt, missing } = verdict
  const hasMoved = deadlineAt?.getTime() !== member.mfaDeadlineAt?.getTime()
  const isChanged = hasMoved || status !== member.mfaStatus || missing.join() !== member.mfaMissing.join()
  const remindersBefore = hasMoved ? 0 : member.mfaReminders
  const isReminded = verdict.remindersDue > remindersBefore
  await updateMember(ctx, {
    ...member,
    mfaStatus: status,
    mfaDeadlineAt: deadlineAt,
    mfaMissing: missing,
    mfaPolicyVersion: circumstances.policy.version,
    mfaRemindedAt: isReminded ? ctx.now : member.mfaRemindedAt,
    mfaReminders: Math.max(verdict.remindersDue, remindersBefore),
    mfaDueAt: verdict.lookAgainAt,
  })
  if (isChanged) await noteChange(ctx, member, { verdict, circumstances })
  if (isReminded && deadlineAt) await sendReminder(ctx, member, { circumstances, deadlineAt, missing })
  return { isChanged, isReminded }
}

/**
 * The one place that every change of compliance passes, in the transaction that makes it: what somebody holds in
 * the organization only while they comply ends from here.
 */
async function noteChange(
  ctx: WriteCtx,
  { organizationId, userId, mfaStatus }: Row<'member'>,
  { verdict, circumstances }: { verdict: Verdict; circumstances: Circumstances },
): Promise<void> {
  const { status, deadlineAt, missing } = verdict
  await insertRow(ctx.tx, ctx.tx.t.mfaTransition, {
    id: ctx.newId(),
    organizationId,
    userId,
    at: ctx.now,
    status,
    deadlineAt,
    missing,
    policyVersion: circumstances.policy.version,
  })
  await record(ctx, {
    action: 'mfa.compliance_change',
    organizationId,
    target: { type: 'user', id: userId },
    details: { from: mfaStatus, to: status, deadline: instantOrNull(deadlineAt), missing },
  })
}

async function updateMember(ctx: WriteCtx, row: Row<'member'>): Promise<void> {
  const statement = ctx.tx.prepared('policies.settle', ({ update, t: { member } }) =>
    update(member)
      .set({
        mfaStatus: placeholderValue('mfaStatus', member.mfaStatus),
        mfaDeadlineAt: placeholderValue('mfaDeadlineAt', member.mfaDeadlineAt),
        mfaMissing: placeholderValue('mfaMissing', member.mfaMissing),
        mfaPolicyVersion: placeholderValue('mfaPolicyVersion', member.mfaPolicyVersion),
        mfaReminders: placeholderValue('mfaReminders', member.mfaReminders),
        mfaRemindedAt: placeholderValue('mfaRemindedAt', member.mfaRemindedAt),
        mfaDueAt: placeholderValue('mfaDueAt', member.mfaDueAt),
      })
      .where(
        and(
          eq(member.organizationId, placeholder('organizationId')),
          eq(member.userId, placeholder('userId')),
        ),
      ),
  )
  await statement.execute({ ...row })
}
