import type { z } from 'zod'
import { HMAC_ALGORITHMS } from './algorithms.ts'
import { ClientMetadata, WebUri } from './client-metadata.ts'
import { invalidClientMetadata, invalidRedirectUri } from './errors.ts'
import { FAPI_ALGORITHMS, isFapiClient } from './fapi.ts'
import { IMPLICIT_RESPONSE_TYPES, type ResponseType } from './response-type.ts'
import type { SigningAlgorithm } from './sign-jwt.ts'

const { shape } = ClientMetadata

/** Members that have a value whether or not one was sent. RFC 7591 §2, OpenID Connect Registration 1.0 §2 */
const WithDefaults = ClientMetadata.extend({
  logo_uri: WebUri.optional(), // what is stored may be older than the rule
  redirect_uris: shape.redirect_uris.unwrap().default([]),
  token_endpoint_auth_method: shape.token_endpoint_auth_method.unwrap().default('client_secret_basic'),
  grant_types: shape.grant_types.unwrap().default(['authorization_code']),
  application_type: shape.application_type.unwrap().default('web'),
  subject_type: shape.subject_type.unwrap().default('public'),
  require_auth_time: shape.require_auth_time.unwrap().default(false),
  require_signed_request_object: shape.require_signed_request_object.unwrap().default(false),
  require_pushed_authorization_requests: shape.require_pushed_authorization_requests.unwrap().default(false),
  dpop_bound_access_tokens: shape.dpop_bound_access_tokens.unwrap().default(false),
  post_logout_redirect_uris: shape.post_logout_redirect_uris.unwrap().default([]),
  backchannel_logout_session_required: shape.backchannel_logout_session_required.unwrap().default(false),
})

/** OpenID Connect Registration 1.0 §2 */
export const DEFAULT_ID_TOKEN_ALGORITHM: SigningAlgorithm = 'RS256'

/** Metadata of which every member fits every other. */
export type CompleteClientMetadata = z.infer<typeof WithDefaults> & {
  response_types: ResponseType[]
  id_token_signed_response_alg: SigningAlgorithm
}

/**
 * Fills in what the standards say of members that were not sent, and checks those that depend on each other.
 * Throws invalid_redirect_uri, and invalid_client_metadata with the member as its reason.
 */
export function completeClientMetadata(metadata: ClientMetadata): CompleteClientMetadata {
  const filled = WithDefaults.parse(metadata)
  const usesCodes = filled.grant_types.includes('authorization_code')
  const isImplicit = filled.grant_types.includes('implicit')
  const usual: ResponseType[] = [
    ...(usesCodes ? (['code'] as const) : []),
    ...(isImplicit ? IMPLICIT_RESPONSE_TYPES : []),
  ]
  const complete = {
    ...filled,
    response_types: filled.response_types ?? usual,
    id_token_signed_response_alg:
      filled.id_token_signed_response_alg ?? (isFapiClient(filled) ? 'ES256' : DEFAULT_ID_TOKEN_ALGORITHM),
  }
  if ((usesCodes || isImplicit) && complete.redirect_uris.length === 0) {
    throw invalidRedirectUri('The authorization code grant needs a redirect URI.')
  }
  if (isImplicit && !complete.redirect_uris.every(isWebAddress)) {
    throw invalidRedirectUri('The implicit grant needs redirect URIs that are https, and not on localhost.')
  }
  const broken = RULES.find(({ isBroken }) => isBroken(complete))
  if (broken) throw invalidClientMetadata(broken.text, { reason: broken.member })
  return complete
}

interface Rule {
  readonly text: string
  /** The one to mend first: also the `reason` of the error. */
  readonly member: keyof ClientMetadata
  readonly isBroken: (metadata: CompleteClientMetadata) => boolean
}

