import { hkdfSync } from 'node:crypto'

/**
 * A key of 32 bytes for one use of a secret: HKDF with SHA-256, without salt, the label as `info` (RFC 5869).
 * Keys of different labels tell nothing about each other, so one configured secret serves several uses.
 */
export const deriveKey = (secret: string | Uint8Array, label: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', label, 32))
