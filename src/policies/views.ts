import type { Row } from '../db/index.ts'
import { instantOrNull } from '../http/index.ts'
import type { MemberState } from './member-state.ts'
import type { MemberOverride } from './override.ts'
import type { MemberCompliance, Override, SecurityPolicy } from './schema.ts'

export const securityPolicyView = (row: Row<'securityPolicy'>): SecurityPolicy => ({
  mfa_policy_mode: row.mfaMode,
  mfa_grace_period_days: row.mfaGraceDays,
  notify_days_before: row.notifyDaysBefore,
  password_min_length: row.passwordMinLength,
  password_require_upper: row.passwordRequireUpper,
  password_require_number: row.passwordRequireNumber,
  password_require_special: row.passwordRequireSpecial,
  session_max_hours: row.sessionMaxHours,
  session_idle_minutes: row.sessionIdleMinutes,
  allowed_auth_methods: [...row.allowedAuthMethods],
  allowed_email_domains: [...row.allowedEmailDomains],
  webauthn_allowed_aaguids: [...row.webauthnAllowedAaguids],
  policy_version: row.version,
  updated_at: row.version === 0 ? null : row.updatedAt.toISOString(),
})

export const overrideView = ({ row, requirement }: MemberOverride): Override => ({
  mode: row?.mode ?? 'inherit',
  force_totp: row?.forceTotp ?? false,
  force_webauthn: row?.forceWebauthn ?? false,
  reason: row?.reason ?? null,
  ends_at: row?.mode === 'exempt' ? instantOrNull(row.endsAt) : null,
  set_at: instantOrNull(row?.setAt ?? null),
  set_by: row?.setBy ?? null,
  required_methods: [...requirement],
})

export const memberComplianceView = (state: MemberState): MemberCompliance => ({
  user_id: state.userId,
  email: state.email,
  full_name: state.fullName,
  status: state.status,
  deadline_at: instantOrNull(state.deadlineAt),
  missing_methods: [...state.missing],
  last_reminder_at: instantOrNull(state.remindedAt),
  policy_version: state.policyVersion,
})