/** Grants that tell who somebody is to a client that was sent nothing to its redirect URI. */
const WITHOUT_REDIRECT: readonly string[] = [
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

/** Nothing else that listens on the same machine is handed its tokens. OpenID Connect Registration 1.0 §2 */
const isWebAddress = (uri: string): boolean =>
  uri.startsWith('https://') && URL.parse(uri)?.hostname !== 'localhost'

const isHmac = (algorithm: string | undefined) => HMAC_ALGORITHMS.some((known) => known === algorithm)
const hasKeys = ({ jwks, jwks_uri }: CompleteClientMetadata) => jwks !== undefined || jwks_uri !== undefined

const RULES: readonly Rule[] = [
  {
    text: 'The response type code and the grant type authorization_code go together.',
    member: 'response_types',
    isBroken: ({ response_types, grant_types }) =>
      response_types.includes('code') !== grant_types.includes('authorization_code'),
  },
  {
    text: 'The response types id_token and id_token token and the grant type implicit go together.',
    member: 'response_types',
    isBroken: ({ response_types, grant_types }) =>
      IMPLICIT_RESPONSE_TYPES.some((type) => response_types.includes(type)) !==
      grant_types.includes('implicit'),
  },
  {
    // Their tokens cannot be bound to a key, and could not be kept from whoever else reads a private scheme. RFC 8252 §8.2
    text: 'The implicit grant is for web applications whose tokens are not bound to a key.',
    member: 'grant_types',
    isBroken: ({ grant_types, application_type, dpop_bound_access_tokens }) =>
      grant_types.includes('implicit') && (application_type !== 'web' || dpop_bound_access_tokens),
  },
  {
    text: 'A refresh token needs a grant that it comes from.',
    member: 'grant_types',
    isBroken: ({ grant_types }) =>
      grant_types.includes('refresh_token') &&
      grant_types.every((type) => type === 'refresh_token' || type === 'implicit'),
  },
  {
    text: 'At least one grant type is needed.',
    member: 'grant_types',
    isBroken: ({ grant_types }) => grant_types.length === 0,
  },
  {
    // Whoever knows the id of a public client would be given its tokens. RFC 6749 §4.4
    text: 'The client credentials grant is for clients that authenticate.',
    member: 'grant_types',
    isBroken: ({ grant_types, token_endpoint_auth_method }) =>
      token_endpoint_auth_method === 'none' && grant_types.includes('client_credentials'),
  },
  {
    text: 'Keys are given by jwks or by jwks_uri, not both.',
    member: 'jwks_uri',
    isBroken: ({ jwks, jwks_uri }) => jwks !== undefined && jwks_uri !== undefined,
  },
  {
    text: 'The authentication method private_key_jwt needs jwks or jwks_uri.',
    member: 'jwks',
    isBroken: (metadata) => metadata.token_endpoint_auth_method === 'private_key_jwt' && !hasKeys(metadata),
  },
  {
    text: 'Signed request objects need jwks or jwks_uri.',
    member: 'jwks',
    isBroken: (metadata) =>
      (metadata.require_signed_request_object ||
        (metadata.request_object_signing_alg ?? 'none') !== 'none') &&
      !hasKeys(metadata),
  },
  {
    text: 'Request objects that have to be signed have an algorithm.',
    member: 'request_object_signing_alg',
    isBroken: ({ require_signed_request_object, request_object_signing_alg }) =>
      require_signed_request_object && request_object_signing_alg === 'none',
  },
  {
    text: 'A client that has to push its requests has no request_uris.',
    member: 'request_uris',
    isBroken: ({ require_pushed_authorization_requests, request_uris = [] }) =>
      require_pushed_authorization_requests && request_uris.length > 0,
  },
  {
    text: 'The member token_endpoint_auth_signing_alg does not fit the authentication method.',
    member: 'token_endpoint_auth_signing_alg',
    isBroken: ({ token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: algorithm }) =>
      algorithm !== undefined &&
      ((method === 'private_key_jwt' && isHmac(algorithm)) ||
        (method === 'client_secret_jwt' && !isHmac(algorithm))),
  },
  {
    // FAPI 2.0 Security Profile §5.4.1
    text: 'A client of the FAPI 2.0 Security Profile has JWTs signed with PS256, ES256 or EdDSA, and no others.',
    member: 'id_token_signed_response_alg',
    isBroken: (metadata) =>
      isFapiClient(metadata) &&
      [
        metadata.id_token_signed_response_alg,
        metadata.userinfo_signed_response_alg,
        metadata.request_object_signing_alg,
        metadata.token_endpoint_auth_signing_alg,
      ].some((algorithm) => algorithm !== undefined && !FAPI_ALGORITHMS.includes(algorithm)),
  },
  {
    // Else the hosts would be different sectors, and one person two subjects. OpenID Connect Core 1.0 §8.1
    text: 'Pairwise subjects of redirect URIs on several hosts need a sector_identifier_uri.',
    member: 'sector_identifier_uri',
    isBroken: ({ subject_type, sector_identifier_uri, redirect_uris }) =>
      subject_type === 'pairwise' &&
      sector_identifier_uri === undefined &&
      new Set(redirect_uris.map((uri) => URL.parse(uri)?.hostname)).size > 1,
  },
  {
    // Else somebody could name a redirect URI of another sector, never use it, and learn who its people are. Core §8.1
    text: 'Pairwise subjects of redirect URIs that a grant does without need a sector_identifier_uri.',
    member: 'sector_identifier_uri',
    isBroken: ({ subject_type, sector_identifier_uri, redirect_uris, grant_types }) =>
      subject_type === 'pairwise' &&
      sector_identifier_uri === undefined &&
      redirect_uris.some((uri) => URL.parse(uri)?.hostname) &&
      grant_types.some((type) => WITHOUT_REDIRECT.includes(type)),
  },
  {
    text: 'A sector_identifier_uri proves nothing for a client without redirect URIs.',
    member: 'sector_identifier_uri',
    isBroken: ({ sector_identifier_uri, redirect_uris }) =>
      sector_identifier_uri !== undefined && redirect_uris.length === 0,
  },
]
