import { and, eq, isNotNull } from 'drizzle-orm'
import type { Config } from '../config/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import { addSeconds, constantTimeEqual, createToken, hmacSha256, utf8 } from '../kernel/index.ts'
import { deriveKey } from '../keys/index.ts'

/** Of a secret that is being replaced, how long it goes on working unless said otherwise, and at most. */
export const SECRET_OVERLAP_SECONDS = 86_400
export const MAX_SECRET_OVERLAP_SECONDS = 30 * 86_400

/** Beside those that every secret has. */
const SIGNING_BYTES = 32

export interface NewSecret {
  readonly clientId: string
  /** Whether it must come back, because the client signs with it (`client_secret_jwt`). OpenID Connect Core §9 */
  readonly isSigning: boolean
  /** In place of a new one of 256 random bits, or 512 for signing: for sample data only. */
  readonly secret?: string | undefined
}

/** Adds a secret and returns it, for the only time. */
export async function addSecret(ctx: WriteCtx, { clientId, isSigning, secret }: NewSecret): Promise<string> {
  // As long as what HS512 makes, and longer: RFC 7518 §3.2
  const more = isSigning ? ctx.random.bytes(SIGNING_BYTES) : undefined
  const text = secret ?? createToken('clientSecret', ctx.random, more)
  const id = ctx.newId()
  await ctx.tx.insert(ctx.tx.t.clientSecret).values({
    id,
    clientId,
    digest: firstDigest(ctx.config, text),
    sealed: isSigning ? ctx.keyring.seal(utf8(text), placeOfSecret(id)) : null,
    createdAt: ctx.now,
    expiresAt: null,
  })
  return text
}

/**
 * Replaces a client's secret: the one that was valid until now goes on for `overlapSeconds`, any older one ends.
 * The caller holds the lock on the client's row, so that two replacements do not leave three secrets.
 */
export async function replaceSecret(
  ctx: WriteCtx,
  { overlapSeconds, ...input }: NewSecret & { readonly overlapSeconds: number },
): Promise<string> {
  const { clientSecret } = ctx.tx.t
  const isOfClient = eq(clientSecret.clientId, input.clientId)
  await ctx.tx
    .delete(clientSecret)
    .where(overlapSeconds > 0 ? and(isOfClient, isNotNull(clientSecret.expiresAt)) : isOfClient)
  await ctx.tx
    .update(clientSecret)
    .set({ expiresAt: addSeconds(ctx.now, overlapSeconds) })
    .where(isOfClient)
  return addSecret(ctx, input)
}

export interface SecretMatch {
  readonly secretId: string
  /** The digest to store instead, where the key that made it is on its way out. */
  readonly newDigest: Uint8Array | undefined
}

/** Which of a client's live secrets was presented. Every one is compared, whole, whatever is presented. */
export function matchSecret(
  secrets: readonly Row<'clientSecret'>[],
  presented: string,
  { now, config }: { readonly now: Date; readonly config: Config },
): SecretMatch | undefined {
  const [first, ...older] = digests(config, presented)
  if (!first) return undefined
  let match: SecretMatch | undefined
  for (const secret of secrets) {
    const isCurrent = constantTimeEqual(secret.digest, first)
    const isOlder = older.some((digest) => constantTimeEqual(secret.digest, digest))
    const isLive = secret.expiresAt === null || secret.expiresAt > now
    if (isLive && (isCurrent || isOlder))
      match = { secretId: secret.id, newDigest: isCurrent ? undefined : first }
  }
  return match
}

/** What a secret is sealed for. */
export const placeOfSecret = (id: string): string => `client_secrets.sealed:${id}`

/**
 * HMAC under a key that is not in the database: a secret has 256 random bits, so nothing slower is needed, and
 * whoever only reads the table cannot even check a guess.
 */
const digests = (config: Config, secret: string): readonly Uint8Array[] =>
  keysOf(config).map((key) => hmacSha256(key, secret))

function firstDigest(config: Config, secret: string): Uint8Array {
  const [digest] = digests(config, secret)
  if (!digest) throw new Error('There is no SECRET_KEY to derive a key from')
  return digest
}

/** Derived once for each configuration: a derivation takes longer than an HMAC. */
const derived = new WeakMap<Config, readonly Uint8Array[]>()

function keysOf(config: Config): readonly Uint8Array[] {
  const known = derived.get(config)
  if (known) return known
  const keys = config.secretKeys.map((secret) => deriveKey(secret, 'authy2 client secret'))
  derived.set(config, keys)
  return keys
}
