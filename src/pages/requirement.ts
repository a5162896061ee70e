import { type Caller, isPastDue } from '../http/index.ts'

export interface Requirement {
  readonly organizationName: string
  readonly deadlineAt: Date
  readonly isDue: boolean
}

/** The organization that asks first for a second factor which this person does not have. */
export function requirementOf({ memberships }: Caller, now: Date): Requirement | undefined {
  const [first] = memberships
    .flatMap((membership) => {
      const { mfaDeadlineAt, mfaMissing, status } = membership
      const isAsking = mfaDeadlineAt !== null && mfaMissing.length > 0 && status === 'active'
      return isAsking ? [{ membership, deadlineAt: mfaDeadlineAt }] : []
    })
    .toSorted((one, other) => one.deadlineAt.getTime() - other.deadlineAt.getTime())
  if (!first) return undefined
  const { membership, deadlineAt } = first
  return { organizationName: membership.name, deadlineAt, isDue: isPastDue(membership, now) }
}
