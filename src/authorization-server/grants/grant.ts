import type { WriteCtx } from '../../db/index.ts'
import type { GrantType, OAuthError, TokenRequest } from '../../protocol/oauth/index.ts'
import type { Recipient } from '../authorization.ts'
import type { AuthorizationServerDeps } from '../deps.ts'
import type { Issued } from '../issue-tokens.ts'

/**
 * Redeems a grant, in the one transaction of the exchange. A refusal that nothing follows from is thrown; one with
 * consequences (a family that ends) is returned, so that they are committed.
 */
export type Redeem = (ctx: WriteCtx) => Promise<Issued | OAuthError>

/** What of a grant can be done before the transaction, and then how it is redeemed. */
export type Grant<Type extends GrantType> = (
  request: Extract<TokenRequest, { grantType: Type }>,
  recipient: Recipient,
  deps: AuthorizationServerDeps,
) => Redeem | Promise<Redeem>
