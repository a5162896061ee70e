import { and, eq, gt } from 'drizzle-orm'
import { type StoredClient, storeDocumentClient } from '../clients/index.ts'
import type { ReadCtx, WriteCtx } from '../db/index.ts'
import { addSeconds, base64url, sha256 } from '../kernel/index.ts'
import { type AuthorizationRequest, PUSHED_REQUEST_PREFIX } from '../protocol/oidc/index.ts'
import { INTERACTION_SECONDS } from './interaction-store.ts'

/** Long enough to send the browser over, and no longer. RFC 9126 §2.2 */
export const PUSHED_REQUEST_SECONDS = 90

/** Keeps a request and returns what it is called by: 256 random bits, of which the digest is stored. RFC 9126 §2.2, §7.1 */
export async function keepPushedRequest(
  ctx: WriteCtx,
  client: StoredClient,
  request: AuthorizationRequest,
): Promise<string> {
  await storeDocumentClient(ctx, client)
  const reference = PUSHED_REQUEST_PREFIX + base64url(ctx.random.bytes(32))
  await ctx.tx.insert(ctx.tx.t.pushedRequest).values({
    digest: sha256(reference),
    clientId: client.id,
    request,
    createdAt: ctx.now,
    // It is there for as long as somebody can be on the way with it.
    expiresAt: addSeconds(ctx.now, PUSHED_REQUEST_SECONDS + INTERACTION_SECONDS),
  })
  return reference
}

/**
 * A pushed request of this client; undefined for one that is unknown, expired, answered or another's. It stays until it
 * is answered: who reloads the page or comes back to it has not used it yet. RFC 9126 §4, FAPI 2.0 §5.3.2.2
 */
export async function findPushedRequest(
  { reader, now }: ReadCtx,
  { clientId, reference }: { readonly clientId: string; readonly reference: string },
): Promise<AuthorizationRequest | undefined> {
  const { pushedRequest } = reader.t
  const digest = sha256(reference)
  const [row] = await reader
    .select()
    .from(pushedRequest)
    .where(
      and(
        eq(pushedRequest.digest, digest),
        eq(pushedRequest.clientId, clientId),
        gt(pushedRequest.createdAt, addSeconds(now, -PUSHED_REQUEST_SECONDS)),
      ),
    )
  return row && { ...row.request, pushedAs: base64url(digest) }
}

/**
 * Spends what a request was pushed as, with its answer: of several answers one is told true. Also past its
 * ninety seconds: who began in time may finish.
 */
export async function consumePushedRequest(
  { tx }: WriteCtx,
  { pushedAs }: Pick<AuthorizationRequest, 'pushedAs'>,
): Promise<boolean> {
  if (pushedAs === undefined) return true
  const { pushedRequest } = tx.t
  const spent = await tx
    .delete(pushedRequest)
    .where(eq(pushedRequest.digest, new Uint8Array(Buffer.from(pushedAs, 'base64url'))))
    .returning({ digest: pushedRequest.digest })
  return spent.length === 1
}
