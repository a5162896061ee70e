import { ASYMMETRIC_ALGORITHMS } from './algorithms.ts'
import { ClientMetadata, WebUri } from './client-metadata.ts'
import { type CompleteClientMetadata, completeClientMetadata } from './complete-client-metadata.ts'
import { OAuthError } from './error.ts'
import { invalidClientMetadata } from './errors.ts'
import { acceptedAlgorithms } from './fapi.ts'
import { isGrantOfPeople } from './grants-of-people.ts'
import { parseRedirectUri } from './redirect-uri.ts'
import { metadataError, withoutEmpty } from './registration.ts'
import { SIGNING_ALGORITHMS } from './sign-jwt.ts'
import { GRANT_TYPES } from './token-request.ts'

const MAX_LENGTH = 512
/** Others publish it: a logo that pages do not show is no reason to turn their people away. */
const DescribedMetadata = ClientMetadata.extend({ logo_uri: WebUri.optional() })

/**
 * True for a client id that is the address of its own metadata: `https`, with a path, without user, fragment or
 * dot segments; nor a query, which the standard advises against. It is compared as it is written, so it has to be
 * written as URLs normally are. draft-ietf-oauth-client-id-metadata-document §3
 */
export function isClientIdUrl(clientId: string): boolean {
  if (clientId.length > MAX_LENGTH || !clientId.startsWith('https://')) return false
  const url = URL.parse(clientId)
  if (url === null || url.href !== clientId || url.pathname === '/') return false
  return !url.username && !url.password && !/[?#]|%2e/i.test(clientId)
}

/**
 * Reads the document found at a client id. It must name that id, and nothing secret: such a client is public or
 * signs with a key of its own. It was written for every server, not in answer to what this one offers: what is not
 * offered is left out of lists, or takes its default, where enough remains. Throws invalid_client_metadata and
 * invalid_redirect_uri. §4, §4.1
 */
export function parseClientIdMetadataDocument(clientId: string, document: unknown): CompleteClientMetadata {
  const members: Record<string, unknown> = { ...Object(withoutEmpty(document)) }
  if (members.client_id !== clientId) throw invalidClientMetadata('The document names another client.')
  const hasSecret = ['client_secret', 'client_secret_expires_at'].some((name) => Object.hasOwn(members, name))
  if (hasSecret) throw invalidClientMetadata('The document must not hold a secret.')
  // Nobody checks its sector, which could be somebody else's: so its subjects are public. OpenID Connect Core §8.1
  const { subject_type, sector_identifier_uri, request_uris, ...offered } = withoutUnknown(members)
  const parsed = DescribedMetadata.safeParse(offered)
  if (!parsed.success) throw metadataError(parsed.error)
  const metadata = parsed.data
  // Public unless it says otherwise: the default of RFC 7591 would need a secret.
  const { token_endpoint_auth_method: method = 'none' } = metadata
  if (method !== 'none' && method !== 'private_key_jwt') {
    throw invalidClientMetadata('The authentication method needs a secret, which there is none of.')
  }
  return completeClientMetadata({ ...metadata, token_endpoint_auth_method: method })
}

const withoutUnknown = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => {
      const algorithms = ALGORITHMS.get(name)
      if (algorithms) return isOneOf(acceptedAlgorithms(members, algorithms), value) ? [[name, value]] : []
      const isTaken = LISTS.get(name)
      if (!isTaken || !Array.isArray(value)) return [[name, value]]
      return value.length === 0 ? [] : [[name, value.filter(isTaken)]]
    }),
  )

/** The members that are lists, and which of their values are taken. */
const LISTS = new Map<string, (value: unknown) => boolean>([
  // Nobody vouches for such a client, or has registered it for what a Dynamic Provider must offer to those who do.
  ['grant_types', (value) => isOneOf(GRANT_TYPES.filter(isGrantOfPeople), value)],
  ['response_types', (value) => value === 'code'],
  ['redirect_uris', isRedirectUri],
  ['post_logout_redirect_uris', isRedirectUri],
])

const ALGORITHMS = new Map<string, readonly string[]>([
  ['id_token_signed_response_alg', SIGNING_ALGORITHMS],
  ['userinfo_signed_response_alg', SIGNING_ALGORITHMS],
  ['request_object_signing_alg', ASYMMETRIC_ALGORITHMS],
  ['token_endpoint_auth_signing_alg', ASYMMETRIC_ALGORITHMS],
])

const isOneOf = (known: readonly string[], value: unknown): boolean => known.some((one) => one === value)

function isRedirectUri(value: unknown): boolean {
  try {
    return typeof value === 'string' && parseRedirectUri(value) !== undefined
  } catch (error) {
    if (error instanceof OAuthError) return false
    throw error
  }
}
