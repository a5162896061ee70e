import { sql } from 'drizzle-orm'
import type { MfaMethod, MfaStatus, Role } from '../../kernel/index.ts'
import type { Columns } from '../columns.postgres.ts'
import type { UserTables } from './users.ts'

export const defineOrganizationTables = (c: Columns, ref: UserTables) => {
  const organization = c.table(
    'organizations',
    {
      id: c.text('id').primaryKey(),
      slug: c.text('slug').notNull(),
      name: c.text('name').notNull(),
      description: c.text('description'),
      logoUrl: c.text('logo_url'),
      accentColor: c.text('accent_color'), // #rrggbb
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [c.uniqueIndex('organizations_slug').on(t.slug)],
  )
  const organizationId = () =>
    c
      .text('organization_id')
      .notNull()
      .references(() => organization.id, { onDelete: 'cascade' })

  const member = c.table(
    'members',
    {
      organizationId: organizationId(),
      userId: c
        .text('user_id')
        .notNull()
        .references(() => ref.user.id, { onDelete: 'cascade' }),
      role: c.text('role').$type<Role>().notNull(),
      status: c.text('status').$type<'active' | 'suspended'>().notNull(),
      joinedAt: c.instant('joined_at').notNull(),
      // Compliance as last judged by policies/. It lies here because every request reads the memberships.
      mfaStatus: c
        .text('mfa_status')
        .$type<MfaStatus>()
        .notNull()
        .$default(() => 'not_applicable'),
      mfaDeadlineAt: c.instant('mfa_deadline_at'),
      mfaMissing: c
        .json<readonly MfaMethod[]>('mfa_missing')
        .notNull()
        .$default(() => []),
      mfaPolicyVersion: c
        .int('mfa_policy_version')
        .notNull()
        .$default(() => 0), // of the policy that it was judged by
      mfaReminders: c
        .int('mfa_reminders')
        .notNull()
        .$default(() => 0), // how many of this deadline's are behind us
      mfaRemindedAt: c.instant('mfa_reminded_at'), // the last time, by whomever
      mfaDueAt: c.instant('mfa_due_at'), // when to judge again: next reminder, deadline, end of an exemption
    },
    (t) => [
      c.primaryKey({ columns: [t.organizationId, t.userId] }),
      c.index('members_mfa_due_at').on(t.mfaDueAt),
      c.index('members_mfa_status').on(t.organizationId, t.mfaStatus, t.userId),
      c.index('members_mfa_policy_version').on(t.organizationId, t.mfaPolicyVersion, t.userId),
      c.index('members_user_id').on(t.userId),
      // Whatever the program does, an organization has no second owner.
      c.uniqueIndex('members_owner').on(t.organizationId).where(sql`role = 'owner'`),
    ],
  )
  const invite = c.table(
    'invites',
    {
      id: c.text('id').primaryKey(),
      organizationId: organizationId(),
      email: c.text('email').notNull(),
      emailNormalized: c.text('email_normalized').notNull(),
      role: c.text('role').$type<Exclude<Role, 'owner'>>().notNull(),
      departmentIds: c.json<readonly string[]>('department_ids').notNull(),
      digest: c.bytes('digest').notNull(), // SHA-256 of the token, 32 bytes
      invitedBy: c.text('invited_by').notNull(), // a user id, kept after that user is gone
      createdAt: c.instant('created_at').notNull(),
      sentAt: c.instant('sent_at').notNull(),
      expiresAt: c.instant('expires_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('invites_digest').on(t.digest),
      c.uniqueIndex('invites_organization_email').on(t.organizationId, t.emailNormalized),
      c.index('invites_organization_id').on(t.organizationId, t.id),
      c.index('invites_email').on(t.emailNormalized, t.id),
      c.index('invites_expires_at').on(t.expiresAt),
    ],
  )
  return { organization, member, invite }
}

export type OrganizationTables = ReturnType<typeof defineOrganizationTables>
