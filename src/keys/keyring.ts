import { hex, type RandomSource, sha256, utf8 } from '../kernel/index.ts'
import { decryptGcm, encryptGcm } from './aes-gcm.ts'
import { deriveKey } from './derive-key.ts'

export interface Keyring {
  /** `associatedData` is not stored; the same is needed to open. Name the place: `totp:<user id>`. */
  seal(plaintext: Uint8Array, associatedData: string): Uint8Array
  /** Throws a KeyringError. */
  open(sealed: Uint8Array, associatedData: string): Uint8Array
  /** True when a key other than the first sealed it. Throws a KeyringError when nothing did. */
  needsReseal(sealed: Uint8Array): boolean
}

/**
 * `malformed`: never came from a keyring. `unknown_key`: the secret that sealed it is not configured.
 * `tampered`: changed since, or opened with other associated data than it was sealed with.
 */
export class KeyringError extends Error {
  override readonly name = 'KeyringError'
  readonly code: 'malformed' | 'unknown_key' | 'tampered'

  constructor(code: KeyringError['code'], message: string) {
    super(message)
    this.code = code
  }
}

const VERSION = 1
const KEY_ID_LENGTH = 4
const NONCE_LENGTH = 12
const TAG_LENGTH = 16
const HEADER_LENGTH = 1 + KEY_ID_LENGTH

type Key = { readonly header: Uint8Array; readonly bytes: Uint8Array }

/**
 * The first secret seals, any opens. Sealed is: version byte, key id, nonce, ciphertext, tag; 33 bytes longer
 * than what it holds. Nonces are random, which is safe for 2^32 seals with one secret (NIST SP 800-38D §8.3).
 */
export function createKeyring(secrets: readonly string[], random: RandomSource): Keyring {
  const keys = secrets.map(createKey)
  const [first] = keys
  if (!first) throw new Error('A keyring needs at least one secret.')
  const byId = new Map<string, Key>()
  for (const key of keys.toReversed()) byId.set(hex(key.header), key)

  const find = (sealed: Uint8Array): Key => {
    if (sealed.length < HEADER_LENGTH + NONCE_LENGTH + TAG_LENGTH || sealed[0] !== VERSION) {
      throw new KeyringError('malformed', 'This is not a sealed secret.')
    }
    const key = byId.get(hex(sealed.subarray(0, HEADER_LENGTH)))
    if (!key) throw new KeyringError('unknown_key', 'The secret that sealed this is not configured.')
    return key
  }

  return {
    seal(plaintext, associatedData) {
      const nonce = random.bytes(NONCE_LENGTH)
      const ciphertext = encryptGcm(inputOf(first, nonce, associatedData), plaintext)
      return new Uint8Array(Buffer.concat([first.header, nonce, ciphertext]))
    },
    open(sealed, associatedData) {
      const key = find(sealed)
      const nonce = sealed.subarray(HEADER_LENGTH, HEADER_LENGTH + NONCE_LENGTH)
      const ciphertext = sealed.subarray(HEADER_LENGTH + NONCE_LENGTH)
      const plaintext = decryptGcm(inputOf(key, nonce, associatedData), ciphertext)
      if (!plaintext) throw new KeyringError('tampered', 'This was changed, or sealed for another place.')
      return new Uint8Array(plaintext)
    },
    needsReseal: (sealed) => find(sealed) !== first,
  }
}

/** The key id is public and tells nothing of the key: it is the start of a hash of 256 unpredictable bits. */
function createKey(secret: string): Key {
  const bytes = deriveKey(secret, 'authy2 keyring v1: AES-256-GCM')
  return { bytes, header: Uint8Array.of(VERSION, ...sha256(bytes).subarray(0, KEY_ID_LENGTH)) }
}

/** The header is authenticated too. Its length is fixed, so no two pairs of header and data look alike. */
const inputOf = (key: Key, nonce: Uint8Array, associatedData: string) => ({
  key: key.bytes,
  nonce,
  associatedData: Buffer.concat([key.header, utf8(associatedData)]),
})
