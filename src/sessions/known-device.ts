import { and, eq, or } from 'drizzle-orm'
import { placeholder, placeholderValue, type ReadCtx, type WriteCtx } from '../db/index.ts'
import { createToken, sha256, tokenDigest } from '../kernel/index.ts'
import { deviceName } from './device-name.ts'

export interface Device {
  readonly userId: string
  /** What the device's cookie holds, or anything at all that a stranger put there. */
  readonly token: string | undefined
}

/**
 * Whether this user has signed in from here before: by a device that holds the cookie given to it then, or from
 * the same address with a program of the same name. Costs the same query for users who do not exist.
 */
export async function isKnownDevice(ctx: ReadCtx, device: Device): Promise<boolean> {
  const found = await findKnown(ctx, device)
  return found.isByToken || found.isByPlace
}

export interface RememberedDevice {
  /** `first` of this user ever: nothing to compare it with. */
  readonly novelty: 'known' | 'first' | 'new'
  /** For the device's cookie: the one that it presented, or a new one. Absent where the place is known. */
  readonly token: string | undefined
}

/**
 * Notes that the user has signed in from here. A device that shows no cookie of its own for this user is given
 * one, unless its place is known: programs without cookies would otherwise add a row at every sign-in. A cookie
 * that is not known is never taken over: it may be one that somebody else has planted and holds, too.
 */
export async function rememberDevice(ctx: WriteCtx, device: Device): Promise<RememberedDevice> {
  const { userId } = device
  const { isByToken, isByPlace } = await findKnown(ctx, device)
  const isKnown = isByToken || isByPlace
  const novelty = isKnown ? 'known' : (await hasDevices(ctx, userId)) ? 'new' : 'first'
  const token = isByToken ? device.token : isKnown ? undefined : createToken('device', ctx.random)
  const digests = [token === undefined ? undefined : sha256(token), isByToken ? undefined : placeDigest(ctx)]
  const seen = digests.flatMap((digest) => digest ?? [])
  for (const digest of seen) await noteSeen(ctx, userId, digest)
  return { novelty, token }
}

async function noteSeen(ctx: WriteCtx, userId: string, digest: Uint8Array): Promise<void> {
  const statement = ctx.tx.prepared('known_devices.seen', ({ insert, t: { knownDevice } }) =>
    insert(knownDevice)
      .values({
        userId: placeholderValue('userId', knownDevice.userId),
        digest: placeholderValue('digest', knownDevice.digest),
        firstSeenAt: placeholderValue('now', knownDevice.firstSeenAt),
        lastSeenAt: placeholderValue('now', knownDevice.lastSeenAt),
      })
      .onConflictDoUpdate({
        target: [knownDevice.userId, knownDevice.digest],
        set: { lastSeenAt: placeholderValue('now', knownDevice.lastSeenAt) },
      }),
  )
  await statement.execute({ userId, digest, now: ctx.now })
}

async function findKnown(ctx: ReadCtx, { userId, token }: Device) {
  const byToken = (token === undefined ? undefined : tokenDigest('device', token)) ?? NO_DIGEST
  const byPlace = placeDigest(ctx) ?? NO_DIGEST
  const statement = ctx.reader.prepared('known_devices.of_user', ({ select, t: { knownDevice } }) =>
    select({ digest: knownDevice.digest })
      .from(knownDevice)
      .where(
        and(
          eq(knownDevice.userId, placeholder('userId')),
          or(eq(knownDevice.digest, placeholder('byToken')), eq(knownDevice.digest, placeholder('byPlace'))),
        ),
      ),
  )
  const rows = await statement.execute({ userId, byToken, byPlace })
  const isIn = (digest: Uint8Array) => rows.some((row) => Buffer.compare(row.digest, digest) === 0)
  return { isByToken: isIn(byToken), isByPlace: isIn(byPlace) }
}

/** Is stored nowhere, and so never found. */
const NO_DIGEST = new Uint8Array(0)

/** An address and the kind of program there. Undefined where the address is not known: that is no place. */
function placeDigest({ request }: ReadCtx): Uint8Array | undefined {
  if (request?.address === undefined) return undefined
  return sha256(`${request.address}\0${deviceName(request.userAgent)}`)
}

async function hasDevices(ctx: ReadCtx, userId: string): Promise<boolean> {
  const { knownDevice } = ctx.reader.t
  const [any] = await ctx.reader
    .select({ userId: knownDevice.userId })
    .from(knownDevice)
    .where(eq(knownDevice.userId, userId))
    .limit(1)
  return any !== undefined
}
