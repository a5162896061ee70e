import { instantOrNull, isPastDue, type Membership } from '../http/index.ts'
import type { MfaStatus } from '../kernel/index.ts'
import type { MfaCompliance } from './schema.ts'

/** From what needs nothing done to what needs it most. A suspended membership asks for nothing. */
const BY_SEVERITY: readonly MfaStatus[] = [
  'not_applicable',
  'suspended',
  'compliant',
  'pending',
  'in_grace',
  'past_due',
]

/** How far a user satisfies all of their organizations, from memberships that are at hand: on every `/auth/me`. */
export function mfaComplianceView(memberships: readonly Membership[], now: Date): MfaCompliance {
  const organizations: MfaCompliance['organizations'] = []
  let severity = 0
  for (const membership of memberships) {
    const status = statusOf(membership, now)
    if (status === 'not_applicable') continue
    severity = Math.max(severity, BY_SEVERITY.indexOf(status))
    organizations.push({
      organization_id: membership.organizationId,
      slug: membership.slug,
      name: membership.name,
      status,
      deadline_at: instantOrNull(membership.mfaDeadlineAt),
      missing_methods: [...membership.mfaMissing],
    })
  }
  return { status: BY_SEVERITY[severity] ?? 'not_applicable', organizations }
}

function statusOf(membership: Membership, now: Date): MfaStatus {
  if (membership.status === 'suspended') return 'suspended'
  return isPastDue(membership, now) ? 'past_due' : membership.mfaStatus
}
