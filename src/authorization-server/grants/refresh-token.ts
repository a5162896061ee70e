import { record } from '../../audit/index.ts'
import type { Row, WriteCtx } from '../../db/index.ts'
import {
  grantableScope,
  invalidGrant,
  isFapiClient,
  narrowedScope,
  type OAuthError,
} from '../../protocol/oauth/index.ts'
import { narrowedResources, requireResources } from '../audience.ts'
import { auditedFor } from '../audited-client.ts'
import type { Recipient } from '../authorization.ts'
import { requireEntitlement } from '../entitlement.ts'
import { endFamily } from '../family.ts'
import { issueTokens, prepareIssuance } from '../issue-tokens.ts'
import {
  findRefreshToken,
  findRefreshTokenAgain,
  type PresentedRefreshToken,
  rotate,
  successorOf,
} from '../refresh-token.ts'
import { stillOpen } from '../still-open.ts'
import type { Grant } from './grant.ts'

/**
 * Exchanges a refresh token for new tokens and its successor. Presenting one that was used ends its whole family: one
 * of the two who have it is a thief. Save for a retry within ten seconds, which gets the same successor: its answer
 * got lost. A client of the FAPI 2.0 Security Profile goes on with the one that it has: §5.3.2.1 there forbids to replace
 * it. RFC 6749 §6, RFC 9700 §4.14.2
 */
export const refreshToken: Grant<'refresh_token'> = async (ctx, { request, client, keys, thumbprint }) => {
  const recipient = { client, keys, thumbprint }
  const found = await findRefreshToken(ctx, request.refreshToken)
  if (found?.row.clientId !== client.id) throw unknownToken()
  const { row: token, presented } = found
  if (token.expiresAt <= ctx.now) throw invalidGrant('The refresh token has expired.')
  if (token.dpopJkt !== null && token.dpopJkt !== thumbprint) {
    throw invalidGrant('The refresh token is bound to another key than that of the DPoP proof.')
  }
  const authorization = await stillOpen(ctx, client, { ...token, familyId: token.id })
  const authorized = {
    ...recipient,
    authorization,
    scope: grantableScope(narrowedScope(request.scope, token.scopes), authorization.scopes),
    resources: narrowedResources(request.resources, authorization.resources),
  }
  // One that was used hardly ever gets anything.
  const issuance = found.isCurrent ? await prepareIssuance(ctx, authorized) : authorized
  return async (ctx) => {
    const user = await requireEntitlement(ctx, client, authorization)
    await requireResources(ctx, client, { resources: authorized.resources, userId: user.id })
    const refreshToken = await succeed(ctx, recipient, presented)
    if (refreshToken === undefined) return refuseReuse(ctx, recipient, token)
    return issueTokens(ctx, { ...issuance, user, refreshToken })
  }
}

const unknownToken = () => invalidGrant('The refresh token is not valid.')

/**
 * The refresh token to go on with; undefined where this one is used by somebody who should not have it. Throws
 * invalid_grant where its family has ended since it was found.
 */
async function succeed(
  ctx: WriteCtx,
  { client }: Recipient,
  presented: PresentedRefreshToken,
): Promise<string | undefined> {
  // Of no use to who stole it without the client's key; and an answer that got lost would end the sign-in.
  const isKept = isFapiClient(client.metadata)
  const successor = isKept ? undefined : await rotate(ctx, presented)
  if (successor !== undefined) return successor
  const found = await findRefreshTokenAgain(ctx, presented)
  if (!found) throw unknownToken()
  return isKept && found.isCurrent ? presented.text : successorOf(ctx, found)
}

async function refuseReuse(
  ctx: WriteCtx,
  { client }: Recipient,
  token: Row<'refreshToken'>,
): Promise<OAuthError> {
  await endFamily(ctx, { ...token, familyId: token.id })
  await record(ctx, {
    action: 'oidc.refresh_reuse',
    outcome: 'failure',
    target: { type: 'user', id: token.userId },
    ...auditedFor(client),
    details: { client_id: client.id, grant: token.grantId, family: token.id },
  })
  return invalidGrant('The refresh token was used before.')
}
