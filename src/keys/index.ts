/**
 * Secrets that must come back (seeds, private keys, upstream client secrets) are sealed with a keyring made of
 * the configured encryption keys: the first seals, any opens, and what an older one sealed can be found and
 * sealed again. Associated data names the row and column, so that a ciphertext moved elsewhere does not open.
 */
export { deriveKey } from './derive-key.ts'
export { createKeyring, type Keyring, KeyringError } from './keyring.ts'
