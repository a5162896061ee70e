import type { Columns } from '../columns.postgres.ts'
import type { OrganizationTables } from './organizations.ts'
import type { UserTables } from './users.ts'

/** Authentication context classes, weakest first: one factor, two, phishing-resistant. */
type Acr = 'urn:authy2:acr:1fa' | 'urn:authy2:acr:2fa' | 'urn:authy2:acr:phr'

export const defineSessionTables = (c: Columns, ref: UserTables & OrganizationTables) => {
  const userId = () =>
    c
      .text('user_id')
      .notNull()
      .references(() => ref.user.id, { onDelete: 'cascade' })
  return {
    session: c.table(
      'sessions',
      {
        id: c.text('id').primaryKey(),
        userId: userId(),
        digest: c.bytes('digest').notNull(), // SHA-256 of the token, 32 bytes
        deviceName: c.text('device_name').notNull(),
        address: c.text('address'),
        amr: c.json<readonly string[]>('amr').notNull(),
        acr: c.text('acr').$type<Acr>().notNull(),
        isComplianceOnly: c.flag('is_compliance_only').notNull(),
        isRemembered: c.flag('is_remembered').notNull(),
        authenticatedAt: c.instant('authenticated_at').notNull(), // OpenID Connect's auth_time
        steppedUpAt: c.instant('stepped_up_at'),
        createdAt: c.instant('created_at').notNull(),
        lastSeenAt: c.instant('last_seen_at').notNull(), // written at most once a minute
        idleSeconds: c.int('idle_seconds').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.uniqueIndex('sessions_digest').on(t.digest),
        c.index('sessions_user_id').on(t.userId, t.id),
        c.index('sessions_expires_at').on(t.expiresAt),
        c.index('sessions_idle').on(t.idleSeconds, t.lastSeenAt), // the idle ones, for each idle time
      ],
    ),
    /** Where a user has signed in before: a device (by its cookie) or a browser at an address. */
    knownDevice: c.table(
      'known_devices',
      {
        userId: userId(),
        digest: c.bytes('digest').notNull(), // SHA-256, 32 bytes
        firstSeenAt: c.instant('first_seen_at').notNull(),
        lastSeenAt: c.instant('last_seen_at').notNull(),
      },
      (t) => [
        c.primaryKey({ columns: [t.userId, t.digest] }),
        c.index('known_devices_last_seen_at').on(t.lastSeenAt),
      ],
    ),
    apiKey: c.table(
      'api_keys',
      {
        id: c.text('id').primaryKey(),
        userId: userId(),
        organizationId: c.text('organization_id'), // when set, for this organization only
        name: c.text('name').notNull(),
        digest: c.bytes('digest').notNull(), // SHA-256 of the key, 32 bytes
        hint: c.text('hint').notNull(), // its first characters, to recognise it by
        scopes: c.json<readonly string[]>('scopes').notNull(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at'),
        lastUsedAt: c.instant('last_used_at'), // written at most once a minute
      },
      (t) => [
        c.uniqueIndex('api_keys_digest').on(t.digest),
        c.uniqueIndex('api_keys_user_name').on(t.userId, t.name),
        c.index('api_keys_user_id').on(t.userId, t.id),
        c.index('api_keys_member').on(t.organizationId, t.userId),
        c.index('api_keys_expires_at').on(t.expiresAt),
        // Who leaves the organization leaves the keys for it behind.
        c
          .foreignKey({
            name: 'api_keys_member_fk',
            columns: [t.organizationId, t.userId],
            foreignColumns: [ref.member.organizationId, ref.member.userId],
          })
          .onDelete('cascade'),
      ],
    ),
  }
}
