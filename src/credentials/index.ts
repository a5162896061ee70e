/**
 * What a person proves who they are with: passwords and proofs that travel by mail now; passkeys, TOTP and
 * backup codes later.
 * Invariants: a password is stored as a slow hash only; a proof that travels by mail is stored as its digest,
 * counts once and proves the address that it was sent to.
 */
export {
  consumeMailProof,
  createMailProof,
  findMailProof,
  type MailProof,
  type MailPurpose,
  revokeMailProofs,
} from './mail-proof.ts'
export { createPasswordHasher, type PasswordHasher } from './password-hash.ts'
export { checkPassword, type PasswordContext } from './password-rules.ts'
export {
  confirmPassword,
  findPasswordHash,
  findUserWithPassword,
  setPassword,
} from './password-store.ts'
export { createPwnedCheck, type PwnedOutcome } from './pwned.ts'
export {
  type SecondFactorMethod,
  type SecondFactors,
  secondFactorMethods,
  secondFactorsOf,
} from './second-factors.ts'
export { type IsLeakedPassword, refuseWeakPassword } from './weak-password.ts'
