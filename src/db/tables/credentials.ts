import type { SignInMethod } from '../../kernel/index.ts'
import type { Columns } from '../columns.postgres.ts'
import type { UserTables } from './users.ts'

export const defineCredentialTables = (c: Columns, ref: UserTables) => {
  const userId = () =>
    c
      .text('user_id')
      .notNull()
      .references(() => ref.user.id, { onDelete: 'cascade' })
  return {
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
        purpose: c
          .text('purpose')
          .$type<'verify_email' | 'change_email' | 'reset_password' | 'recovery'>()
          .notNull(),
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
    /** An authenticator app, one a user. It counts once it is verified. RFC 6238. */
    totpCredential: c.table('totp_credentials', {
      userId: c
        .text('user_id')
        .primaryKey()
        .references(() => ref.user.id, { onDelete: 'cascade' }),
      secret: c.bytes('secret').notNull(), // 20 bytes, sealed by the keyring for this row
      offeredSecret: c.bytes('offered_secret'), // the same, of the app that is being enrolled; takes over by a code
      lastStep: c.int('last_step').notNull(), // of the last accepted code: no code counts twice
      createdAt: c.instant('created_at').notNull(),
      verifiedAt: c.instant('verified_at'), // null: enrolment is not finished
      lastUsedAt: c.instant('last_used_at'),
    }),
    /** Spent by deleting the row. */
    backupCode: c.table(
      'backup_codes',
      {
        userId: userId(),
        digest: c.bytes('digest').notNull(), // HMAC-SHA-256 under a key of this instance, 32 bytes
        createdAt: c.instant('created_at').notNull(),
      },
      (t) => [c.primaryKey({ columns: [t.userId, t.digest] })],
    ),
    /** Passkeys and security keys. Web Authentication Level 3 §4, credential record. */
    webauthnCredential: c.table(
      'webauthn_credentials',
      {
        id: c.text('id').primaryKey(),
        userId: userId(),
        credentialId: c.text('credential_id').notNull(), // base64url, as the browser says it
        publicKey: c.bytes('public_key').notNull(), // COSE_Key
        signCount: c.int('sign_count').notNull(),
        transports: c.json<readonly string[]>('transports').notNull(),
        aaguid: c.text('aaguid').notNull(),
        isAttested: c.flag('is_attested').notNull(), // the model (AAGUID) was vouched for by its maker
        isMultiDevice: c.flag('is_multi_device').notNull(), // may be synced
        isBackedUp: c.flag('is_backed_up').notNull(),
        isDiscoverable: c.flag('is_discoverable'), // null: the browser did not say
        name: c.text('name').notNull(),
        createdAt: c.instant('created_at').notNull(),
        lastUsedAt: c.instant('last_used_at'),
      },
      (t) => [
        c.uniqueIndex('webauthn_credentials_credential_id').on(t.credentialId),
        c.index('webauthn_credentials_user_id').on(t.userId, t.id),
      ],
    ),
    /** What a browser was asked to sign. Spent by deleting the row. */
    webauthnChallenge: c.table(
      'webauthn_challenges',
      {
        digest: c.bytes('digest').primaryKey(), // SHA-256 of the challenge, 32 bytes
        purpose: c
          .text('purpose')
          .$type<'registration' | 'second_factor' | 'passkey' | 'step_up'>()
          .notNull(),
        boundTo: c.text('bound_to'), // a user (registration, step-up) or a sign-in attempt; null for a passkey
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [c.index('webauthn_challenges_expires_at').on(t.expiresAt)],
    ),
    /** Somebody who has proved a first factor and owes a second. Spent by deleting the row. */
    signInAttempt: c.table(
      'sign_in_attempts',
      {
        id: c.text('id').primaryKey(),
        userId: userId(),
        digest: c.bytes('digest').notNull(), // SHA-256 of the mfa_token, 32 bytes
        method: c.text('method').$type<SignInMethod>().notNull(), // how it began
        amr: c.json<readonly string[]>('amr').notNull(), // what is proved already
        isRemembered: c.flag('is_remembered').notNull(),
        failures: c.int('failures').notNull(), // wrong codes so far
        createdAt: c.instant('created_at').notNull(),
        expiresAt: c.instant('expires_at').notNull(),
      },
      (t) => [
        c.uniqueIndex('sign_in_attempts_digest').on(t.digest),
        c.index('sign_in_attempts_user_id').on(t.userId),
        c.index('sign_in_attempts_expires_at').on(t.expiresAt),
      ],
    ),
    /** Wrong codes since the last right one. Whoever gets to try them knows the password already. */
    secondFactorFailure: c.table(
      'second_factor_failures',
      {
        userId: userId(),
        isKnownDevice: c.flag('is_known_device').notNull(), // counted apart, so that a stranger does not lock the owner out
        failures: c.int('failures').notNull(),
        nextTryAt: c.instant('next_try_at').notNull(), // no code is looked at before
      },
      (t) => [c.primaryKey({ columns: [t.userId, t.isKnownDevice] })],
    ),
  }
}
