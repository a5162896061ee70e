import { eq } from 'drizzle-orm'
import type { StoredClient } from '../clients/index.ts'
import type { Origin } from '../db/index.ts'
import { base64url, parseBase64url, SYSTEM } from '../kernel/index.ts'
import { issuedAlgorithm, type SigningAlgorithm } from '../protocol/oauth/index.ts'
import {
  pairwiseSessionId,
  pairwiseSubject,
  sectorIdentifier,
  sessionOfPairwise,
} from '../protocol/oidc/index.ts'
import type { IssuingKeys } from './authorization.ts'
import type { AuthorizationServerDeps } from './deps.ts'

type Deps = Pick<AuthorizationServerDeps, 'read' | 'write' | 'log' | 'signingKeys'>

/** The subject that a client knows a user by. OpenID Connect Core 1.0 §8 */
export const subjectOf = (
  { id, metadata }: StoredClient,
  userId: string,
  { pairwise }: Pick<IssuingKeys, 'pairwise'>,
): string => (pairwise ? pairwiseSubject(pairwise, sectorIdentifier(id, metadata), userId) : userId)

/** The `sid` that a client knows a session by. */
export const sidOf = (
  { id, metadata }: StoredClient,
  sessionId: string,
  { pairwise }: Pick<IssuingKeys, 'pairwise'>,
): string => (pairwise ? pairwiseSessionId(pairwise, sectorIdentifier(id, metadata), sessionId) : sessionId)

/** The session that a client knows by a `sid`. */
export const sessionOfSid = (
  { id, metadata }: StoredClient,
  sid: string,
  { pairwise }: Pick<IssuingKeys, 'pairwise'>,
): string => (pairwise ? sessionOfPairwise(pairwise, sectorIdentifier(id, metadata), sid) : sid)

/** Finds what a client's tokens are made with. */
export interface KeyChain {
  keysFor(client: StoredClient): Promise<IssuingKeys>
  /** What its subjects are made with; undefined where they are public. */
  pairwiseKeyFor(client: StoredClient): Promise<Uint8Array> | undefined
}

export function createKeyChain(deps: Deps): KeyChain {
  let known: Promise<Uint8Array> | undefined
  const pairwiseKeyFor = ({ metadata }: StoredClient) => {
    if (metadata.subject_type !== 'pairwise') return undefined
    known ??= findOrCreatePairwiseKey(deps).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
  return {
    pairwiseKeyFor,
    async keysFor(client) {
      const isJwt = client.accessTokenFormat === 'jwt'
      const activeKey = (algorithm: SigningAlgorithm) =>
        deps.signingKeys.activeKey(issuedAlgorithm(client.metadata, algorithm))
      const [accessToken, idToken, pairwise] = await Promise.all([
        isJwt ? activeKey(client.accessTokenAlgorithm) : undefined,
        activeKey(client.metadata.id_token_signed_response_alg),
        pairwiseKeyFor(client),
      ])
      return { accessToken, idToken, pairwise }
    },
  }
}

const FACT = 'pairwise_key'
const PLACE = `instance_facts.value:${FACT}`

/**
 * Made once for an instance and kept sealed. Not derived from SECRET_KEY, which can be replaced: then every
 * application would take every person for somebody new.
 */
async function findOrCreatePairwiseKey(deps: Deps): Promise<Uint8Array> {
  const origin: Origin = { actor: SYSTEM, log: deps.log }
  return deps.write(origin, async ({ tx, now, random, keyring }) => {
    const { instanceFact } = tx.t
    await tx
      .insert(instanceFact)
      .values({ name: FACT, value: base64url(keyring.seal(random.bytes(32), PLACE)), createdAt: now })
      .onConflictDoNothing({ target: instanceFact.name })
    const [row] = await tx.select().from(instanceFact).where(eq(instanceFact.name, FACT))
    const sealed = parseBase64url(row?.value ?? '')
    if (!sealed) throw new Error('The key of pairwise subjects is not readable')
    return keyring.open(sealed, PLACE)
  })
}
