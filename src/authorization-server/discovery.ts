import { apiResource } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import {
  ASYMMETRIC_ALGORITHMS,
  CLIENT_AUTHENTICATION_METHODS,
  GRANT_TYPES,
  HMAC_ALGORITHMS,
  protectedResourceMetadata,
  RESPONSE_MODES,
  SIGNING_ALGORITHMS,
} from '../protocol/oauth/index.ts'
import { CLAIM_NAMES, CLAIM_SCOPES, PROMPTS, providerMetadata } from '../protocol/oidc/index.ts'
import { addressOf, PATHS } from './addresses.ts'
import { offeredResponseTypes } from './authorization-client.ts'
import { API_SCOPES, KNOWN_SCOPES } from './scopes.ts'

/** What this server is and does, for applications to set themselves up by. OpenID Connect Discovery 1.0 §3, RFC 8414 §2 */
export const describeProvider = (config: Config): Record<string, unknown> => ({
  ...providerMetadata({
    issuer: config.oidc.issuer,
    endpoints: {
      authorization: addressOf(config, PATHS.authorization),
      token: addressOf(config, PATHS.token),
      jwks: addressOf(config, PATHS.jwks),
      userinfo: addressOf(config, PATHS.userinfo),
      introspection: addressOf(config, PATHS.introspection),
      revocation: addressOf(config, PATHS.revocation),
      pushedAuthorization: addressOf(config, PATHS.pushedAuthorization),
      endSession: addressOf(config, PATHS.endSession),
      registration: addressOf(config, PATHS.registration),
      deviceAuthorization: addressOf(config, PATHS.deviceAuthorization),
    },
    grantTypes: [...GRANT_TYPES, ...(config.oidc.dynamicProfile ? (['implicit'] as const) : [])],
    responseTypes: offeredResponseTypes(config),
    responseModes: RESPONSE_MODES,
    codeChallengeMethods: ['S256'],
    scopes: KNOWN_SCOPES,
    claims: [...TOKEN_CLAIMS, ...CLAIM_NAMES],
    acrValues: ['urn:authy2:acr:1fa', 'urn:authy2:acr:2fa', 'urn:authy2:acr:phr'],
    prompts: PROMPTS,
    locales: ['en', 'de'],
    subjectTypes: ['public', 'pairwise'],
    authenticationMethods: CLIENT_AUTHENTICATION_METHODS,
    algorithms: {
      idToken: SIGNING_ALGORITHMS,
      userinfo: SIGNING_ALGORITHMS,
      requestObject: ASYMMETRIC_ALGORITHMS,
      clientAssertion: [...ASYMMETRIC_ALGORITHMS, ...HMAC_ALGORITHMS],
      dpop: ASYMMETRIC_ALGORITHMS,
    },
    requiresPushedRequests: false,
    acceptsClientIdMetadataDocuments: config.oidc.clientMetadataDocuments,
    acceptsRequestUris: config.oidc.dynamicProfile,
  }),
})

const TOKEN_CLAIMS = [
  'sub',
  'iss',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'acr',
  'amr',
  'azp',
  'nonce',
  'sid',
  'at_hash',
]

/**
 * What the issuer is as a resource: userinfo, for which tokens name it as their audience. Whoever reads the document
 * has to find the resource in it that its address was made of. RFC 9728 §2, §3.3
 */
export const describeIssuerResource = (config: Config): Record<string, unknown> => ({
  ...protectedResourceMetadata({
    resource: config.oidc.issuer,
    name: 'Authy2',
    authorizationServers: [config.oidc.issuer],
    scopes: ['openid', ...CLAIM_SCOPES],
    dpopAlgorithms: ASYMMETRIC_ALGORITHMS,
  }),
})

/** The same for whoever wants to call the REST API. RFC 9728 §2 */
export const describeApiResource = (config: Config): Record<string, unknown> => ({
  ...protectedResourceMetadata({
    resource: apiResource(config),
    name: 'Authy2',
    authorizationServers: [config.oidc.issuer],
    scopes: API_SCOPES,
    dpopAlgorithms: ASYMMETRIC_ALGORITHMS,
  }),
})
