import { AppError } from '../kernel/index.ts'
import type { Caller, Membership } from './caller.ts'

/** Whether the deadline of a membership has passed, be it noted already or not. */
export const isPastDue = ({ status, mfaStatus, mfaDeadlineAt }: Membership, now: Date): boolean =>
  status === 'active' &&
  (mfaStatus === 'past_due' || (mfaStatus === 'in_grace' && mfaDeadlineAt !== null && mfaDeadlineAt <= now))

/**
 * Whether nothing but enrolment answers: an organization's deadline has passed, or the session was begun in a
 * way that an organization does not allow, by somebody who has no other yet.
 */
export const isComplianceOnly = ({ credential, memberships }: Caller, now: Date): boolean =>
  (credential.kind === 'session' && credential.session.isComplianceOnly) ||
  memberships.some((membership) => isPastDue(membership, now))

/** Throws COMPLIANCE_REQUIRED, which names what is missing and who asks for it. */
export function requireCompliance(caller: Caller, now: Date): void {
  if (!isComplianceOnly(caller, now)) return
  const asking = caller.memberships.filter((membership) => isPastDue(membership, now))
  const missing = asking.length > 0 ? asking.flatMap(({ mfaMissing }) => mfaMissing) : (['webauthn'] as const)
  throw new AppError('COMPLIANCE_REQUIRED', 'Enrol a second factor first: the deadline has passed.', {
    details: {
      missing_methods: [...new Set(missing)],
      organizations: asking.map(({ organizationId, slug, name, mfaMissing }) => ({
        id: organizationId,
        slug,
        name,
        missing_methods: mfaMissing,
      })),
    },
  })
}
