/**
 * Signing in, and what leads to it: registration, passwords and their reset, verified addresses, second factors and
 * their enrolment, passkeys, step-up, recovery; later other identity providers.
 * Routes: /auth/register, login, logout, me, forgot-password, reset-password, recover, verify-email,
 * resend-verification; /auth/totp, /auth/webauthn, /auth/step-up. What follows what is in sign-in-steps.ts.
 * Invariants: no answer, and no time that it takes, tells whether an address is known (but for registration,
 * unless it is told to hide that, too); who has a second factor gets no session without it; every sign-in begins a
 * new session; nothing is hashed in a transaction.
 */
export type { Arrival } from './arrival.ts'
export type { BegunSession, PresentedCookies } from './begin-session.ts'
export { removeExpiredAttempts } from './clean-up.ts'
export type { AuthenticationDeps } from './deps.ts'
export { resendVerification, verifyEmail } from './email-verification.ts'
export { enableOwnTotp, resumeOwnTotp } from './own-totp.ts'
export { beginOwnRegistration, completeOwnRegistration } from './own-webauthn.ts'
export { findPasswordLink, type PasswordLink, requestPasswordReset, resetPassword } from './password-reset.ts'
export { requirePresence } from './presence.ts'
export { createRecoveryLink, type RecoveryLink, recoverAccess } from './recover.ts'
export { recordMalformedSignIn } from './refused.ts'
export { register } from './register.ts'
export { type ResetFactors, resetSecondFactors } from './reset-second-factors.ts'
export { authentication } from './routes.ts'
export { Credentials, SecondFactorRequired } from './schema.ts'
export { codeGuessKey, findWaitingSignIn, type WaitingSignIn } from './second-factor-code.ts'
export { secondFactors } from './second-factor-routes.ts'
export { sessionCookies } from './session-cookies.ts'
export { createSignIn, type FirstFactor, type SecondFactor, type Waiting } from './sign-in-ways.ts'
export { beginStepUp } from './step-up.ts'
export { stepUps } from './step-up-routes.ts'
export { totp } from './totp-routes.ts'
export { OneTimeCode } from './totp-schema.ts'
export { secondFactorView, webauthnCredentialView } from './views.ts'
export { relatedOrigins, webauthn } from './webauthn-routes.ts'
export { CreatedCredential, SignedCredential, WebauthnCredential } from './webauthn-schema.ts'
export { beginWebauthnSignIn } from './webauthn-sign-in.ts'
