import type { StoredClient } from '../clients/index.ts'
import type { Row } from '../db/index.ts'
import { type ActiveToken, encodeIntrospection, parseTokenReference } from '../protocol/oauth/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { ClientRequest } from './endpoint.ts'
import { isEntitled } from './entitlement.ts'
import { findLiveToken } from './live-token.ts'
import { type FoundRefreshToken, findRefreshToken } from './refresh-token.ts'
import { type KeyChain, subjectOf } from './subject.ts'
import { isVisible } from './visibility.ts'

/**
 * Says whether a token is good at this moment, and what it stands for: to the client that it was issued to, and to the
 * resources that it is for. To anybody else it is as good as none. RFC 7662 §2
 */
export function createIntrospection(deps: AuthorizationServerDeps, keyChain: KeyChain) {
  /** As the client that the token was issued to knows the user, whoever asks. */
  const subject = async (asking: StoredClient, clientId: string, userId: string): Promise<string> => {
    const client = clientId === asking.id ? asking : await deps.clients.find(clientId)
    if (!client) throw new Error('A token without its client')
    const pairwise = keyChain.pairwiseKeyFor(client)
    return subjectOf(client, userId, { pairwise: pairwise && (await pairwise) })
  }

  async function describeAccessToken(asking: StoredClient, row: Row<'accessToken'>): Promise<ActiveToken> {
    return {
      scheme: row.dpopJkt === null ? 'Bearer' : 'DPoP',
      clientId: row.clientId,
      subject: row.userId === null ? row.clientId : await subject(asking, row.clientId, row.userId),
      scope: row.scopes,
      issuer: deps.config.oidc.issuer,
      audience: row.audience,
      tokenId: row.id,
      issuedAt: row.createdAt,
      expiresAt: row.expiresAt,
      thumbprint: row.dpopJkt ?? undefined,
    }
  }

  const describeRefreshToken = async (
    asking: StoredClient,
    row: Row<'refreshToken'>,
  ): Promise<ActiveToken> => ({
    scheme: undefined,
    clientId: row.clientId,
    subject: await subject(asking, row.clientId, row.userId),
    scope: row.scopes,
    issuer: deps.config.oidc.issuer,
    audience: [deps.config.oidc.issuer],
    tokenId: undefined,
    issuedAt: row.rotatedAt ?? row.createdAt,
    expiresAt: row.expiresAt,
    thumbprint: row.dpopJkt ?? undefined,
  })

  return async ({ client, parameters, origin }: ClientRequest) => {
    const { token } = parseTokenReference(parameters)
    const found = await deps.read(origin, async (ctx) => {
      const live = await findLiveToken(ctx.reader, token, ctx.now)
      if (live)
        return isVisible(client, live.row, deps.config) ? describeAccessToken(client, live.row) : undefined
      const refresh = await findRefreshToken(ctx, token)
      if (!refresh || !isUsable(refresh, client, ctx.now)) return undefined
      return (await isEntitled(ctx, client, refresh.row))
        ? describeRefreshToken(client, refresh.row)
        : undefined
    })
    return encodeIntrospection(found)
  }
}

const isUsable = ({ row, isCurrent }: FoundRefreshToken, client: StoredClient, now: Date): boolean =>
  row.clientId === client.id && isCurrent && row.expiresAt > now
