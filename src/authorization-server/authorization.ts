import type { StoredClient } from '../clients/index.ts'
import type { Row } from '../db/index.ts'
import type { SigningKey } from '../protocol/oauth/index.ts'

/** What a person has allowed a client, and how they had proved who they are when they did. */
export type Authorization = Pick<
  Row<'authorizationCode'>,
  | 'userId'
  | 'grantId'
  | 'familyId'
  | 'scopes'
  | 'resources'
  | 'claims'
  | 'sessionId'
  | 'authTime'
  | 'acr'
  | 'amr'
>

/** With `offline_access` what was issued outlives the session that it was asked for in. OpenID Connect Core 1.0 §11 */
export const isOffline = ({ scopes }: Pick<Authorization, 'scopes'>): boolean =>
  scopes.includes('offline_access')

/** What tokens are made with. Had before the transaction, which nothing may hold up. */
export interface IssuingKeys {
  /** Undefined: its access tokens are opaque. */
  readonly accessToken: SigningKey | undefined
  readonly idToken: SigningKey
  /** Undefined: its subjects are public. */
  readonly pairwise: Uint8Array | undefined
}

/** For whom tokens are issued, and by what. */
export interface Recipient {
  readonly client: StoredClient
  readonly keys: IssuingKeys
  /** Of the key that the tokens are bound to. */
  readonly thumbprint: string | undefined
}
