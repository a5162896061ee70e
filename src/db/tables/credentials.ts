import type { Columns } from '../columns.postgres.ts'
import type { UserTables } from './users.ts'

export const defineCredentialTables = (c: Columns, ref: UserTables) => ({
  password: c.table('passwords', {
    userId: c
      .text('user_id')
      .primaryKey()
      .references(() => ref.user.id, { onDelete: 'cascade' }),
    hash: c.text('hash').notNull(), // PHC string: carries its own parameters
    changedAt: c.instant('changed_at').notNull(),
  }),
  /** Proofs that travel by mail: single use, spent by deleting the row; of each purpose the last one counts. */
  mailProof: c.table(
    'mail_proofs',
    {
      userId: c
        .text('user_id')
        .notNull()
        .references(() => ref.user.id, { onDelete: 'cascade' }),
      purpose: c.text('purpose').$type<'verify_email' | 'change_email' | 'reset_password'>().notNull(),
      digest: c.bytes('digest').notNull(), // SHA-256 of the token, 32 bytes
      email: c.text('email').notNull(), // the address that it was sent to, and so proves
      createdAt: c.instant('created_at').notNull(),
      expiresAt: c.instant('expires_at').notNull(),
    },
    (t) => [
      c.primaryKey({ columns: [t.userId, t.purpose] }),
      c.uniqueIndex('mail_proofs_digest').on(t.digest),
      c.index('mail_proofs_expires_at').on(t.expiresAt),
    ],
  ),
})
