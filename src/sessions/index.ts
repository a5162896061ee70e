/**
 * Who is calling: session tokens, cookies and API keys; the devices a person has signed in from.
 * Routes: /auth/sessions, /users/me/api-keys.
 * Invariants: a token is stored as its digest only; revoked is refused at the next request of any process.
 */
export { createAuthenticate } from './authenticate.ts'
export { type Acr, issueSession, type NewSession, revokeSession, revokeSessions } from './session.ts'
