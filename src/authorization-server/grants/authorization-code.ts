import { and, eq, isNull } from 'drizzle-orm'
import { record } from '../../audit/index.ts'
import { placeholder, placeholderValue, type ReadCtx, type Row, type WriteCtx } from '../../db/index.ts'
import { tokenDigest } from '../../kernel/index.ts'
import {
  type CodeChallenge,
  invalidGrant,
  invalidRequest,
  type OAuthError,
  verifyCodeChallenge,
} from '../../protocol/oauth/index.ts'
import { narrowedResources, requireResources } from '../audience.ts'
import { auditedFor } from '../audited-client.ts'
import type { Recipient } from '../authorization.ts'
import { requireEntitlement } from '../entitlement.ts'
import { endFamily, familyEnd } from '../family.ts'
import { issueTokens, prepareIssuance } from '../issue-tokens.ts'
import { stillOpen } from '../still-open.ts'
import type { Grant } from './grant.ts'

/**
 * Exchanges an authorization code, once. Everything that it is bound to is checked before it is spent, so that
 * nobody burns somebody else's by guessing at the rest; presenting one that is spent ends all that came of it. RFC
 * 6749 §4.1.3, RFC 9700 §4.5
 */
export const authorizationCode: Grant<'authorization_code'> = async (
  ctx,
  { request, client, keys, thumbprint },
) => {
  const recipient = { client, keys, thumbprint }
  const code = await findCode(ctx, request.code)
  // One answer for what is unknown and what is another client's.
  if (code?.clientId !== client.id) throw unknownCode()
  if (code.consumedAt) return (ctx) => refuseReuse(ctx, recipient, code)
  if (code.expiresAt <= ctx.now) throw invalidGrant('The code has expired.')
  checkRedirectUri(code, request.redirectUri)
  verifyCodeChallenge(challengeOf(code), request.codeVerifier)
  if (code.dpopJkt !== null && code.dpopJkt !== thumbprint) {
    throw invalidGrant('The code is bound to another key than that of the DPoP proof.')
  }
  const { nonce, ...authorization } = await stillOpen(ctx, client, code)
  const resources = narrowedResources(request.resources, authorization.resources)
  const issuance = await prepareIssuance(ctx, {
    ...recipient,
    authorization,
    scope: authorization.scopes,
    resources,
    nonce: nonce ?? undefined,
  })
  return async (ctx) => {
    const user = await requireEntitlement(ctx, client, authorization)
    await requireResources(ctx, client, { resources, userId: user.id })
    if (await consume(ctx, recipient, code)) return issueTokens(ctx, { ...issuance, user })
    if (await findCode(ctx, request.code)) return refuseReuse(ctx, recipient, code)
    throw unknownCode() // ended in between, with what it came of
  }
}

const unknownCode = () => invalidGrant('The code is not valid.')

async function findCode({ reader }: ReadCtx, text: string): Promise<Row<'authorizationCode'> | undefined> {
  const digest = tokenDigest('authorizationCode', text)
  if (!digest) return undefined
  const [row] = await reader
    .prepared('oidc.code', ({ select, t }) =>
      select()
        .from(t.authorizationCode)
        .where(eq(t.authorizationCode.digest, placeholder('digest'))),
    )
    .execute({ digest })
  return row
}

/** Of several at once exactly one is told true. From then on the code lasts as long as what comes of it can. */
async function consume(
  ctx: WriteCtx,
  { client }: Recipient,
  { digest }: Row<'authorizationCode'>,
): Promise<boolean> {
  const spent = await ctx.tx
    .prepared('oidc.consume_code', ({ update, t: { authorizationCode: code } }) =>
      update(code)
        .set({
          consumedAt: placeholderValue('now', code.consumedAt),
          expiresAt: placeholderValue('end', code.expiresAt),
        })
        .where(and(eq(code.digest, placeholder('digest')), isNull(code.consumedAt)))
        .returning({ familyId: code.familyId }),
    )
    .execute({ digest, now: ctx.now, end: familyEnd(ctx, client) })
  return spent.length === 1
}

/**
 * It ties the exchange to who asked for the code. So does a challenge, unless it is one that whoever reads the request
 * can meet, and OAuth 2.1 has it left out then. RFC 6749 §4.1.3, OAuth 2.1 §4.1.3
 */
function checkRedirectUri(code: Row<'authorizationCode'>, presented: string | undefined): void {
  if (presented === undefined) {
    if (code.codeChallengeMethod === 'S256') return
    throw invalidRequest('The parameter redirect_uri is missing.')
  }
  if (presented !== code.redirectUri) throw invalidGrant('The redirect URI is another one.')
}

const challengeOf = (code: Row<'authorizationCode'>): CodeChallenge | undefined =>
  code.codeChallenge === null || code.codeChallengeMethod === null
    ? undefined
    : { challenge: code.codeChallenge, method: code.codeChallengeMethod }

/** Two know the code, and which of them is the client nobody can tell. RFC 6749 §4.1.2 */
async function refuseReuse(
  ctx: WriteCtx,
  { client }: Recipient,
  code: Row<'authorizationCode'>,
): Promise<OAuthError> {
  await endFamily(ctx, code)
  await record(ctx, {
    action: 'oidc.code_reuse',
    outcome: 'failure',
    target: { type: 'user', id: code.userId },
    ...auditedFor(client),
    details: { client_id: client.id, grant: code.grantId, family: code.familyId },
  })
  return invalidGrant('The code was used before.')
}
