import type { Columns } from '../columns.postgres.ts'

export const defineUserTables = (c: Columns) => ({
  user: c.table(
    'users',
    {
      id: c.text('id').primaryKey(),
      email: c.text('email').notNull(), // as typed
      emailNormalized: c.text('email_normalized').notNull(), // NFC, trimmed, lower case
      emailVerifiedAt: c.instant('email_verified_at'),
      fullName: c.text('full_name'),
      avatarUrl: c.text('avatar_url'),
      locale: c.text('locale'),
      status: c.text('status').$type<'active' | 'suspended'>().notNull(),
      isInstanceAdmin: c.flag('is_instance_admin').notNull(),
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('users_email_normalized').on(t.emailNormalized),
      c.index('users_status_id').on(t.status, t.id),
      c.index('users_instance_admin').on(t.isInstanceAdmin, t.id),
    ],
  ),
  /** Facts of which there is one in an instance, claimed by insert: `first_user` is whoever got there first. */
  instanceFact: c.table('instance_facts', {
    name: c.text('name').primaryKey(),
    value: c.text('value').notNull(),
    createdAt: c.instant('created_at').notNull(),
  }),
})

export type UserTables = ReturnType<typeof defineUserTables>
