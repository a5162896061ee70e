/**
 * OpenID Connect on top of OAuth: Core 1.0, Discovery 1.0, RP-Initiated and Back-Channel Logout 1.0. Decides what an
 * authorization request asks for and where its answer may go, and says what tokens and documents hold. Pure.
 */
export {
  type AuthorizationClient,
  type AuthorizationRequest,
  parseAuthorizationRequest,
  REDIRECT_URI_MISMATCH,
  type RequestedAcr,
} from './authorization-request.ts'
export {
  allowedClaims,
  CLAIM_NAMES,
  CLAIM_SCOPES,
  type Person,
  type PersonOrganization,
  personClaims,
  RESERVED_CLAIMS,
  scopesOfClaims,
} from './claims.ts'
export { type ClaimsRequest, parseClaimsRequest, type RequestedClaim } from './claims-request.ts'
export { type IdToken, type IdTokenHint, idTokenClaims, tokenHash, verifyIdTokenHint } from './id-token.ts'
export {
  type LogoutRequest,
  type LogoutToken,
  logoutClientId,
  logoutTokenClaims,
  parseLogoutRequest,
  postLogoutLocation,
} from './logout.ts'
export { DISPLAYS, type Display, PROMPTS, type Prompt, parsePrompt } from './prompt.ts'
export {
  type ProviderAlgorithms,
  type ProviderDescription,
  type ProviderEndpoints,
  providerMetadata,
} from './provider-metadata.ts'
export {
  type AuthorizationExpectation,
  PUSHED_REQUEST_PREFIX,
  readAuthorizationRequest,
} from './read-authorization-request.ts'
export { AuthorizationError, findChannel } from './response-channel.ts'
export {
  checkSectorDocument,
  pairwiseSessionId,
  pairwiseSubject,
  sectorIdentifier,
  sessionOfPairwise,
} from './subject.ts'
export { signedUserinfoClaims, userinfoResponse } from './userinfo.ts'
