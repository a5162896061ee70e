import { and, desc, eq, gt, isNull, lt, lte, or } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { MAX_SIGNED_TOKEN_SECONDS } from '../config/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { addSeconds, DAY } from '../kernel/index.ts'
import type { SigningAlgorithm } from '../protocol/oauth/index.ts'
import type { GeneratedKey } from './generate-signing-key.ts'

/** So long before it signs is a key published: longer than any relying party keeps a set of keys. */
const PUBLISHED_AHEAD_SECONDS = DAY
/** As long as instances need to see a key that replaces one which is no longer trusted. */
const EMERGENCY_SECONDS = 15
/** Beyond the last token: the ID token of a remembered session still says whom to sign out. */
const KEPT_SECONDS = Math.max(30 * DAY, 2 * MAX_SIGNED_TOKEN_SECONDS)

export type SigningKeyState = 'next' | 'active' | 'retired' | 'removed'

export function signingKeyState(key: Row<'signingKey'>, now: Date): SigningKeyState {
  if (key.removeAfter && key.removeAfter <= now) return 'removed'
  if (key.retiredAt && key.retiredAt <= now) return 'retired'
  return key.activeFrom <= now ? 'active' : 'next'
}

/** All keys that are or will be of use, the newest of each algorithm first. */
export async function listSigningKeys({ reader, now }: ReadCtx): Promise<readonly Row<'signingKey'>[]> {
  const { signingKey } = reader.t
  const rows = await reader
    .select()
    .from(signingKey)
    .orderBy(signingKey.algorithm, desc(signingKey.generation))
  return rows.filter((row) => signingKeyState(row, now) !== 'removed')
}

/** Makes `key` the first of its algorithm, which signs at once; nothing where there is one. */
export async function createFirstKey(ctx: WriteCtx, key: GeneratedKey): Promise<void> {
  const row = await insertKey(ctx, key, { generation: 1, activeFrom: ctx.now })
  if (row) await recordOf(ctx, 'signing_key.create', row)
}

/**
 * Makes each key the successor of the newest one of its algorithm, and returns those that became it: none where a
 * successor is waiting already or somebody else has just made one. Because of a compromise, all keys of the algorithm
 * go along that were before: they are trusted no longer than it takes to replace them.
 */
export async function succeed(
  ctx: WriteCtx,
  keys: readonly GeneratedKey[],
  isCompromised: boolean,
): Promise<readonly Row<'signingKey'>[]> {
  const activeFrom = addSeconds(ctx.now, isCompromised ? EMERGENCY_SECONDS : PUBLISHED_AHEAD_SECONDS)
  const rows: Row<'signingKey'>[] = []
  for (const key of keys) {
    const newest = await newestKey(ctx, key.algorithm)
    if (!newest || (newest.activeFrom > ctx.now && newest.activeFrom <= activeFrom)) continue
    const row = await insertKey(ctx, key, { generation: newest.generation + 1, activeFrom })
    if (!row) continue
    const replaced = await retireBefore(ctx, row, isCompromised)
    await recordOf(ctx, 'signing_key.rotate', row, {
      is_compromised: isCompromised,
      [isCompromised ? 'distrusted' : 'retired']: replaced,
    })
    rows.push(row)
  }
  return rows
}

/** Whether the newest key of an algorithm should get a successor, so that none signs for longer than configured. */
export async function isSuccessorDue(ctx: ReadCtx, algorithm: SigningAlgorithm): Promise<boolean> {
  const newest = await newestKey(ctx, algorithm)
  const days = ctx.config.oidc.keyRotationDays
  return (
    newest !== undefined && addSeconds(newest.activeFrom, days * DAY - PUBLISHED_AHEAD_SECONDS) <= ctx.now
  )
}

/** Deletes the keys that no valid token is signed with, private part and all. Returns how many. */
export async function removeSpentKeys(ctx: WriteCtx): Promise<number> {
  const { signingKey } = ctx.tx.t
  const gone = await ctx.tx.delete(signingKey).where(lte(signingKey.removeAfter, ctx.now)).returning()
  for (const row of gone) await recordOf(ctx, 'signing_key.remove', row)
  return gone.length
}

/** What a private key is sealed for: moved to another row it does not open. */
export const placeOfPrivateKey = (id: string): string => `signing_keys.private_key:${id}`

/** Of several at once with the same generation one is inserted. */
async function insertKey(
  { tx, now, keyring }: WriteCtx,
  { id, algorithm, publicJwk, privateKey }: GeneratedKey,
  place: { generation: number; activeFrom: Date },
): Promise<Row<'signingKey'> | undefined> {
  const { signingKey } = tx.t
  const [row] = await tx
    .insert(signingKey)
    .values({
      id,
      algorithm,
      publicJwk,
      privateKey: keyring.seal(privateKey, placeOfPrivateKey(id)),
      publishedAt: now,
      retiredAt: null,
      removeAfter: null,
      ...place,
    })
    .onConflictDoNothing({ target: [signingKey.algorithm, signingKey.generation] })
    .returning()
  return row
}

async function newestKey(
  { reader }: ReadCtx,
  algorithm: SigningAlgorithm,
): Promise<Row<'signingKey'> | undefined> {
  const { signingKey } = reader.t
  const [newest] = await reader
    .select()
    .from(signingKey)
    .where(eq(signingKey.algorithm, algorithm))
    .orderBy(desc(signingKey.generation))
    .limit(1)
  return newest
}

/** Returns the ids of the keys that this ends: of a compromise all that somebody could verify by, else the last one. */
async function retireBefore(
  { tx }: WriteCtx,
  { algorithm, generation, activeFrom }: Row<'signingKey'>,
  isCompromised: boolean,
): Promise<readonly string[]> {
  const { signingKey } = tx.t
  const removeAfter = isCompromised ? activeFrom : addSeconds(activeFrom, KEPT_SECONDS)
  const rows = await tx
    .update(signingKey)
    .set({ retiredAt: activeFrom, removeAfter })
    .where(
      and(
        eq(signingKey.algorithm, algorithm),
        lt(signingKey.generation, generation),
        // None that has been distrusted before comes back by this.
        isCompromised
          ? or(isNull(signingKey.removeAfter), gt(signingKey.removeAfter, activeFrom))
          : isNull(signingKey.retiredAt),
      ),
    )
    .returning({ id: signingKey.id })
  return rows.map(({ id }) => id)
}

async function recordOf(
  ctx: WriteCtx,
  action: 'signing_key.create' | 'signing_key.rotate' | 'signing_key.remove',
  { id, algorithm }: Row<'signingKey'>,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await record(ctx, { action, target: { type: 'signing_key', id }, details: { algorithm, ...details } })
}
