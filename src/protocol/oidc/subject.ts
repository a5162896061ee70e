import { createCipheriv, createDecipheriv } from 'node:crypto'
import { base64url, formatUuid, hmacSha256, parseBase64url } from '../../kernel/index.ts'
import { type CompleteClientMetadata, invalidClientMetadata } from '../oauth/index.ts'

type SectorMembers = Pick<CompleteClientMetadata, 'redirect_uris' | 'sector_identifier_uri'>

/**
 * The subject that a sector of clients knows a user by: always the same, another in every sector, and the user
 * cannot be told from it without the key. OpenID Connect Core 1.0 §8.1
 */
export const pairwiseSubject = (key: Uint8Array, sector: string, userId: string): string =>
  base64url(hmacSha256(key, `${sector}\0${userId}`))

/**
 * The `sid` that a sector of clients knows a session by: by the session's own id, which all would be told, they would
 * know one person from another's subjects. It can be read back with the key only. The id, being a UUID, is one block,
 * and none is like another, so that no mode of AES has anything to add. Back-Channel Logout 1.0 §2.1, Core §8.1
 */
export function pairwiseSessionId(key: Uint8Array, sector: string, sessionId: string): string {
  const cipher = createCipheriv(BLOCK_CIPHER, sessionKey(key, sector), null).setAutoPadding(false)
  return base64url(cipher.update(Buffer.from(sessionId.replaceAll('-', ''), 'hex')))
}

/** The session behind such a `sid`; of a text that is none, a session that there is not. */
export function sessionOfPairwise(key: Uint8Array, sector: string, sid: string): string {
  const block = parseBase64url(sid)
  if (block?.length !== BLOCK_BYTES) return ''
  const decipher = createDecipheriv(BLOCK_CIPHER, sessionKey(key, sector), null).setAutoPadding(false)
  return formatUuid(decipher.update(block))
}

const BLOCK_CIPHER = 'aes-256-ecb'
const BLOCK_BYTES = 16

/** No user has this for an id, so that it is no subject. */
const sessionKey = (key: Uint8Array, sector: string): Uint8Array => hmacSha256(key, `${sector}\0sid`)

/**
 * The sector of a client: the host of its sector_identifier_uri, or the one host of its redirect URIs, whatever the
 * port. An app with redirect URIs of its own scheme has none, and is a sector by itself. Core §8.1
 */
export function sectorIdentifier(
  clientId: string,
  { sector_identifier_uri, redirect_uris: [first] }: SectorMembers,
): string {
  const host = URL.parse(sector_identifier_uri ?? first ?? '')?.hostname
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
