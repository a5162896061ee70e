import { and, asc, eq } from 'drizzle-orm'
import type { ReadCtx, Row, WriteCtx } from '../../db/index.ts'
import { conflict, notFound } from '../../kernel/index.ts'
import { deviceName } from '../../sessions/index.ts'
import { authenticatorName } from './authenticator-name.ts'
import type { VerifiedRegistration } from './registration.ts'

export const MAX_CREDENTIALS = 20

interface OwnCredential {
  readonly userId: string
  readonly id: string
}

/** A user's passkeys and security keys, oldest first. */
export async function listCredentials(ctx: ReadCtx, userId: string): Promise<Row<'webauthnCredential'>[]> {
  const { webauthnCredential: c } = ctx.reader.t
  return ctx.reader.select().from(c).where(eq(c.userId, userId)).orderBy(asc(c.id))
}

/** Throws CONFLICT where a user has as many credentials as there may be. */
export function requireRoom(count: number): void {
  if (count < MAX_CREDENTIALS) return
  throw conflict(`You have ${MAX_CREDENTIALS} passkeys and security keys: remove one first.`, {
    max_credentials: MAX_CREDENTIALS,
  })
}

/**
 * Makes a verified credential one of the user's. Unnamed, it is called after its model, or else after the device that
 * it was made on. Throws CONFLICT for one that is somebody's already, and past twenty: in a serializable unit of work,
 * or of two at the same moment both get in.
 */
export async function storeCredential(
  ctx: WriteCtx,
  input: {
    readonly userId: string
    readonly verified: VerifiedRegistration
    readonly name?: string | undefined
  },
): Promise<Row<'webauthnCredential'>> {
  const { webauthnCredential } = ctx.tx.t
  const { userId, verified, name } = input
  const { isUserVerified: _, ...credential } = verified
  requireRoom(await ctx.tx.$count(webauthnCredential, eq(webauthnCredential.userId, userId)))
  const [stored] = await ctx.tx
    .insert(webauthnCredential)
    .values({
      ...credential,
      id: ctx.newId(),
      userId,
      name: name ?? authenticatorName(verified.aaguid) ?? deviceName(ctx.request?.userAgent),
      createdAt: ctx.now,
      lastUsedAt: null,
    })
    .onConflictDoNothing({ target: webauthnCredential.credentialId })
    .returning()
  if (!stored) throw conflict('This passkey or security key is registered already.')
  return stored
}

/** Throws NOT_FOUND, also for a credential of somebody else. */
export async function renameCredential(
  ctx: WriteCtx,
  { userId, id, name }: OwnCredential & { readonly name: string },
): Promise<Row<'webauthnCredential'>> {
  const { webauthnCredential: c } = ctx.tx.t
  const [renamed] = await ctx.tx
    .update(c)
    .set({ name })
    .where(and(eq(c.id, id), eq(c.userId, userId)))
    .returning()
  if (!renamed) throw notFound('Credential')
  return renamed
}

/** The same. What becomes of backup codes and policies is decided by the caller. */
export async function removeCredential(
  ctx: WriteCtx,
  { userId, id }: OwnCredential,
): Promise<Row<'webauthnCredential'>> {
  const { webauthnCredential: c } = ctx.tx.t
  const [removed] = await ctx.tx
    .delete(c)
    .where(and(eq(c.id, id), eq(c.userId, userId)))
    .returning()
  if (!removed) throw notFound('Credential')
  return removed
}

/** How a browser is told of a credential. Web Authentication Level 3 §5.8.3 */
export const descriptor = ({
  credentialId,
  transports,
}: Pick<Row<'webauthnCredential'>, 'credentialId' | 'transports'>) => ({
  type: 'public-key',
  id: credentialId,
  transports: [...transports],
})
