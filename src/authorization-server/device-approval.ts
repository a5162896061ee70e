import { and, eq, gt } from 'drizzle-orm'
import { type NewAuditEvent, record } from '../audit/index.ts'
import { isAdmitted, type StoredClient } from '../clients/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { Caller, RequestOrigin } from '../http/index.ts'
import { AppError, conflict, forbidden } from '../kernel/index.ts'
import { parseUserCode } from '../protocol/oauth/index.ts'
import { type Agreement, isShown, resourceDetails, resourcesToAgreeTo } from './agreement.ts'
import { judgeResources } from './audience.ts'
import { auditedClient } from './audited-client.ts'
import { findOrCreateGrant } from './authorization-code.ts'
import { NOT_ADMITTED } from './decide.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { findStanding } from './entitlement.ts'

/** A program that waits for a person, as they are shown it before they answer. RFC 8628 §3.3, §5.4 */
export interface WaitingDevice {
  readonly device: Row<'deviceAuthorization'>
  readonly client: StoredClient
  /** What the person is shown, and agrees to if they do. */
  readonly asks: Agreement
  /** Why this person may not let it in, if so. */
  readonly refusal: Refusal | undefined
}

/**
 * Looks a code up that somebody has typed. Counted for each person, since a code is short: throws
 * RATE_LIMIT_EXCEEDED for guessing, and NOT_FOUND for one that nothing waits for. RFC 8628 §5.1
 */
export async function getWaitingDevice(
  deps: AuthorizationServerDeps,
  origin: RequestOrigin,
  { caller, userCode }: { readonly caller: Caller; readonly userCode: string },
): Promise<WaitingDevice> {
  await deps.rateLimits.spend('userCode', `user:${caller.user.id}`)
  const device = await deps.read(origin, (ctx) => findWaiting(ctx, userCode))
  const client = device && (await deps.clients.find(device.clientId))
  if (!device || !client) throw noDevice()
  const asks = { scopes: device.scopes, resources: resourcesToAgreeTo(device.resources, deps.config) }
  const refusal = await deps.read(origin, (ctx) => findRefusal(ctx, { device, client }, caller))
  return { device, client, asks, refusal }
}

export interface DeviceAnswer {
  readonly caller: Caller
  readonly userCode: string
  /** What the person was shown and agrees to; undefined: they do not. */
  readonly shown: Agreement | undefined
}

/**
 * Answers for a device, once: of several answers the first counts, and NOT_FOUND is thrown to the others. Throws
 * CONFLICT where what it asks for is not what was shown, AUTHORIZATION_ERROR for who may not use the application, or
 * not for the resources that it names, which is recorded: somebody else may have sent them the code.
 */
export async function answerDevice(
  deps: AuthorizationServerDeps,
  origin: RequestOrigin,
  { caller, userCode, shown }: DeviceAnswer,
): Promise<WaitingDevice> {
  const waiting = await getWaitingDevice(deps, origin, { caller, userCode })
  const { device } = waiting
  const refusal = await deps.write(origin, async (ctx) => {
    const refused = shown && (await findRefusal(ctx, waiting, caller))
    if (!shown) await deny(ctx, device, caller)
    else if (!refused) await approve(ctx, waiting, { caller, shown })
    if (refused) await recordRefusal(ctx, waiting, refused)
    else await recordOf(ctx, waiting, { action: shown ? 'oidc.device_approve' : 'oidc.device_deny' })
    return refused
  })
  if (refusal) throw forbidden(refusal.message)
  return waiting
}

interface Refusal {
  /** In the audit log. */
  readonly reason: string
  readonly message: string
}

/** Notes that somebody could not let a device in: somebody else may have sent them the code. */
export const recordRefusal = (ctx: WriteCtx, waiting: WaitingDevice, { reason }: Refusal): Promise<void> =>
  recordOf(ctx, waiting, { action: 'oidc.device_approve', outcome: 'failure', reason })

const recordOf = (
  ctx: WriteCtx,
  { device, client }: WaitingDevice,
  event: Pick<NewAuditEvent, 'action' | 'outcome' | 'reason'>,
): Promise<void> =>
  record(ctx, {
    ...event,
    ...auditedClient(client),
    details: { scope: device.scopes, ...resourceDetails(device.resources) },
  })

/** Why this person may not let the device in, if so. */
async function findRefusal(
  ctx: ReadCtx,
  { device: { resources }, client }: Pick<WaitingDevice, 'device' | 'client'>,
  { user }: Caller,
): Promise<Refusal | undefined> {
  if (!isAdmitted(client, await findStanding(ctx, client, user.id))) {
    return { reason: NOT_ADMITTED, message: 'Its organization does not let you in to this application.' }
  }
  const { areOpen } = await judgeResources(ctx, client, { resources, userId: user.id })
  if (areOpen) return undefined
  const message = 'The resource that it names is not open to you by this application.'
  return { reason: 'invalid_target', message }
}

const deny = (ctx: WriteCtx, device: Row<'deviceAuthorization'>, { user }: Caller) =>
  decideOnce(ctx, device, { status: 'denied', userId: user.id })

async function approve(
  ctx: WriteCtx,
  { device, client, asks }: WaitingDevice,
  { caller, shown }: { readonly caller: Caller; readonly shown: Agreement },
): Promise<void> {
  const { user, credential } = caller
  if (credential.kind !== 'session') throw forbidden('Sign in to answer for a device.')
  if (!isShown(asks, shown)) {
    throw conflict('What the device asks for is not what was shown. Look at it again.')
  }
  const grant = await findOrCreateGrant(ctx, { client, userId: user.id, ...asks })
  const { session } = credential
  await decideOnce(ctx, device, {
    status: 'approved',
    userId: user.id,
    grantId: grant.id,
    sessionId: session.id,
    authTime: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
  })
}

async function decideOnce(
  ctx: WriteCtx,
  { id }: Row<'deviceAuthorization'>,
  outcome: Partial<Row<'deviceAuthorization'>>,
): Promise<void> {
  const { deviceAuthorization } = ctx.tx.t
  const [decided] = await ctx.tx
    .update(deviceAuthorization)
    .set(outcome)
    .where(
      and(
        eq(deviceAuthorization.id, id),
        eq(deviceAuthorization.status, 'pending'),
        gt(deviceAuthorization.expiresAt, ctx.now),
      ),
    )
    .returning({ id: deviceAuthorization.id })
  if (!decided) throw noDevice()
}

async function findWaiting(
  { reader, now }: ReadCtx,
  typed: string,
): Promise<Row<'deviceAuthorization'> | undefined> {
  const userCode = parseUserCode(typed)
  if (userCode === undefined) return undefined
  const { deviceAuthorization } = reader.t
  const [row] = await reader
    .select()
    .from(deviceAuthorization)
    .where(
      and(
        eq(deviceAuthorization.userCode, userCode),
        eq(deviceAuthorization.status, 'pending'),
        gt(deviceAuthorization.expiresAt, now),
      ),
    )
  return row
}

const noDevice = () =>
  new AppError('NOT_FOUND', 'No device waits with this code. Check it, or start again on the device.')
