import type { Row } from '../db/index.ts'
import { addSeconds, DAY, type MfaMethod, type MfaStatus } from '../kernel/index.ts'
import { asksMore, type Factors, isExempt, missingOf, type Override, requirementOf } from './requirement.ts'

/** Everything that compliance depends on. */
export interface Facts {
  readonly now: Date
  readonly isSuspended: boolean // of the organization, or altogether
  readonly joinedAt: Date
  readonly policy: Pick<
    Row<'securityPolicy'>,
    'mfaMode' | 'mfaGraceDays' | 'notifyDaysBefore' | 'mfaInForceAt'
  >
  readonly override: Override | undefined
  readonly factors: Factors
}

export interface Verdict {
  readonly status: Exclude<MfaStatus, 'pending'>
  /** Only where something is missing. */
  readonly deadlineAt: Date | null
  readonly missing: readonly MfaMethod[]
  /** How many of the deadline's three reminders have come due: early, a day before, on the day. */
  readonly remindersDue: number
  /** When time alone changes something: the next reminder, the deadline, the end of an exemption. */
  readonly lookAgainAt: Date | null
}

/** The rules of compliance: how far one member satisfies what their organization asks, and until when they may not. */
export function judge(facts: Facts): Verdict {
  const { now, isSuspended, policy, override, factors } = facts
  const settled = { deadlineAt: null, missing: [], remindersDue: 0, lookAgainAt: null }
  if (isSuspended) return { ...settled, status: 'suspended' }

  const requirement = requirementOf(policy.mfaMode, override, now)
  const exemptUntil = override && isExempt(override, now) ? override.endsAt : null
  if (requirement.length === 0) return { ...settled, status: 'not_applicable', lookAgainAt: exemptUntil }
  const missing = missingOf(requirement, factors)
  if (missing.length === 0) return { ...settled, status: 'compliant' }

  const deadlineAt = addSeconds(graceStart(facts), policy.mfaGraceDays * DAY)
  const reminders = reminderTimes(deadlineAt, policy.notifyDaysBefore)
  return {
    status: deadlineAt <= now ? 'past_due' : 'in_grace',
    deadlineAt,
    missing,
    remindersDue: reminders.filter((at) => at <= now).length,
    lookAgainAt: reminders.find((at) => at > now) ?? null,
  }
}

/** The latest of the moments since which as much as now has been asked of this member. */
function graceStart({ now, joinedAt, policy, override }: Facts): Date {
  const starts = [policy.mfaInForceAt, joinedAt]
  if (override?.endsAt && override.endsAt <= now) starts.push(override.endsAt)
  if (override) {
    const withIt = requirementOf(policy.mfaMode, override, now)
    if (asksMore(withIt, requirementOf(policy.mfaMode, undefined, now))) starts.push(override.setAt)
  }
  return new Date(Math.max(...starts.map((start) => start.getTime())))
}

/** In their order. Always three, so that those sent can be counted also when the policy's days change. */
const reminderTimes = (deadline: Date, notifyDaysBefore: number): readonly Date[] =>
  [Math.max(notifyDaysBefore, 1), 1, 0].map((days) => addSeconds(deadline, -days * DAY))
