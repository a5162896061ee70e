/**
 * OAuth as its standards have it: RFC 6749, 6750, 7009, 7521, 7523, 7591, 7592, 7636, 7638, 7662, 8252, 8628,
 * 8693, 8707, 9068, 9101, 9207, 9449, 9728. Each exchange is parsed, decided and encoded apart. Pure: keys, time
 * and entropy are given, and whatever has to be fetched or remembered is told to the caller.
 */
export {
  type AccessToken,
  type Authentication,
  accessTokenClaims,
  verifyAccessToken,
} from './access-token.ts'
export { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from './algorithms.ts'
export {
  type AuthorizationOutcome,
  type AuthorizationResponse,
  addToQuery,
  encodeAuthorizationResponse,
  encodeError,
  RESPONSE_MODES,
  type ResponseChannel,
  type ResponseMode,
} from './authorization-response.ts'
export { type Challenge, encodeChallenge, encodeChallenges } from './challenge.ts'
export { type AssertionExpectation, type AssertionUse, verifyClientAssertion } from './client-assertion.ts'
export {
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthentication,
  type ClientAuthenticationMethod,
  parseClientAuthentication,
} from './client-authentication.ts'
export { isClientIdUrl, parseClientIdMetadataDocument } from './client-id-metadata-document.ts'
export { ClientMetadata, MAX_REQUEST_URI_LENGTH } from './client-metadata.ts'
export {
  type CompleteClientMetadata,
  completeClientMetadata,
  DEFAULT_ID_TOKEN_ALGORITHM,
} from './complete-client-metadata.ts'
export {
  type DeviceAuthorization,
  type DeviceAuthorizationRequest,
  encodeDeviceAuthorization,
  parseDeviceAuthorizationRequest,
} from './device-authorization.ts'
export { accessTokenHash, type DpopExpectation, type DpopProof, verifyDpopProof } from './dpop.ts'
export { OAUTH_ERROR_STATUS, OAuthError, type OAuthErrorCode } from './error.ts'
export {
  accessDenied,
  accountSelectionRequired,
  authorizationPending,
  consentRequired,
  dpopNonceRequired,
  expiredToken,
  insufficientScope,
  interactionRequired,
  invalidClient,
  invalidClientMetadata,
  invalidDpopProof,
  invalidGrant,
  invalidRedirectUri,
  invalidRequest,
  invalidRequestObject,
  invalidRequestUri,
  invalidScope,
  invalidSoftwareStatement,
  invalidTarget,
  invalidToken,
  loginRequired,
  registrationNotSupported,
  requestNotSupported,
  requestUriNotSupported,
  serverError,
  slowDown,
  temporarilyUnavailable,
  unapprovedSoftwareStatement,
  unauthorizedClient,
  unmetAuthenticationRequirements,
  unsupportedGrantType,
  unsupportedResponseType,
  unsupportedTokenType,
} from './errors.ts'
export {
  acceptedAlgorithms,
  FAPI_ALGORITHMS,
  FAPI_CODE_SECONDS,
  isFapiClient,
  issuedAlgorithm,
} from './fapi.ts'
export { isGrantOfPeople } from './grants-of-people.ts'
export { isMissingKey, JwtError } from './jwt-error.ts'
export {
  type FlawedParameters,
  parametersOf,
  parseFlawedParameters,
  parseParameters,
  type RequestParameters,
  requireParameter,
} from './parameters.ts'
export {
  CODE_CHALLENGE_METHODS,
  type CodeChallenge,
  type CodeChallengeMethod,
  parseCodeChallenge,
  s256CodeChallenge,
  verifyCodeChallenge,
} from './pkce.ts'
export { type PresentedToken, parsePresentedToken } from './presented-token.ts'
export { type ProtectedResource, protectedResourceMetadata } from './protected-resource-metadata.ts'
export { matchRedirectUri, parseRedirectUri, type RegisteredRedirectUri } from './redirect-uri.ts'
export {
  encodeClientInformation,
  parseRegistration,
  parseRegistrationUpdate,
  type RegisteredClient,
  type RegistrationOffer,
} from './registration.ts'
export { type RequestObjectExpectation, verifyRequestObject } from './request-object.ts'
export { parseResources } from './resource.ts'
export {
  findResponseType,
  IMPLICIT_RESPONSE_TYPES,
  type ImplicitResponseType,
  memberOfDynamicProfile,
  RESPONSE_TYPES,
  type ResponseType,
  withoutDynamicProfile,
} from './response-type.ts'
export { encodeScope, grantableScope, narrowedScope, optionalScope, parseScope } from './scope.ts'
export {
  epochSeconds,
  type JwtType,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  signJwt,
  signJwtAside,
} from './sign-jwt.ts'
export { jwkThumbprint, type PublicJwk, parsePublicJwk } from './thumbprint.ts'
export { TOKEN_TYPES, type TokenExchange, type TokenType } from './token-exchange.ts'
export {
  type ActiveToken,
  encodeIntrospection,
  parseTokenReference,
  type TokenReference,
} from './token-reference.ts'
export { GRANT_TYPES, type GrantType, parseTokenRequest, type TokenRequest } from './token-request.ts'
export { encodeTokenResponse, type IssuedTokens } from './token-response.ts'
export { createUserCode, displayUserCode, parseUserCode } from './user-code.ts'
export { parseJwks, type VerificationKeys } from './verification-keys.ts'
export { parseJwtHeader, peekClaims, verifyJwt } from './verify-jwt.ts'
