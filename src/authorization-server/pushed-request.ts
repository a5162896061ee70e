import { and, eq, gt } from 'drizzle-orm'
import { type StoredClient, storeDocumentClient } from '../clients/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { addSeconds, base64url, sha256 } from '../kernel/index.ts'
import { type AuthorizationRequest, PUSHED_REQUEST_PREFIX } from '../protocol/oidc/index.ts'

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
    expiresAt: addSeconds(ctx.now, PUSHED_REQUEST_SECONDS),
  })
  return reference
}

/** Takes a pushed request of this client, once; undefined for one that is unknown, expired or another's. RFC 9126 §4 */
export async function takePushedRequest(
  ctx: WriteCtx,
  { clientId, reference }: { readonly clientId: string; readonly reference: string },
): Promise<AuthorizationRequest | undefined> {
  const { pushedRequest } = ctx.tx.t
  const [taken] = await ctx.tx
    .delete(pushedRequest)
    .where(
      and(
        eq(pushedRequest.digest, sha256(reference)),
        eq(pushedRequest.clientId, clientId), // else another client could burn it
        gt(pushedRequest.expiresAt, ctx.now),
      ),
    )
    .returning()
  return taken?.request
}
