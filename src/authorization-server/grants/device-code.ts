import { and, eq } from 'drizzle-orm'
import type { StoredClient } from '../../clients/index.ts'
import type { Row, WriteCtx } from '../../db/index.ts'
import { addSeconds, tokenDigest } from '../../kernel/index.ts'
import {
  accessDenied,
  authorizationPending,
  expiredToken,
  invalidGrant,
  type OAuthError,
  slowDown,
} from '../../protocol/oauth/index.ts'
import { narrowedResources } from '../audience.ts'
import type { Authorization } from '../authorization.ts'
import { noteSignedIn } from '../authorization-code.ts'
import { requireEntitlement } from '../entitlement.ts'
import { issueTokens } from '../issue-tokens.ts'
import { stillOpen } from '../still-open.ts'
import type { Grant } from './grant.ts'

/** By how much a program that asks too often has to wait longer, from then on. RFC 8628 §3.5 */
const SLOWER_SECONDS = 5

/** Asks whether the person has answered on their own device; redeems the answer once. RFC 8628 §3.4, §3.5 */
export const deviceCode: Grant<'urn:ietf:params:oauth:grant-type:device_code'> =
  (_, { request, client, keys, thumbprint }) =>
  async (ctx) => {
    const device = await findDevice(ctx, request.deviceCode)
    if (device?.clientId !== client.id) throw invalidGrant('The device code is not valid.')
    if (device.expiresAt <= ctx.now) throw expiredToken('The device code has expired.')
    if (device.dpopJkt !== null && device.dpopJkt !== thumbprint) {
      throw invalidGrant('The device code is bound to another key than that of the DPoP proof.')
    }
    if (device.status === 'denied') throw accessDenied('The person has refused.')
    if (device.status === 'pending') return refuseYet(ctx, device)
    const authorization = await stillOpen(ctx, client, authorizationOf(device))
    const resources = narrowedResources(request.resources, authorization.resources)
    const user = await requireEntitlement(ctx, client, authorization)
    if (!(await consume(ctx, device))) throw invalidGrant('The device code was used before.')
    if (device.scopes.includes('openid')) await noteSession(ctx, client, device)
    const recipient = { client, keys, thumbprint }
    return issueTokens(ctx, { ...recipient, user, authorization, scope: authorization.scopes, resources })
  }

async function findDevice({ tx }: WriteCtx, text: string): Promise<Row<'deviceAuthorization'> | undefined> {
  const { deviceAuthorization } = tx.t
  const digest = tokenDigest('deviceCode', text)
  if (!digest) return undefined
  const [row] = await tx
    .select()
    .from(deviceAuthorization)
    .where(eq(deviceAuthorization.deviceDigest, digest))
  return row
}

async function refuseYet(
  { tx, now }: WriteCtx,
  { id, lastPolledAt, intervalSeconds }: Row<'deviceAuthorization'>,
): Promise<OAuthError> {
  const { deviceAuthorization } = tx.t
  const isTooSoon = lastPolledAt !== null && addSeconds(lastPolledAt, intervalSeconds) > now
  await tx
    .update(deviceAuthorization)
    .set({ lastPolledAt: now, intervalSeconds: intervalSeconds + (isTooSoon ? SLOWER_SECONDS : 0) })
    .where(eq(deviceAuthorization.id, id))
  return isTooSoon ? slowDown('Ask less often.') : authorizationPending('The person has not answered yet.')
}

/** Of several at once exactly one is told true. */
async function consume({ tx }: WriteCtx, { id }: Row<'deviceAuthorization'>): Promise<boolean> {
  const { deviceAuthorization } = tx.t
  const gone = await tx
    .delete(deviceAuthorization)
    .where(and(eq(deviceAuthorization.id, id), eq(deviceAuthorization.status, 'approved')))
    .returning({ id: deviceAuthorization.id })
  return gone.length === 1
}

/** Only now is the program told of the session, by the `sid` of its ID token. One that has ended is nobody's any more. */
async function noteSession(
  ctx: WriteCtx,
  client: StoredClient,
  { sessionId }: Row<'deviceAuthorization'>,
): Promise<void> {
  const { session } = ctx.tx.t
  if (sessionId === null) return
  const [held] = await ctx.tx.select().from(session).where(eq(session.id, sessionId))
  if (held) await noteSignedIn(ctx, { client, session: held })
}

/** What the person's approval has put into the row. */
function authorizationOf(device: Row<'deviceAuthorization'>): Authorization {
  const { id, userId, grantId, sessionId, authTime, acr, amr, scopes, resources } = device
  if (userId === null || grantId === null || !authTime || acr === null || !amr) {
    throw new Error('A device was approved without saying by whom')
  }
  return { userId, grantId, familyId: id, scopes, resources, claims: null, sessionId, authTime, acr, amr }
}
