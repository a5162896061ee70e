/**
 * Signing in, and what leads to it: registration, passwords and their reset, verified addresses; later second
 * factors and other identity providers.
 * Routes: /auth/register, login, logout, me, forgot-password, reset-password, verify-email, resend-verification.
 * Invariants: no answer, and no time that it takes, tells whether an address is known (but for registration,
 * unless it is told to hide that, too); every sign-in begins a new session; nothing is hashed in a transaction.
 */
export type { AuthenticationDeps } from './deps.ts'
export { authentication } from './routes.ts'
export { MfaCompliance } from './schema.ts'
export { mfaComplianceView } from './views.ts'
