import type { StoredClient } from '../clients/index.ts'
import { clientKey, type RequestOrigin } from '../http/index.ts'
import {
  invalidClient,
  invalidRequest,
  isClientIdUrl,
  OAuthError,
  parseClientAuthentication,
  parseParameters,
  type RequestParameters,
} from '../protocol/oauth/index.ts'
import { addressOf } from './addresses.ts'
import { authenticateClient } from './authenticate-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { DpopProofs } from './dpop-proofs.ts'
import { encodeFailure } from './failure.ts'
import { type RefusedRequest, refuse } from './refusal.ts'

/** A request of a client that has proved who it is. */
export interface ClientRequest {
  readonly client: StoredClient
  readonly parameters: RequestParameters
  /** On whose behalf what follows is done and recorded: the client's. */
  readonly origin: RequestOrigin
  /** Of the key that a DPoP proof came from. */
  readonly thumbprint: string | undefined
}

export interface EndpointOptions {
  readonly path: string
  /** For confidential clients only: anybody can call themselves a public one. */
  readonly isConfidential?: boolean
  /** Tokens are bound to the key of a DPoP proof that comes along. RFC 9449 §5 */
  readonly takesProofs?: boolean
  /** Of success, where it is not 200. */
  readonly status?: number
}

export interface RawRequest {
  readonly request: Request
  readonly body: unknown
  readonly origin: RequestOrigin
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Record<string, unknown>
}

/** What is known of a request so far. */
type Progress = { -readonly [Member in keyof RefusedRequest]: RefusedRequest[Member] }

/**
 * What every endpoint that clients call by themselves does before and after its own work, so that none can forget
 * it: the form is parsed once and strictly, the client authenticated and counted, a DPoP proof checked; nothing is
 * kept by caches, and a failure has the standard's own form and is noted. RFC 6749 §2.3, §3.2, §5
 */
export function createEndpoint(deps: AuthorizationServerDeps, proofs: DpopProofs) {
  return (
    { path, isConfidential = false, takesProofs = false, status = 200 }: EndpointOptions,
    handle: (request: ClientRequest) => Promise<Record<string, unknown>>,
  ) =>
    async (raw: RawRequest): Promise<Answer> => {
      const proof = takesProofs ? raw.request.headers.get('dpop') : null
      const own = proof === null ? NOT_KEPT : { ...NOT_KEPT, 'DPoP-Nonce': proofs.nonce() }
      const progress: Progress = { path }
      try {
        const parameters = parseForm(raw)
        progress.grantType = parameters.get('grant_type')
        // A client that has to come again for a nonce may do so with the assertion that it has: it is not spent yet.
        if (proof !== null && parameters.get('client_assertion')) proofs.requireNonce(proof)
        const client = await identify(deps, raw, { path, parameters, isConfidential, progress })
        const limits = await deps.rateLimits.spend('oidcToken', limitKey(client, raw))
        const thumbprint =
          proof === null
            ? undefined
            : await proofs.verify({
                proof,
                method: 'POST',
                url: addressOf(deps.config, path),
                needsNonce: true,
                findClient: async () => client,
              })
        const origin = { ...raw.origin, actor: { kind: 'client', clientId: client.id } as const }
        const body = await handle({ client, parameters, origin, thumbprint })
        return { status, headers: { ...own, ...limits }, body }
      } catch (thrown) {
        const failure = await refuse(deps, raw.origin, { ...progress, thrown })
        return {
          status: failure.status,
          headers: { ...own, ...failure.headers },
          body: encodeFailure(failure),
        }
      }
    }
}

export const isPublic = ({ metadata }: Pick<StoredClient, 'metadata'>): boolean =>
  metadata.token_endpoint_auth_method === 'none'

/** RFC 6749 §5.1 asks for both. */
const NOT_KEPT = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }

function parseForm({ request, body }: RawRequest): RequestParameters {
  if (body === undefined) return parseParameters('')
  if (typeof body !== 'string' || !isForm(request)) {
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.')
  }
  return parseParameters(body)
}

const FORM = 'application/x-www-form-urlencoded'

export function isForm({ headers }: Request): boolean {
  const contentType = headers.get('content-type') ?? ''
  return contentType === FORM || contentType.split(';')[0]?.trim().toLowerCase() === FORM
}

interface Identification {
  readonly path: string
  readonly parameters: RequestParameters
  readonly isConfidential: boolean
  readonly progress: Progress
}

/** A client that does not prove itself is counted by its address; so is one whose id has this server fetch it. */
async function identify(
  deps: AuthorizationServerDeps,
  { request, origin }: RawRequest,
  { path, parameters, isConfidential, progress }: Identification,
): Promise<StoredClient> {
  const byAddress = () => deps.rateLimits.spend('oidcToken', clientKey({ info: origin.request }))
  const authorization = request.headers.get('authorization') ?? undefined
  try {
    const presented = parseClientAuthentication(authorization, parameters)
    progress.clientId = presented.clientId
    if (isClientIdUrl(presented.clientId)) await byAddress()
    const client = await deps.clients.find(presented.clientId)
    progress.client = client
    const triedHeader = authorization !== undefined
    const proved = authenticateClient(deps, { client, presented, triedHeader, path })
    const authenticated = proved instanceof Promise ? await proved : proved
    if (isConfidential && isPublic(authenticated)) throw invalidClient('a public client', { triedHeader })
    progress.isAuthenticated = true
    return authenticated
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_client') {
      await byAddress()
    }
    throw error
  }
}

/** Everybody knows the id of a public client: its users are counted by address, so that none uses up another's. */
const limitKey = (client: StoredClient, { origin }: RawRequest): string =>
  isPublic(client) ? `client:${client.id} ${clientKey({ info: origin.request })}` : `client:${client.id}`
