import type { z } from 'zod'
import { ClientMetadata } from './client-metadata.ts'
import { type CompleteClientMetadata, completeClientMetadata } from './complete-client-metadata.ts'
import { invalidClientMetadata, invalidRedirectUri, unapprovedSoftwareStatement } from './errors.ts'
import { withoutDynamicProfile } from './response-type.ts'
import { epochSeconds } from './sign-jwt.ts'

export interface RegisteredClient {
  readonly clientId: string
  readonly issuedAt: Date
  readonly metadata: CompleteClientMetadata
  /** Only just after it was made: it cannot be shown again. */
  readonly secret?: string
  /** Of the management endpoint, when it is to be told. RFC 7592 §3 */
  readonly management?: { readonly uri: string; readonly token: string }
}

/** What of the server's own a registration depends on. */
export interface RegistrationOffer {
  /** Whether clients may have the implicit flow and request objects by reference. OpenID Connect Core 1.0 §15.2 */
  readonly dynamicProfile: boolean
}

const OAUTH_2_1: RegistrationOffer = { dynamicProfile: false }

/**
 * Reads a registration request. Throws invalid_redirect_uri, invalid_client_metadata and, since no issuer of
 * software statements is trusted, unapproved_software_statement. RFC 7591 §3.1
 */
export function parseRegistration(
  body: unknown,
  { dynamicProfile }: RegistrationOffer = OAUTH_2_1,
): CompleteClientMetadata {
  if (typeof body === 'object' && body !== null && 'software_statement' in body) {
    throw unapprovedSoftwareStatement('Software statements are not accepted.')
  }
  const parsed = ClientMetadata.safeParse(withoutEmpty(body))
  if (!parsed.success) throw metadataError(parsed.error)
  return completeClientMetadata(dynamicProfile ? parsed.data : withoutDynamicProfile(parsed.data))
}

/**
 * Reads the request that replaces a client's metadata: it names the client, and nothing that only the server says.
 * A secret that is named has to be the present one, which the caller checks. RFC 7592 §2.2
 */
export function parseRegistrationUpdate(
  body: unknown,
  clientId: string,
  offer: RegistrationOffer = OAUTH_2_1,
): { readonly metadata: CompleteClientMetadata; readonly presentedSecret: string | undefined } {
  const { client_id, client_secret, ...rest }: Record<string, unknown> = { ...Object(body) }
  if (client_id !== clientId) throw invalidClientMetadata('The member client_id must name this client.')
  const isOurs = SERVER_MEMBERS.find((name) => Object.hasOwn(rest, name))
  if (isOurs !== undefined) throw invalidClientMetadata(`The member ${isOurs} is not the client's to set.`)
  if (client_secret !== undefined && typeof client_secret !== 'string') {
    throw invalidClientMetadata('The member client_secret must be a text.')
  }
  return { metadata: parseRegistration(rest, offer), presentedSecret: client_secret }
}

const SERVER_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]

/** The answer to registration and reading. Secrets do not expire: 0. RFC 7591 §3.2.1, RFC 7592 §3 */
export const encodeClientInformation = ({
  clientId,
  issuedAt,
  metadata,
  secret,
  management,
}: RegisteredClient) => ({
  client_id: clientId,
  client_id_issued_at: epochSeconds(issuedAt),
  ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
  ...(management === undefined
    ? {}
    : { registration_client_uri: management.uri, registration_access_token: management.token }),
  ...metadata,
})

/** What is null or empty was not sent. RFC 7592 §2.2 */
export const withoutEmpty = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''))
    : body

/** Names the first member that is wrong, by its own name and what is wrong with it. RFC 7591 §3.2.2 */
export function metadataError(error: z.ZodError) {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  if (path === '') return invalidClientMetadata('Client metadata is a JSON object.')
  const description = `The member ${path} is not accepted: ${issue?.message.replace(/\.$/, '')}.`
  return path.startsWith('redirect_uris')
    ? invalidRedirectUri(description)
    : invalidClientMetadata(description)
}
