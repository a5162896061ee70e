import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { StoredClient } from '../clients/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { sha256 } from '../kernel/index.ts'
import { invalidGrant, parseTokenReference } from '../protocol/oauth/index.ts'
import { accessTokenId } from './access-token.ts'
import { auditedFor } from './audited-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { ClientRequest } from './endpoint.ts'
import { endFamily } from './family.ts'
import { findRefreshToken } from './refresh-token.ts'

/**
 * Ends a token that its client has no more use for: of a refresh token all that came of the same authorization, an
 * access token alone. One that is unknown or over already is fine. RFC 7009 §2
 */
export function createRevocation(deps: AuthorizationServerDeps) {
  return async ({ client, parameters, origin }: ClientRequest) => {
    const { token } = parseTokenReference(parameters)
    await deps.write(origin, async (ctx) => {
      const ended =
        (await revokeRefreshToken(ctx, client, token)) ?? (await revokeAccessToken(ctx, client, token))
      if (!ended) return
      const { kind, userId } = ended
      await record(ctx, {
        action: 'oidc.revoke',
        target: userId === null ? { type: 'client', id: client.id } : { type: 'user', id: userId },
        ...auditedFor(client),
        details: { client_id: client.id, token_type: kind },
      })
    })
    return {}
  }
}

interface Ended {
  readonly kind: 'refresh_token' | 'access_token'
  readonly userId: string | null
}

async function revokeRefreshToken(
  ctx: WriteCtx,
  client: StoredClient,
  text: string,
): Promise<Ended | undefined> {
  const found = await findRefreshToken(ctx, text)
  if (!found) return undefined
  const { row } = found
  requireOwn(client, row)
  await endFamily(ctx, { ...row, familyId: row.id })
  return { kind: 'refresh_token', userId: row.userId }
}

async function revokeAccessToken(
  ctx: WriteCtx,
  client: StoredClient,
  text: string,
): Promise<Ended | undefined> {
  const { accessToken } = ctx.tx.t
  const id = accessTokenId(text)
  if (id === undefined) return undefined
  const isPresented = and(eq(accessToken.id, id), eq(accessToken.digest, sha256(text)))
  const [row] = await ctx.tx.select().from(accessToken).where(isPresented)
  if (!row) return undefined
  requireOwn(client, row)
  await ctx.tx.delete(accessToken).where(eq(accessToken.id, row.id))
  return { kind: 'access_token', userId: row.userId }
}

/** Who has somebody else's token is told so, and the token stays. RFC 7009 §2.1 */
function requireOwn(client: StoredClient, { clientId }: { readonly clientId: string }): void {
  if (clientId !== client.id) throw invalidGrant('The token was issued to another client.')
}
