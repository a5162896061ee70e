import { apiResource, type ClientRegistry } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import type { Reader } from '../db/index.ts'
import type { Clock } from '../kernel/index.ts'
import { invalidDpopProof, invalidToken, OAuthError, type PresentedToken } from '../protocol/oauth/index.ts'
import type { FindAccessToken } from '../sessions/index.ts'
import type { DpopProofs } from './dpop-proofs.ts'
import { findLiveToken, type LiveToken } from './live-token.ts'

export interface Presentation extends PresentedToken {
  /** What the `DPoP` header says, if there is one. */
  readonly proof: string | null
  readonly method: string
  readonly url: string
  /** Of the resource that it is presented to. */
  readonly audience: string
}

interface Judging {
  readonly proofs: DpopProofs
  readonly clients: Pick<ClientRegistry, 'find'>
  readonly now: Date
}

/**
 * The access token that a request to a protected resource comes with. One that is bound to a key is good with a
 * proof of that key only, and one that is not bound is none of the DPoP scheme. Throws invalid_token and
 * invalid_dpop_proof. RFC 6750 §3.1, RFC 9449 §7
 */
export async function requireAccessToken(
  reader: Reader,
  { proofs, clients, now }: Judging,
  { scheme, token, proof, method, url, audience }: Presentation,
): Promise<LiveToken> {
  const live = await findLiveToken(reader, token, now)
  if (!live) throw invalidToken('unknown, expired or revoked')
  if (!live.row.audience.includes(audience)) throw invalidToken('for another audience')
  const thumbprint = live.row.dpopJkt
  if ((thumbprint !== null) !== (scheme === 'DPoP')) throw invalidToken('of another scheme')
  if (thumbprint !== null) {
    if (proof === null) throw invalidDpopProof('The DPoP proof is missing.')
    await proofs.verify({
      proof,
      method,
      url,
      accessToken: { value: token, thumbprint },
      findClient: () => clients.find(live.row.clientId),
    })
  }
  return live
}

interface ResourceDeps extends Pick<Judging, 'clients'> {
  readonly config: Config
  readonly clock: Clock
  readonly reader: Reader
}

/** How the REST API finds an access token for it: one that a person has let an application have. */
export function createFindAccessToken(
  { config, clock, reader, clients }: ResourceDeps,
  proofs: DpopProofs,
): FindAccessToken {
  const audience = apiResource(config)
  return async (token, dpop) => {
    const presentation: Presentation = {
      scheme: dpop ? 'DPoP' : 'Bearer',
      token,
      proof: dpop?.proof ?? null,
      method: dpop?.method ?? '',
      url: config.publicUrl + (dpop?.path ?? ''),
      audience,
    }
    try {
      const { row, organizationId } = await requireAccessToken(
        reader,
        { proofs, clients, now: clock.now() },
        presentation,
      )
      const { id, userId, clientId, scopes } = row
      return userId === null ? undefined : { id, userId, clientId, scopes, organizationId }
    } catch (error) {
      if (error instanceof OAuthError) return undefined
      throw error
    }
  }
}
