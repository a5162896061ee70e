/**
 * Secrets that must come back (seeds, private keys, upstream client secrets) are sealed with a keyring made of
 * the configured encryption keys: the first seals, any opens, and what an older one sealed can be found and
 * sealed again. Associated data names the row and column, so that a ciphertext moved elsewhere does not open.
 * Tokens are signed with keys that the database holds sealed: published a day before they sign, kept until long
 * after; of several rotations or first uses at once one wins, and every instance follows within seconds.
 */
export { deriveKey } from './derive-key.ts'
export { createKeyring, type Keyring, KeyringError } from './keyring.ts'
export { rotateDueKeys } from './rotate-due-keys.ts'
export type { SigningKeyDeps } from './signing-key-memory.ts'
export { listSigningKeys, signingKeyState } from './signing-key-store.ts'
export { createSigningKeys, type RotationOptions, type SigningKeys } from './signing-keys.ts'
