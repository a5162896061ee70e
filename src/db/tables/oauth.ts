import { isNotNull, sql } from 'drizzle-orm'
import type { AuthorizationRequest, ClaimsRequest } from '../../protocol/oidc/index.ts'
import type { Columns } from '../columns.postgres.ts'
import type { ClientTables } from './clients.ts'
import type { UserTables } from './users.ts'

export const defineOauthTables = (c: Columns, ref: UserTables & ClientTables) => {
  const userId = () => c.text('user_id').references(() => ref.user.id, { onDelete: 'cascade' })
  const clientId = () =>
    c
      .text('client_id')
      .notNull()
      .references(() => ref.client.id, { onDelete: 'cascade' })

  /** A user's consent and everything issued under it to one client. Revoking it deletes it, and all of that. */
  const grant = c.table(
    'grants',
    {
      id: c.text('id').primaryKey(),
      userId: userId().notNull(),
      clientId: clientId(),
      scopes: c.json<readonly string[]>('scopes').notNull(), // agreed to so far
      resources: c.json<readonly string[]>('resources').notNull().default(sql`'[]'`), // the same, of resources that tokens are for
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('grants_user_client').on(t.userId, t.clientId),
      c.index('grants_client_id').on(t.clientId, t.id),
    ],
  )
  const grantId = () => c.text('grant_id').references(() => grant.id, { onDelete: 'cascade' })

  /** Whose it is and whose client's: the grant's, with which it goes when either of them does. */
  const underGrant = () => ({
    clientId: c.text('client_id').notNull(),
    userId: c.text('user_id').notNull(),
    grantId: grantId().notNull(),
  })

  /** How the person was authenticated for it: of the session at that moment, since the session may end before. */
  const authentication = () => ({
    sessionId: c.text('session_id'), // no foreign key: tokens with offline_access outlive the session
    authTime: c.instant('auth_time').notNull(),
    acr: c.text('acr').notNull(),
    amr: c.json<readonly string[]>('amr').notNull(),
  })

  return {
    grant,
    /** What a client has pushed: parsed, its request object opened. RFC 9126 */
    pushedRequest: c.table(
      'pushed_requests',
      {
        digest: c.bytes('digest').primaryKey(), // SHA-256 of the request_uri's reference
        clientId: clientId(),
        request: c.json<AuthorizationRequest>('request').notNull(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.index('pushed_requests_client_id').on(t.clientId),
        c.index('pushed_requests_expires_at').on(t.expiresAt),
      ],
    ),
    /** An authorization request that waits for a person: resumable, bound to one browser. */
    interaction: c.table(
      'interactions',
      {
        id: c.text('id').primaryKey(),
        browserDigest: c.bytes('browser_digest').notNull(), // SHA-256 of the browser's interaction cookie
        clientId: clientId(),
        request: c.json<AuthorizationRequest>('request').notNull(),
        sessionId: c.text('session_id'), // that was begun or chosen for it
        freshAfter: c.instant('fresh_after'), // prompt=login and max_age: no sign-in before this will do
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.index('interactions_client_id').on(t.clientId),
        c.index('interactions_expires_at').on(t.expiresAt),
      ],
    ),
    /** Spent by setting consumedAt, and kept as long as what came of it, so that a second use ends that. RFC 6749 §4.1.2 */
    authorizationCode: c.table(
      'authorization_codes',
      {
        digest: c.bytes('digest').primaryKey(), // SHA-256 of the code
        ...underGrant(),
        familyId: c.text('family_id').notNull(), // of all tokens that come of it
        redirectUri: c.text('redirect_uri').notNull(),
        scopes: c.json<readonly string[]>('scopes').notNull(),
        resources: c.json<readonly string[]>('resources').notNull(),
        claims: c.json<ClaimsRequest>('claims'), // the claims parameter, parsed
        nonce: c.text('nonce'),
        codeChallenge: c.text('code_challenge'),
        codeChallengeMethod: c.text('code_challenge_method').$type<'S256' | 'plain'>(),
        dpopJkt: c.text('dpop_jkt'),
        ...authentication(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(), // once it is spent: with the last that can have come of it
        consumedAt: c.instant('consumed_at'),
      },
      (t) => [
        c.index('authorization_codes_expires_at').on(t.expiresAt),
        c.index('authorization_codes_grant_id').on(t.grantId),
      ],
    ),
    /**
     * The refresh token of each family, which is what came of one authorization: rotated at every use, by one update. A
     * token names its family, so that one that is not the family's own any more is known for a used one. RFC 9700 §4.14.2
     */
    refreshToken: c.table(
      'refresh_tokens',
      {
        id: c.text('id').primaryKey(), // the family's
        ...underGrant(),
        scopes: c.json<readonly string[]>('scopes').notNull(),
        resources: c.json<readonly string[]>('resources').notNull(),
        claims: c.json<ClaimsRequest>('claims'),
        dpopJkt: c.text('dpop_jkt'), // of a public client, which nothing else proves
        ...authentication(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(), // absolute: rotation does not move it
        digest: c.bytes('digest').notNull(), // SHA-256 of the token
        rotatedAt: c.instant('rotated_at'), // since when it is this one
        previousDigest: c.bytes('previous_digest'), // of the token that it was had for
        sealed: c.bytes('sealed'), // the token: for an identical retry within ten seconds
      },
      (t) => [
        c.index('refresh_tokens_grant_id').on(t.grantId),
        c.index('refresh_tokens_expires_at').on(t.expiresAt),
      ],
    ),
    /**
     * Every access token that was issued, a JWT too: others verify one without this row; here it is judged by the row,
     * so that it ends when its row does, and nothing has to be remembered of what was revoked.
     */
    accessToken: c.table(
      'access_tokens',
      {
        id: c.text('id').primaryKey(), // of a JWT its jti, which is ordered by time; else the digest, in hexadecimal
        digest: c.bytes('digest').notNull(), // SHA-256 of the token
        familyId: c.text('family_id'), // found by its grant
        clientId: clientId(),
        userId: userId(), // null: the client's own
        grantId: grantId(),
        sessionId: c.text('session_id'), // that it ends with; null: it outlives it, or there is none
        scopes: c.json<readonly string[]>('scopes').notNull(),
        audience: c.json<readonly string[]>('audience').notNull(),
        dpopJkt: c.text('dpop_jkt'),
        claims: c.json<ClaimsRequest>('claims'), // of the claims parameter, for userinfo
        authTime: c.instant('auth_time'),
        acr: c.text('acr'),
        amr: c.json<readonly string[]>('amr'),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        // A service's own tokens, of which there may be many, have none of these.
        c.index('access_tokens_user_id').on(t.userId).where(isNotNull(t.userId)),
        c.index('access_tokens_grant_id').on(t.grantId).where(isNotNull(t.grantId)),
        c.index('access_tokens_client_id').on(t.clientId),
        c.index('access_tokens_expires_at').on(t.expiresAt),
      ],
    ),
    /** A program without a browser that waits for a person. RFC 8628. */
    deviceAuthorization: c.table(
      'device_authorizations',
      {
        id: c.text('id').primaryKey(),
        deviceDigest: c.bytes('device_digest').notNull(), // SHA-256 of the device code
        userCode: c.text('user_code').notNull(), // normalised; short-lived, and worth nothing without a person
        clientId: clientId(),
        scopes: c.json<readonly string[]>('scopes').notNull(),
        resources: c.json<readonly string[]>('resources').notNull(),
        dpopJkt: c.text('dpop_jkt'),
        address: c.text('address'), // where the program asks from: shown to the person
        status: c.text('status').$type<'pending' | 'approved' | 'denied'>().notNull(),
        userId: userId(),
        grantId: grantId(),
        sessionId: c.text('session_id'),
        authTime: c.instant('auth_time'),
        acr: c.text('acr'),
        amr: c.json<readonly string[]>('amr'),
        intervalSeconds: c.int('interval_seconds').notNull(),
        lastPolledAt: c.instant('last_polled_at'),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.uniqueIndex('device_authorizations_device_digest').on(t.deviceDigest),
        c.uniqueIndex('device_authorizations_user_code').on(t.userCode),
        c.index('device_authorizations_client_id').on(t.clientId),
        c.index('device_authorizations_user_id').on(t.userId),
        c.index('device_authorizations_grant_id').on(t.grantId),
        c.index('device_authorizations_expires_at').on(t.expiresAt),
      ],
    ),
    /** Which clients a session has signed in to: those that are told when it ends. */
    clientSession: c.table(
      'client_sessions',
      {
        sessionId: c.text('session_id').notNull(), // no foreign key: they are told after it is gone
        clientId: clientId(),
        userId: userId().notNull(),
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(), // with its session
      },
      (t) => [
        c.primaryKey({ columns: [t.sessionId, t.clientId] }),
        c.index('client_sessions_client_id').on(t.clientId),
        c.index('client_sessions_user_id').on(t.userId),
        c.index('client_sessions_expires_at').on(t.expiresAt),
      ],
    ),
  }
}
