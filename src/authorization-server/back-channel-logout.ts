import { z } from 'zod'
import { addSeconds } from '../kernel/index.ts'
import type { Outbound } from '../outbound/index.ts'
import { type OutboxHandler, PermanentFailure } from '../outbox/index.ts'
import { issuedAlgorithm } from '../protocol/oauth/index.ts'
import { logoutTokenClaims } from '../protocol/oidc/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { createKeyChain, sidOf, subjectOf } from './subject.ts'

export interface BackChannelDeps
  extends Pick<
    AuthorizationServerDeps,
    'read' | 'write' | 'log' | 'clock' | 'config' | 'clients' | 'signingKeys'
  > {
  readonly outbound: Outbound
}

/** As short as Back-Channel Logout 1.0 §2.4 recommends: each attempt has a token of its own. */
const LOGOUT_TOKEN_SECONDS = 120

const EndedSession = z.object({ sessionId: z.string(), clientId: z.string(), userId: z.string() })

/**
 * Delivers `back_channel.logout`: tells a client that one of its sessions is over. Tried again while the client cannot
 * be reached; one that refuses the token (400) would refuse it again. Back-Channel Logout 1.0 §2.5, §2.8
 */
export function backChannelLogout(deps: BackChannelDeps): OutboxHandler {
  const { clients, clock, config, signingKeys, outbound } = deps
  const keyChain = createKeyChain(deps)

  return async ({ id, payload }) => {
    const { sessionId, clientId, userId } = EndedSession.parse(payload)
    const client = await clients.find(clientId)
    const uri = client?.metadata.backchannel_logout_uri
    if (!client || uri === undefined) return
    const now = clock.now()
    const pairwise = await keyChain.pairwiseKeyFor(client)
    const claims = logoutTokenClaims({
      tokenId: id,
      issuer: config.oidc.issuer,
      clientId,
      subject: subjectOf(client, userId, { pairwise }),
      sessionId: sidOf(client, sessionId, { pairwise }),
      issuedAt: now,
      expiresAt: addSeconds(now, LOGOUT_TOKEN_SECONDS),
    })
    const algorithm = issuedAlgorithm(client.metadata, client.metadata.id_token_signed_response_alg)
    const token = await signingKeys.sign(algorithm, 'logout+jwt', claims)
    const { status } = await outbound.send(uri, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token }).toString(),
    })
    if (status === 400) throw new PermanentFailure('The application refuses the logout token.')
    if (status !== 200 && status !== 204) throw new Error(`The application answers ${status}.`)
  }
}
