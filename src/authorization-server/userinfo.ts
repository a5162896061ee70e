import type { StoredClient } from '../clients/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { clientKey } from '../http/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  encodeChallenges,
  insufficientScope,
  invalidToken,
  issuedAlgorithm,
  parseParameters,
  parsePresentedToken,
} from '../protocol/oauth/index.ts'
import { personClaims, signedUserinfoClaims, userinfoResponse } from '../protocol/oidc/index.ts'
import { addressOf, PATHS } from './addresses.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { DpopProofs } from './dpop-proofs.ts'
import { isForm, type RawRequest } from './endpoint.ts'
import { encodeFailure, toFailure } from './failure.ts'
import type { LiveToken } from './live-token.ts'
import { findPerson } from './person.ts'
import { requireAccessToken } from './protected-resource.ts'
import { noteRefusal } from './refusal.ts'
import { type KeyChain, subjectOf } from './subject.ts'

export interface UserinfoAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A JWT where the client registered an algorithm for it. */
  readonly body: Record<string, unknown> | string
}

/** Where tokens for it come from, and what proofs are signed with. RFC 9728 §5.1, RFC 9449 §7.1 */
interface Resource {
  readonly algorithms: readonly string[]
  readonly resourceMetadata: string
}

/** What a client may know of the person whose access token it has. OpenID Connect Core 1.0 §5.3 */
export function createUserinfo(deps: AuthorizationServerDeps, proofs: DpopProofs, keyChain: KeyChain) {
  const { config } = deps
  const url = addressOf(config, PATHS.userinfo)
  const resource: Resource = {
    algorithms: ASYMMETRIC_ALGORITHMS,
    resourceMetadata: addressOf(config, PATHS.issuerMetadata),
  }
  /** A request without any credentials is told how to send some, and of no error. RFC 6750 §3.1 */
  const noToken: UserinfoAnswer = {
    status: 401,
    headers: { 'WWW-Authenticate': encodeChallenges(resource) },
    body: {},
  }

  async function answer(ctx: ReadCtx, live: LiveToken): Promise<UserinfoAnswer> {
    const { row, user } = live
    if (!row.scopes.includes('openid')) throw insufficientScope('The access token lacks the scope openid.')
    const client = await deps.clients.find(row.clientId)
    if (!user || !client) throw invalidToken('without a person or client')
    const subject = subjectOf(client, user.id, { pairwise: await keyChain.pairwiseKeyFor(client) })
    const asked = { scope: row.scopes, requested: row.claims?.userinfo ?? [] }
    const claims = personClaims(
      await findPerson(ctx, user, { client, grantId: row.grantId, ...asked }),
      asked,
    )
    return encode(client, { subject, claims, now: ctx.now })
  }

  async function encode(
    { id, metadata }: StoredClient,
    { subject, claims, now }: { subject: string; claims: Readonly<Record<string, unknown>>; now: Date },
  ): Promise<UserinfoAnswer> {
    const algorithm = metadata.userinfo_signed_response_alg
    if (algorithm === undefined) return { status: 200, headers: {}, body: userinfoResponse(subject, claims) }
    const about = { issuer: config.oidc.issuer, subject, clientId: id, issuedAt: now }
    const body = await deps.signingKeys.sign(
      issuedAlgorithm(metadata, algorithm),
      'JWT',
      signedUserinfoClaims(about, claims),
    )
    return { status: 200, headers: { 'Content-Type': 'application/jwt' }, body }
  }

  /** Who has no good token is counted by address, as at the REST API. */
  const counted = (thrown: unknown, { origin }: RawRequest): Promise<unknown> =>
    deps.rateLimits.spend('api', clientKey({ info: origin.request })).then(
      () => thrown,
      (limit: unknown) => limit,
    )

  return async (raw: RawRequest): Promise<UserinfoAnswer> => {
    const { request, body, origin } = raw
    const { headers, method } = request
    const isDpop = headers.has('dpop') || /^dpop /i.test(headers.get('authorization') ?? '')
    try {
      // RFC 6750 §2.2: the body of no other type counts.
      const isFormSent = method === 'POST' && typeof body === 'string' && isForm(request)
      const form = isFormSent ? parseParameters(body) : undefined
      const presented = parsePresentedToken(headers.get('authorization') ?? undefined, form)
      if (!presented) return noToken
      const presentation = {
        ...presented,
        proof: headers.get('dpop'),
        method,
        url,
        audience: config.oidc.issuer,
      }
      return await deps.read(origin, async (ctx) => {
        const live = await requireAccessToken(ctx.reader, { ...deps, proofs, now: ctx.now }, presentation)
        await deps.rateLimits.spend('api', `credential:${live.row.id}`)
        return answer(ctx, live)
      })
    } catch (thrown) {
      const failure = toFailure(await counted(thrown, raw), origin.log)
      noteRefusal(deps, origin, { path: PATHS.userinfo, failure })
      return refusal(failure, { isDpop, resource })
    }
  }
}

function refusal(
  failure: ReturnType<typeof toFailure>,
  { isDpop, resource }: { readonly isDpop: boolean; readonly resource: Resource },
): UserinfoAnswer {
  const { error, headers } = failure
  const isOfProof = error.code === 'invalid_dpop_proof' || error.code === 'use_dpop_nonce'
  const status = isOfProof ? 401 : failure.status
  const challenge = encodeChallenges({
    ...resource,
    scheme: isDpop ? 'DPoP' : 'Bearer',
    error,
    ...(error.code === 'insufficient_scope' ? { scope: ['openid'] } : {}),
  })
  return {
    status,
    headers: { ...headers, ...(status < 500 && status !== 429 ? { 'WWW-Authenticate': challenge } : {}) },
    body: encodeFailure(failure),
  }
}
