import { AppError, type MfaMethod } from '../kernel/index.ts'
import type { Caller, Membership } from './caller.ts'

/** Whether the deadline of a membership has passed, be it noted already or not. */
export const isPastDue = (
  { status, mfaStatus, mfaDeadlineAt }: Pick<Membership, 'status' | 'mfaStatus' | 'mfaDeadlineAt'>,
  now: Date,
): boolean =>
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
  const methods = [...new Set(missing)]
  const what = methods.map((method) => ENROLMENTS[method]).join(', and ')
  const message = `Until you have enrolled ${what}, or left who asks for it (${LEAVING}), nothing else is open to you.`
  throw new AppError('COMPLIANCE_REQUIRED', message, {
    details: {
      missing_methods: methods,
      organizations: asking.map(({ organizationId, slug, name, mfaMissing }) => ({
        id: organizationId,
        slug,
        name,
        missing_methods: mfaMissing,
      })),
    },
  })
}

const LEAVING = 'DELETE /api/v1/organizations/:id/members/:userId'
const APP = 'an authenticator app (POST /api/v1/auth/totp/enroll)'
const AUTHENTICATOR = 'a passkey or security key (POST /api/v1/auth/webauthn/register/begin)'

/** What is missing, and where it begins: whoever reads this is otherwise stuck. */
const ENROLMENTS: Readonly<Record<MfaMethod, string>> = {
  totp: APP,
  webauthn: AUTHENTICATOR,
  totp_or_webauthn: `${APP} or ${AUTHENTICATOR}`,
}
