import type { SigningAlgorithm } from '../../protocol/oauth/index.ts'
import type { Columns } from '../columns.postgres.ts'

export const defineSigningKeyTables = (c: Columns) => ({
  /**
   * What tokens are signed with. The times alone say what a key is for, so that all instances agree without a
   * word: it signs from `activeFrom` until `retiredAt`, and is published from its creation until `removeAfter`.
   */
  signingKey: c.table(
    'signing_keys',
    {
      id: c.text('id').primaryKey(), // the key id: its thumbprint, RFC 7638
      algorithm: c.text('algorithm').$type<SigningAlgorithm>().notNull(),
      generation: c.int('generation').notNull(), // 1, 2, …: of several rotations at once one gets the number
      publicJwk: c.json<Readonly<Record<string, string>>>('public_jwk').notNull(),
      privateKey: c.bytes('private_key').notNull(), // PKCS #8, sealed by the keyring
      publishedAt: c.instant('published_at').notNull(),
      activeFrom: c.instant('active_from').notNull(),
      retiredAt: c.instant('retired_at'), // once a successor is published
      removeAfter: c.instant('remove_after'), // no token that it signed is valid any longer
    },
    (t) => [c.uniqueIndex('signing_keys_generation').on(t.algorithm, t.generation)],
  ),
})
