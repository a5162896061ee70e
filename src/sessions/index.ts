/**
 * Who is calling: session tokens, cookies and API keys; the devices a person has signed in from; the one place that ends
 * what applications hold for a person.
 * Routes: /auth/sessions. (API keys are served under /users/me/api-keys, by profile.)
 * Invariants: a token is stored as its digest only; revoked is refused at the next request of any process; a key
 * never reaches further than the person who made it.
 */
export { tellClients } from './announce-end.ts'
export { createApiKey, listApiKeys, MAX_API_KEYS, revokeApiKey, revokeApiKeys } from './api-key.ts'
export {
  createAuthenticate,
  type FindAccessToken,
  isLive,
  type PresentedAccessToken,
} from './authenticate.ts'
export {
  removeExpiredApiKeys,
  removeExpiredSessions,
  removeForgottenDevices,
  removeIdleSessions,
} from './clean-up.ts'
export { deviceName } from './device-name.ts'
export { endUserTokens } from './end-user-tokens.ts'
export { type Device, isKnownDevice, type RememberedDevice, rememberDevice } from './known-device.ts'
export { listSessions } from './list.ts'
export { sessions } from './routes.ts'
export { ApiKey, NewApiKey, Session } from './schema.ts'
export {
  type Acr,
  issueSession,
  type NewSession,
  renewSession,
  revokeSession,
  revokeSessionByToken,
  revokeSessions,
  rotateSession,
  type SessionGain,
} from './session.ts'
export { apiKeyView, sessionView } from './views.ts'
