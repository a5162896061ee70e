/**
 * What a person proves who they are with: passwords, authenticator apps (TOTP), backup codes, passkeys, and proofs
 * that travel by mail.
 * Invariants: a password is stored as a slow hash only; a proof that travels by mail is stored as its digest,
 * counts once and proves the address that it was sent to; so does a one-time code count once, whichever process
 * is asked.
 */
export { generateBackupCodes, removeBackupCodes, spendBackupCode } from './backup-codes.ts'
export { removeExpiredChallenges, removeExpiredMailProofs } from './clean-up.ts'
export { clearAllGuesses, clearGuesses, FREE_GUESSES, guessDelaySeconds, takeGuess } from './code-guesses.ts'
export {
  consumeMailProof,
  createMailProof,
  findMailProof,
  MAIL_PROOF_SECONDS,
  type MailProof,
  type MailPurpose,
  revokeMailProofs,
} from './mail-proof.ts'
export { createPasswordHasher, type PasswordHasher } from './password-hash.ts'
export {
  checkPassword,
  minimumLength,
  type PasswordContext,
  type PasswordProblemCode,
} from './password-rules.ts'
export {
  confirmPassword,
  findPasswordHash,
  findUserWithPassword,
  setPassword,
} from './password-store.ts'
export { createPwnedCheck, type PwnedOutcome } from './pwned.ts'
export {
  SECOND_FACTOR_METHODS,
  type SecondFactorMethod,
  type SecondFactors,
  secondFactorMethods,
  secondFactorsOf,
} from './second-factors.ts'
export { endAttempt, endAttempts, findAttempt, openAttempt, takeTry } from './sign-in-attempt.ts'
export {
  enrolTotp,
  findOpenEnrolment,
  findTotp,
  removeTotp,
  spendTotpCode,
  type TotpEnrolment,
  verifyTotpEnrolment,
} from './totp.ts'
export { type IsLeakedPassword, refuseWeakPassword } from './weak-password.ts'
export {
  type AssertionFailure,
  type AssertionResponse,
  type AssertionUse,
  acceptAssertion,
  beginAssertion,
  type VerifiedAssertion,
  verifyAssertion,
} from './webauthn/assertion.ts'
export { authenticatorName } from './webauthn/authenticator-name.ts'
export {
  beginRegistration,
  type RegistrationFailure,
  type RegistrationResponse,
  type VerifiedRegistration,
  verifyRegistration,
} from './webauthn/registration.ts'
export {
  listCredentials,
  MAX_CREDENTIALS,
  removeCredential,
  renameCredential,
  storeCredential,
} from './webauthn/store.ts'
