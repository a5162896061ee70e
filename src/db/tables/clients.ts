import { sql } from 'drizzle-orm'
import type { Role } from '../../kernel/index.ts'
import type { CompleteClientMetadata, SigningAlgorithm } from '../../protocol/oauth/index.ts'
import type { Columns } from '../columns.postgres.ts'
import type { OrganizationTables } from './organizations.ts'

/** Who may sign in to an application: anybody, or of its organization all members, or some of them. */
export interface ClientAccess {
  readonly membersOnly: boolean
  /** With one of these roles, or in one of these departments; all members where both are empty. */
  readonly roles: readonly Role[]
  readonly departmentIds: readonly string[]
}

/** What of a user's profile a claim can be made of. */
export type ProfileField = 'user_id' | 'email' | 'full_name' | 'avatar_url' | 'locale'

export const defineClientTables = (c: Columns, ref: OrganizationTables) => {
  /** Applications that people sign in to, and services that act for themselves. RFC 6749 §2 */
  const client = c.table(
    'clients',
    {
      id: c.text('id').primaryKey(), // the client_id
      organizationId: c
        .text('organization_id')
        .references(() => ref.organization.id, { onDelete: 'cascade' }), // null: of nobody in particular
      origin: c.text('origin').$type<'created' | 'registered' | 'document'>().notNull(),
      metadata: c.json<CompleteClientMetadata>('metadata').notNull(), // in the words of RFC 7591 §2
      acceptsBasicAndPost: c.flag('accepts_basic_and_post').notNull(), // its secret may come either way
      requirePkce: c.flag('require_pkce').notNull(),
      allowPlainPkce: c.flag('allow_plain_pkce').notNull(),
      consent: c.text('consent').$type<'required' | 'first_party'>().notNull(),
      accessTokenFormat: c.text('access_token_format').$type<'jwt' | 'opaque'>().notNull(),
      accessTokenAlgorithm: c.text('access_token_algorithm').$type<SigningAlgorithm>().notNull(),
      accessTokenSeconds: c.int('access_token_seconds'), // null, here and below: as configured
      idTokenSeconds: c.int('id_token_seconds'),
      refreshTokenSeconds: c.int('refresh_token_seconds'),
      audiences: c.json<readonly string[]>('audiences').notNull(), // resources that it may ask tokens for, RFC 8707
      // Those of them that another organization holds: listed since before one had to hold what it lists.
      foreignAudiences: c.json<readonly string[]>('foreign_audiences').notNull().default(sql`'[]'`),
      claims: c.json<Readonly<Record<string, ProfileField>>>('claims').notNull(),
      access: c.json<ClientAccess>('access').notNull(),
      registrationDigest: c.bytes('registration_digest'), // SHA-256 of its registration access token, RFC 7592
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [
      c.index('clients_organization_id').on(t.organizationId, t.id),
      c.index('clients_origin').on(t.origin, t.updatedAt), // those of documents, by when they were last used
    ],
  )
  return {
    client,
    /** One, or two while the newer takes the older one's place. */
    clientSecret: c.table(
      'client_secrets',
      {
        id: c.text('id').primaryKey(),
        clientId: c
          .text('client_id')
          .notNull()
          .references(() => client.id, { onDelete: 'cascade' }),
        digest: c.bytes('digest').notNull(), // HMAC-SHA-256 under a key made of SECRET_KEY
        sealed: c.bytes('sealed'), // the secret itself, only where signatures are checked with it
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at'), // of the older one
      },
      (t) => [
        c.index('client_secrets_client_id').on(t.clientId, t.id),
        c.index('client_secrets_expires_at').on(t.expiresAt),
      ],
    ),
    /** Which organization a resource is of, as long as one of its clients lists it among its audiences. RFC 8707 */
    resource: c.table(
      'resources',
      {
        identifier: c.text('identifier').primaryKey(), // as it is in `aud`, character by character
        organizationId: c
          .text('organization_id')
          .notNull()
          .references(() => ref.organization.id, { onDelete: 'cascade' }),
        createdAt: c.instant('created_at').notNull(),
      },
      (t) => [c.index('resources_organization_id').on(t.organizationId)],
    ),
    /** Lets whoever holds it register clients for an organization. RFC 7591 §3 */
    initialAccessToken: c.table(
      'initial_access_tokens',
      {
        id: c.text('id').primaryKey(),
        organizationId: c
          .text('organization_id')
          .notNull()
          .references(() => ref.organization.id, { onDelete: 'cascade' }),
        digest: c.bytes('digest').notNull(), // SHA-256 of the token, 32 bytes
        usesLeft: c.int('uses_left').notNull(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.uniqueIndex('initial_access_tokens_digest').on(t.digest),
        c.index('initial_access_tokens_organization_id').on(t.organizationId),
        c.index('initial_access_tokens_expires_at').on(t.expiresAt),
      ],
    ),
  }
}

export type ClientTables = ReturnType<typeof defineClientTables>
