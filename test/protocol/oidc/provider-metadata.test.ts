import { expect, test } from 'bun:test'
import { processDiscoveryResponse } from 'oauth4webapi'
import { ASYMMETRIC_ALGORITHMS, SIGNING_ALGORITHMS } from '../../../src/protocol/oauth/index.ts'
import { type ProviderDescription, providerMetadata } from '../../../src/protocol/oidc/index.ts'

const ISSUER = 'https://id.example.com'
const endpoints = {
  authorization: `${ISSUER}/oidc/authorize`,
  token: `${ISSUER}/oidc/token`,
  jwks: `${ISSUER}/oidc/jwks`,
  userinfo: `${ISSUER}/oidc/userinfo`,
}
const description: ProviderDescription = {
  issuer: ISSUER,
  endpoints,
  grantTypes: ['authorization_code'],
  responseTypes: ['code'],
  responseModes: ['query', 'form_post'],
  codeChallengeMethods: ['S256'],
  scopes: ['openid'],
  claims: ['sub'],
  acrValues: [],
  prompts: ['none', 'login'],
  locales: ['en', 'de'],
  subjectTypes: ['public'],
  authenticationMethods: ['client_secret_basic', 'none'],
  algorithms: {
    idToken: SIGNING_ALGORITHMS,
    userinfo: SIGNING_ALGORITHMS,
    requestObject: ASYMMETRIC_ALGORITHMS,
    clientAssertion: ASYMMETRIC_ALGORITHMS,
    dpop: ASYMMETRIC_ALGORITHMS,
  },
  requiresPushedRequests: false,
  acceptsClientIdMetadataDocuments: false,
  acceptsRequestUris: false,
}
const optional = {
  pushedAuthorization: `${ISSUER}/oidc/par`,
  introspection: `${ISSUER}/oidc/introspect`,
  revocation: `${ISSUER}/oidc/revoke`,
  deviceAuthorization: `${ISSUER}/oidc/device`,
  registration: `${ISSUER}/oidc/register`,
  endSession: `${ISSUER}/oidc/logout`,
}

test('the document is accepted by a relying party', async () => {
  const response = Response.json(
    providerMetadata({ ...description, endpoints: { ...endpoints, ...optional } }),
  )
  const read = await processDiscoveryResponse(new URL(ISSUER), response)
  expect(read.pushed_authorization_request_endpoint).toBe(optional.pushedAuthorization)
})

test('what OpenID Connect Discovery §3 and RFC 8414 §2 require is there', () => {
  expect(providerMetadata(description)).toMatchObject({
    issuer: ISSUER,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
    authorization_response_iss_parameter_supported: true,
    // Its default is true, so it has to be said.
    request_uri_parameter_supported: false,
    claims_parameter_supported: true,
  })
})

test('what is not offered is not listed, nor is an empty list (RFC 8414 §3.2)', () => {
  const names = Object.keys(providerMetadata(description))
  for (const absent of [
    'registration_endpoint',
    'introspection_endpoint',
    'introspection_endpoint_auth_methods_supported',
    'revocation_endpoint',
    'revocation_endpoint_auth_methods_supported',
    'device_authorization_endpoint',
    'pushed_authorization_request_endpoint',
    'require_pushed_authorization_requests',
    'end_session_endpoint',
    'backchannel_logout_supported',
    'acr_values_supported',
    'service_documentation',
  ])
    expect(names).not.toContain(absent)
})

test('what is offered is', () => {
  const metadata = providerMetadata({ ...description, endpoints: { ...endpoints, ...optional } })
  expect(metadata).toMatchObject({
    registration_endpoint: optional.registration,
    introspection_endpoint: optional.introspection,
    revocation_endpoint: optional.revocation,
    device_authorization_endpoint: optional.deviceAuthorization,
    require_pushed_authorization_requests: false,
    end_session_endpoint: optional.endSession,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
    // Tokens are not introspected by just anybody (RFC 7662 §2.1).
    introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
  })
})
