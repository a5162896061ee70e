import { base64url, type Clock, type Log, MINUTE, sha256 } from '../kernel/index.ts'
import { ExpiringMap } from '../kv/index.ts'
import { type Outbound, OutboundError } from '../outbound/index.ts'
import { invalidRequestUri, MAX_REQUEST_URI_LENGTH } from '../protocol/oauth/index.ts'
import type { StoredClient } from './schema.ts'

export interface RequestObjects {
  /**
   * The request object at one of the client's `request_uris`, unchecked. Throws invalid_request_uri for any other
   * address, before it is called, and where there is nothing of that kind. OpenID Connect Core 1.0 §6.2
   */
  get(client: Pick<StoredClient, 'metadata'>, uri: string): Promise<string>
}

/** RFC 9101 §10.2, §9.2; what others send for a JWT. */
const MEDIA_TYPES = ['application/oauth-authz-req+jwt', 'application/jwt', 'application/jose']
/** JWS compact serialization, whose signature may be empty. RFC 7515 §7.1 */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
const KEPT_SECONDS = MINUTE
const MAX_KEPT = 100

/**
 * Fetches request objects. One whose address says its hash is kept for a minute, for it cannot change; the others are
 * asked for at each request, as they may.
 */
export function createRequestObjects({
  outbound,
  clock,
  log,
}: {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
}): RequestObjects {
  const kept = new ExpiringMap<string>({ clock, maxEntries: MAX_KEPT })

  async function fetchText(uri: string): Promise<string> {
    const { status, mediaType, body } = await outbound.send(uri, {
      headers: { accept: MEDIA_TYPES.join(', ') },
    })
    if (status !== 200) throw new OutboundError(uri, 'status')
    if (!MEDIA_TYPES.includes(mediaType)) throw new OutboundError(uri, 'media_type')
    return new TextDecoder().decode(body).trim()
  }

  return {
    async get({ metadata: { request_uris: registered = [] } }, uri) {
      const { address, hash } = parseUri(uri)
      if (
        uri.length > MAX_REQUEST_URI_LENGTH ||
        !registered.some((one) => parseUri(one).address === address)
      ) {
        throw invalidRequestUri('The request_uri is not registered for this client.')
      }
      const known = kept.get(uri)
      if (known) return known.value
      const text = await fetchText(address).catch((cause: unknown) => {
        if (!(cause instanceof OutboundError)) throw cause
        log.warn('client.request_object_failed', {
          upstream: URL.parse(address)?.origin,
          failure: cause.failure,
        })
        throw invalidRequestUri('There is no request object to be had at the request_uri.', { cause })
      })
      if (!COMPACT.test(text)) throw invalidRequestUri('What is at the request_uri is no request object.')
      if (hash === undefined) return text
      if (base64url(sha256(text)) !== hash) {
        throw invalidRequestUri('The request object is not the one that the request_uri says the hash of.')
      }
      kept.set(uri, text, clock.now().getTime() + KEPT_SECONDS * 1_000)
      return text
    },
  }
}

function parseUri(uri: string): { readonly address: string; readonly hash: string | undefined } {
  const [address = '', ...fragment] = uri.split('#')
  return { address, hash: fragment.length === 0 ? undefined : fragment.join('#') }
}
