import { ClientMetadata } from './client-metadata.ts'
import { type CompleteClientMetadata, completeClientMetadata } from './complete-client-metadata.ts'
import { invalidClientMetadata } from './errors.ts'
import { isGrantOfPeople } from './grants-of-people.ts'
import { metadataError } from './registration.ts'
import { withoutDynamicProfile } from './response-type.ts'

const MAX_LENGTH = 512

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
 * signs with a key of its own. Throws invalid_client_metadata and invalid_redirect_uri. §4, §4.1
 */
export function parseClientIdMetadataDocument(clientId: string, document: unknown): CompleteClientMetadata {
  const members: Record<string, unknown> = { ...Object(document) }
  if (members.client_id !== clientId) throw invalidClientMetadata('The document names another client.')
  const hasSecret = ['client_secret', 'client_secret_expires_at'].some((name) => Object.hasOwn(members, name))
  if (hasSecret) throw invalidClientMetadata('The document must not hold a secret.')
  const parsed = ClientMetadata.safeParse(members)
  if (!parsed.success) throw metadataError(parsed.error)
  // Nobody has registered it for what a Dynamic Provider must offer to those who do.
  const metadata = withoutDynamicProfile(parsed.data)
  // Public unless it says otherwise: the default of RFC 7591 would need a secret.
  const { token_endpoint_auth_method: method = 'none' } = metadata
  if (method !== 'none' && method !== 'private_key_jwt') {
    throw invalidClientMetadata('The authentication method needs a secret, which there is none of.')
  }
  const { grant_types: grants = ['authorization_code'] } = metadata
  return completeClientMetadata({
    ...metadata,
    token_endpoint_auth_method: method,
    grant_types: grants.filter(isGrantOfPeople), // nobody vouches for such a client; others are left out
  })
}
