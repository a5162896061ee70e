import type {
  ClientAuthenticationMethod,
  CodeChallengeMethod,
  GrantType,
  ResponseMode,
  ResponseType,
} from '../oauth/index.ts'

/** What this server offers: whatever is absent is not offered, and is not told. */
export interface ProviderDescription {
  readonly issuer: string
  readonly endpoints: ProviderEndpoints
  readonly grantTypes: readonly (GrantType | 'implicit')[]
  readonly responseTypes: readonly ResponseType[]
  readonly responseModes: readonly ResponseMode[]
  readonly codeChallengeMethods: readonly CodeChallengeMethod[]
  readonly scopes: readonly string[]
  readonly claims: readonly string[]
  readonly acrValues: readonly string[]
  readonly prompts: readonly string[]
  readonly locales: readonly string[]
  readonly subjectTypes: readonly ('public' | 'pairwise')[]
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  readonly algorithms: ProviderAlgorithms
  readonly requiresPushedRequests: boolean
  readonly acceptsClientIdMetadataDocuments: boolean
  /** Request objects by reference, from where clients have registered them. OpenID Connect Core 1.0 §6.2 */
  readonly acceptsRequestUris: boolean
  readonly documentation?: string
  readonly policy?: string
  readonly terms?: string
}

export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  readonly jwks: string
  readonly userinfo: string
  readonly pushedAuthorization?: string
  readonly introspection?: string
  readonly revocation?: string
  readonly deviceAuthorization?: string
  readonly registration?: string
  readonly endSession?: string
}

export interface ProviderAlgorithms {
  readonly idToken: readonly string[]
  readonly userinfo: readonly string[]
  readonly requestObject: readonly string[]
  readonly clientAssertion: readonly string[]
  readonly dpop: readonly string[]
}

/**
 * The document of both discovery addresses: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, with RFC 9126 §5, RFC
 * 9207 §3, RFC 9449 §5.1, RP-Initiated Logout §2.1, Back-Channel Logout §2.1 and RFC 8628 §4.
 */
export function providerMetadata(description: ProviderDescription) {
  const { endpoints, algorithms, authenticationMethods } = description
  return withoutAbsent({
    issuer: description.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    userinfo_endpoint: endpoints.userinfo,
    jwks_uri: endpoints.jwks,
    registration_endpoint: endpoints.registration,
    introspection_endpoint: endpoints.introspection,
    revocation_endpoint: endpoints.revocation,
    device_authorization_endpoint: endpoints.deviceAuthorization,
    pushed_authorization_request_endpoint: endpoints.pushedAuthorization,
    require_pushed_authorization_requests:
      endpoints.pushedAuthorization && description.requiresPushedRequests,
    end_session_endpoint: endpoints.endSession,
    backchannel_logout_supported: endpoints.endSession && true,
    backchannel_logout_session_supported: endpoints.endSession && true,
    scopes_supported: description.scopes,
    response_types_supported: description.responseTypes,
    response_modes_supported: description.responseModes,
    grant_types_supported: description.grantTypes,
    acr_values_supported: description.acrValues,
    prompt_values_supported: description.prompts,
    display_values_supported: ['page', 'popup', 'touch', 'wap'],
    claims_supported: description.claims,
    claim_types_supported: ['normal'],
    claims_parameter_supported: true,
    ui_locales_supported: description.locales,
    subject_types_supported: description.subjectTypes,
    id_token_signing_alg_values_supported: algorithms.idToken,
    userinfo_signing_alg_values_supported: algorithms.userinfo,
    request_parameter_supported: true,
    request_uri_parameter_supported: description.acceptsRequestUris,
    require_request_uri_registration: description.acceptsRequestUris,
    request_object_signing_alg_values_supported: algorithms.requestObject,
    token_endpoint_auth_methods_supported: authenticationMethods,
    token_endpoint_auth_signing_alg_values_supported: algorithms.clientAssertion,
    ...authenticationAt('introspection', endpoints.introspection, description),
    ...authenticationAt('revocation', endpoints.revocation, description),
    code_challenge_methods_supported: description.codeChallengeMethods,
    authorization_response_iss_parameter_supported: true,
    dpop_signing_alg_values_supported: algorithms.dpop,
    client_id_metadata_document_supported: description.acceptsClientIdMetadataDocuments,
    service_documentation: description.documentation,
    op_policy_uri: description.policy,
    op_tos_uri: description.terms,
  })
}

function authenticationAt(
  endpoint: 'introspection' | 'revocation',
  url: string | undefined,
  { authenticationMethods, algorithms }: ProviderDescription,
): Readonly<Record<string, unknown>> {
  if (url === undefined) return {}
  // A token is introspected by whom it is meant for, so never by just anybody. RFC 7662 §2.1
  const methods =
    endpoint === 'revocation'
      ? authenticationMethods
      : authenticationMethods.filter((method) => method !== 'none')
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: methods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: algorithms.clientAssertion,
  }
}

/** Claims with zero elements are left out, too. RFC 8414 §3.2 */
const withoutAbsent = (members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  )
