/**
 * The OpenID Provider and OAuth 2.1 authorization server. Towards applications: discovery, tokens and what is asked of
 * and done to them, registration. Towards people: the authorization request as a stored interaction of one browser,
 * consent and what was consented to, answering for a device, sign-out.
 * Routes: /.well-known/openid-configuration, oauth-authorization-server, oauth-protected-resource; /oidc/authorize, par,
 * token, jwks, userinfo, revoke, introspect, device, logout, register; /api/v1/oidc/interactions, /api/v1/oidc/device.
 * Invariants: what is issued has its row and its audit event in the transaction that issues it; a code, refresh token,
 * device code, pushed request or interaction is used once; every access token is judged by its row, its key, its user and its
 * session, so that nothing is good after any of them has ended, without a list of what was revoked; every step of an
 * interaction decides the whole request anew; a browser is sent nowhere that its client did not register.
 */
export { findOrCreateGrant, issueAuthorizationCode, type NewAuthorizationCode } from './authorization-code.ts'
export { backChannelLogout } from './back-channel-logout.ts'
export type { BrowserExchange, BrowserPages, Settings } from './browser-pages.ts'
export {
  removeExpiredAccessTokens,
  removeExpiredClientSessions,
  removeExpiredCodes,
  removeExpiredDeviceAuthorizations,
  removeExpiredInteractions,
  removeExpiredPushedRequests,
  removeExpiredRefreshTokens,
} from './clean-up.ts'
export type { AuthorizationServerDeps } from './deps.ts'
export {
  answerDevice,
  getWaitingDevice,
  recordRefusal as recordRefusedDevice,
  type WaitingDevice,
} from './device-approval.ts'
export { createDpopProofs, type DpopProofs } from './dpop-proofs.ts'
export { toOAuthError } from './failure.ts'
export { browserEndpoints, interactionApi } from './front-channel.ts'
export { collectGrants, grantView, HeldGrant, listGrants, revokeGrant } from './held-grants.ts'
export {
  abort,
  consent,
  continueInteraction,
  getInteraction,
  type OpenInteraction,
  type Progress,
} from './interaction.ts'
export type { BrowserEndpointDeps, InteractionDeps, InteractionRouteDeps } from './interaction-deps.ts'
export { createInteractionSignIn, type SignedInProgress } from './interaction-sign-in.ts'
export type { InteractionKey } from './interaction-store.ts'
export { destination, interactionView, shownClientView } from './interaction-views.ts'
export { type LogoutOutcome, logout } from './logout.ts'
export { UNKNOWN_CLIENT } from './open-request.ts'
export { isOpenToPages } from './open-to-pages.ts'
export { createFindAccessToken } from './protected-resource.ts'
export { isForBrowsers, protocolFailures } from './protocol-failures.ts'
export { authorizationServer } from './routes.ts'
export { personOf, type SignedInPerson } from './situation.ts'
export { createKeyChain } from './subject.ts'
