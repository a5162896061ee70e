import { and, eq, isNull } from 'drizzle-orm'
import { record } from '../../audit/index.ts'
import { isFapiClient } from '../../clients/index.ts'
import { placeholder, placeholderValue, type Row, type WriteCtx } from '../../db/index.ts'
import { addSeconds, base64url, createToken, utf8 } from '../../kernel/index.ts'
import { invalidGrant, narrowedScope, type OAuthError } from '../../protocol/oauth/index.ts'
import { narrowedResources } from '../audience.ts'
import { auditedFor } from '../audited-client.ts'
import type { Recipient } from '../authorization.ts'
import { requireEntitlement } from '../entitlement.ts'
import { endFamily } from '../family.ts'
import { issueTokens, prepareIssuance } from '../issue-tokens.ts'
import { findRefreshToken, findRefreshTokenAgain, issueRefreshToken } from '../refresh-token.ts'
import type { Grant } from './grant.ts'

/** How long an answer that got lost can be asked for again. */
const RETRY_SECONDS = 10

/**
 * Exchanges a refresh token for new tokens and its successor. Presenting one that was used ends its whole family: one
 * of the two who have it is a thief. Save for a retry within ten seconds, which gets the same successor: its answer
 * got lost. A client of the FAPI 2.0 Security Profile goes on with the one that it has: §5.3.2.1 there forbids to replace
 * it. RFC 6749 §6, RFC 9700 §4.14.2
 */
export const refreshToken: Grant<'refresh_token'> = async (ctx, { request, client, keys, thumbprint }) => {
  const recipient = { client, keys, thumbprint }
  const presented = request.refreshToken
  const token = await findRefreshToken(ctx, presented)
  if (token?.clientId !== client.id) throw unknownToken()
  if (token.expiresAt <= ctx.now) throw invalidGrant('The refresh token has expired.')
  if (token.dpopJkt !== null && token.dpopJkt !== thumbprint) {
    throw invalidGrant('The refresh token is bound to another key than that of the DPoP proof.')
  }
  const authorized = {
    ...recipient,
    authorization: token,
    scope: narrowedScope(request.scope, token.scopes),
    resources: narrowedResources(request.resources, token.resources),
  }
  // One that was used hardly ever gets anything.
  const issuance = token.rotatedAt ? authorized : await prepareIssuance(ctx, authorized)
  return async (ctx) => {
    const user = await requireEntitlement(ctx, client, token)
    const successor = await succeed(ctx, recipient, { token, presented })
    if (successor === undefined) return refuseReuse(ctx, recipient, token)
    return issueTokens(ctx, { ...issuance, user, refreshToken: successor })
  }
}

const unknownToken = () => invalidGrant('The refresh token is not valid.')

/**
 * The refresh token that takes this one's place; undefined where it is used by somebody who should not have it. Throws
 * invalid_grant for one that has ended since it was found.
 */
async function succeed(
  ctx: WriteCtx,
  recipient: Recipient,
  { token, presented }: { readonly token: Row<'refreshToken'>; readonly presented: string },
): Promise<string | undefined> {
  if (token.rotatedAt) return findSuccessor(ctx, token)
  if (isFapiClient(recipient.client.metadata)) {
    // Of no use to who stole it without the client's key; and an answer that got lost would end the sign-in.
    if (await findRefreshTokenAgain(ctx, token)) return presented
    throw unknownToken()
  }
  const text = createToken('refresh', ctx.random)
  if (await rotate(ctx, token, text)) {
    const { expiresAt, dpopJkt } = token
    await issueRefreshToken(ctx, recipient, { ...token, succession: { text, expiresAt, dpopJkt } })
    return text
  }
  const rotated = await findRefreshTokenAgain(ctx, token) // somebody was faster
  if (!rotated) throw unknownToken()
  return findSuccessor(ctx, rotated)
}

const placeOfSuccessor = ({ digest }: Pick<Row<'refreshToken'>, 'digest'>): string =>
  `refresh_tokens.successor:${base64url(digest)}`

/** Of several at once exactly one is told true. */
async function rotate(ctx: WriteCtx, presented: Row<'refreshToken'>, successor: string): Promise<boolean> {
  const rotated = await ctx.tx
    .prepared('oidc.rotate', ({ update, t: { refreshToken: token } }) =>
      update(token)
        .set({
          rotatedAt: placeholderValue('now', token.rotatedAt),
          successor: placeholderValue('successor', token.successor),
        })
        .where(and(eq(token.digest, placeholder('digest')), isNull(token.rotatedAt)))
        .returning({ familyId: token.familyId }),
    )
    .execute({
      digest: presented.digest,
      now: ctx.now,
      successor: ctx.keyring.seal(utf8(successor), placeOfSuccessor(presented)),
    })
  return rotated.length === 1
}

/** What a retry gets: only in time, and only while nobody has used it, for then its answer did not get lost. */
async function findSuccessor(ctx: WriteCtx, presented: Row<'refreshToken'>): Promise<string | undefined> {
  const { rotatedAt, successor } = presented
  if (!rotatedAt || !successor || addSeconds(rotatedAt, RETRY_SECONDS) <= ctx.now) return undefined
  const text = Buffer.from(ctx.keyring.open(successor, placeOfSuccessor(presented))).toString()
  const row = await findRefreshToken(ctx, text)
  return row && row.rotatedAt === null ? text : undefined
}

async function refuseReuse(
  ctx: WriteCtx,
  { client }: Recipient,
  token: Row<'refreshToken'>,
): Promise<OAuthError> {
  await endFamily(ctx, token.familyId)
  await record(ctx, {
    action: 'oidc.refresh_reuse',
    outcome: 'failure',
    target: { type: 'user', id: token.userId },
    ...auditedFor(client),
    details: { client_id: client.id },
  })
  return invalidGrant('The refresh token was used before.')
}
