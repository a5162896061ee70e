import type { ReadCtx, WriteCtx } from '../../db/index.ts'
import type { SigningKeys } from '../../keys/index.ts'
import type { GrantType, OAuthError, TokenRequest } from '../../protocol/oauth/index.ts'
import type { Recipient } from '../authorization.ts'
import type { Issued } from '../issue-tokens.ts'

/**
 * Redeems a grant, in the one transaction of the exchange. A refusal that nothing follows from is thrown; one with
 * consequences (a family that ends) is returned, so that they are committed.
 */
export type Redeem = (ctx: WriteCtx) => Promise<Issued | OAuthError>

export interface Exchange<Type extends GrantType> extends Recipient {
  readonly request: Extract<TokenRequest, { grantType: Type }>
  readonly signingKeys: SigningKeys
}

/**
 * What of a grant can be done before the transaction, so that nobody waits for it there, and then how it is redeemed.
 * Of what was read before, only what never changes counts there; that it is still to be had, the transaction finds out.
 */
export type Grant<Type extends GrantType> = (
  ctx: ReadCtx,
  exchange: Exchange<Type>,
) => Redeem | Promise<Redeem>
