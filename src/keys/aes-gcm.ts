import { createCipheriv, createDecipheriv } from 'node:crypto'

/** 256-bit key and 96-bit nonce; a nonce is never used twice with one key. NIST SP 800-38D */
export type GcmInput = {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly associatedData: Uint8Array
}

const TAG_LENGTH = 16

/** The ciphertext, followed by the 128-bit tag. */
export function encryptGcm({ key, nonce, associatedData }: GcmInput, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
  cipher.setAAD(associatedData)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext, or undefined when anything differs from what was encrypted. */
export function decryptGcm(
  { key, nonce, associatedData }: GcmInput,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_LENGTH) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
  decipher.setAAD(associatedData)
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH))
  const plaintext = decipher.update(sealed.subarray(0, -TAG_LENGTH))
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch {
    return undefined
  }
}
