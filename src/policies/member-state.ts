import { and, type Column, eq, gt, lte, or, type SQL } from 'drizzle-orm'
import type { Row } from '../db/index.ts'
import type { MfaStatus } from '../kernel/index.ts'

/** How far one member complied at the moment of a report. */
export interface MemberState {
  readonly userId: string
  readonly email: string | null
  readonly fullName: string | null
  readonly status: MfaStatus
  readonly deadlineAt: Date | null
  readonly missing: Row<'member'>['mfaMissing']
  readonly remindedAt: Date | null
  readonly policyVersion: number
}

export interface StatePage {
  readonly status: MfaStatus | undefined
  readonly count: number
  /** The user id to go on after. */
  readonly after: string | undefined
}

/** The members of a report, of now or of then, in the order of their user ids. */
export interface MemberStates {
  list(page: StatePage): Promise<readonly MemberState[]>
  count(status: MfaStatus): Promise<number>
}

/** The status that was noted, but for a deadline that had passed without anybody having judged since. */
export const statusAt = (noted: MfaStatus, deadlineAt: Date | null, at: Date): MfaStatus =>
  noted === 'in_grace' && deadlineAt !== null && deadlineAt <= at ? 'past_due' : noted

/** The same as a condition. */
export function isInStatus(
  { status: noted, deadlineAt }: { status: Column; deadlineAt: Column },
  status: MfaStatus,
  at: Date,
): SQL | undefined {
  if (status === 'in_grace') return and(eq(noted, 'in_grace'), gt(deadlineAt, at))
  if (status === 'past_due') {
    return or(eq(noted, 'past_due'), and(eq(noted, 'in_grace'), lte(deadlineAt, at)))
  }
  return eq(noted, status)
}
