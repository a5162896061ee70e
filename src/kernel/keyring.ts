/**
 * Encrypts what must come back, for rest in the database. `associatedData` names the place
 * (`outbox_messages.payload:<id>`), so that a ciphertext moved to another row does not open.
 */
export interface Keyring {
  seal(plaintext: Uint8Array, associatedData: string): Uint8Array
  /** Throws when the key is unknown or anything of it was changed. */
  open(sealed: Uint8Array, associatedData: string): Uint8Array
}
