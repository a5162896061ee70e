import type { MfaMethod, MfaStatus, SignInMethod } from '../../kernel/index.ts'
import type { Columns } from '../columns.postgres.ts'
import type { OrganizationTables } from './organizations.ts'

export type MfaPolicyMode =
  | 'disabled'
  | 'optional'
  | 'require_totp'
  | 'require_webauthn'
  | 'require_totp_or_webauthn'

export const definePolicyTables = (c: Columns, ref: OrganizationTables) => ({
  /** What an organization asks of its members. An organization without a row asks for nothing. */
  securityPolicy: c.table('security_policies', {
    organizationId: c
      .text('organization_id')
      .primaryKey()
      .references(() => ref.organization.id, { onDelete: 'cascade' }),
    version: c.int('version').notNull(),
    mfaMode: c.text('mfa_mode').$type<MfaPolicyMode>().notNull(),
    mfaGraceDays: c.int('mfa_grace_days').notNull(),
    notifyDaysBefore: c.int('notify_days_before').notNull(),
    mfaInForceAt: c.instant('mfa_in_force_at').notNull(), // since when as much as now is asked for
    passwordMinLength: c.int('password_min_length').notNull(),
    passwordRequireUpper: c.flag('password_require_upper').notNull(),
    passwordRequireNumber: c.flag('password_require_number').notNull(),
    passwordRequireSpecial: c.flag('password_require_special').notNull(),
    sessionMaxHours: c.int('session_max_hours'),
    sessionIdleMinutes: c.int('session_idle_minutes'),
    allowedAuthMethods: c.json<readonly SignInMethod[]>('allowed_auth_methods').notNull(), // empty: all
    allowedEmailDomains: c.json<readonly string[]>('allowed_email_domains').notNull(), // empty: all
    webauthnAllowedAaguids: c.json<readonly string[]>('webauthn_allowed_aaguids').notNull(), // empty: all
    updatedAt: c.instant('updated_at').notNull(),
  }),
  /** What is different for one member. A member without a row inherits. */
  securityPolicyOverride: c.table(
    'security_policy_overrides',
    {
      organizationId: c.text('organization_id').notNull(),
      userId: c.text('user_id').notNull(),
      mode: c.text('mode').$type<'inherit' | 'required' | 'exempt'>().notNull(),
      forceTotp: c.flag('force_totp').notNull(),
      forceWebauthn: c.flag('force_webauthn').notNull(),
      reason: c.text('reason').notNull(),
      endsAt: c.instant('ends_at'), // of the exemption; of a past one it stays: from there grace is counted
      setAt: c.instant('set_at').notNull(),
      setBy: c.text('set_by').notNull(), // a user id, kept after that user is gone
    },
    (t) => [
      c.primaryKey({ columns: [t.organizationId, t.userId] }),
      c
        .foreignKey({
          name: 'security_policy_overrides_member_fk',
          columns: [t.organizationId, t.userId],
          foreignColumns: [ref.member.organizationId, ref.member.userId],
        })
        .onDelete('cascade'),
    ],
  ),
  /** Every change of a member's compliance, kept for reports about any past moment. Append-only. */
  mfaTransition: c.table(
    'mfa_transitions',
    {
      id: c.text('id').primaryKey(), // UUIDv7: the order of the rows
      organizationId: c
        .text('organization_id')
        .notNull()
        .references(() => ref.organization.id, { onDelete: 'cascade' }),
      userId: c.text('user_id').notNull(), // no foreign key: a report tells of those who have left, too
      at: c.instant('at').notNull(),
      status: c.text('status').$type<MfaStatus | 'left'>().notNull(),
      deadlineAt: c.instant('deadline_at'),
      missing: c.json<readonly MfaMethod[]>('missing').notNull(),
      policyVersion: c.int('policy_version').notNull(),
    },
    (t) => [c.index('mfa_transitions_member').on(t.organizationId, t.userId, t.at, t.id)],
  ),
})

export type PolicyTables = ReturnType<typeof definePolicyTables>
