/**
 * What a person proves who they are with: passwords now; passkeys, TOTP and backup codes later.
 * Invariants: a password is stored as a slow hash only; a proof that travels by mail is single use.
 */
export { createPasswordHasher, type PasswordHasher } from './password-hash.ts'
export { checkPassword, type PasswordContext } from './password-rules.ts'
export { createPwnedCheck, type PwnedOutcome } from './pwned.ts'
