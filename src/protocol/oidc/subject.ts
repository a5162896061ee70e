import { base64url, hmacSha256 } from '../../kernel/index.ts'
import { type CompleteClientMetadata, invalidClientMetadata } from '../oauth/index.ts'

type SectorMembers = Pick<CompleteClientMetadata, 'redirect_uris' | 'sector_identifier_uri'>

/**
 * The subject that a sector of clients knows a user by: always the same, another in every sector, and the user
 * cannot be told from it without the key. OpenID Connect Core 1.0 §8.1
 */
export const pairwiseSubject = (key: Uint8Array, sector: string, userId: string): string =>
  base64url(hmacSha256(key, `${sector}\0${userId}`))

/**
 * The sector of a client: the host of its sector_identifier_uri, or the one host of its redirect URIs. An app with
 * redirect URIs of its own scheme has none, and is a sector by itself. Core §8.1
 */
export function sectorIdentifier(
  clientId: string,
  { sector_identifier_uri, redirect_uris: [first] }: SectorMembers,
): string {
  const host = URL.parse(sector_identifier_uri ?? first ?? '')?.host
  return host || clientId
}

/**
 * Checks what was found at the sector_identifier_uri: a list of redirect URIs, all of the client's among them.
 * Throws invalid_client_metadata. OpenID Connect Registration 1.0 §5
 */
export function checkSectorDocument(document: unknown, { redirect_uris }: SectorMembers): void {
  const listed: readonly unknown[] = Array.isArray(document) ? document : []
  if (!redirect_uris.every((uri) => listed.includes(uri))) {
    throw invalidClientMetadata('The document at sector_identifier_uri does not list all redirect URIs.')
  }
}
