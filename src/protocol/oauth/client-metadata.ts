import { z } from 'zod'
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from './algorithms.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client-authentication.ts'
import { parseRedirectUri } from './redirect-uri.ts'
import { RESPONSE_TYPES } from './response-type.ts'
import { SCOPE_TOKEN } from './scope.ts'
import { SIGNING_ALGORITHMS } from './sign-jwt.ts'
import { parsePublicJwk } from './thumbprint.ts'
import { GRANT_TYPES } from './token-request.ts'

const MAX_URIS = 50
const MAX_KEYS = 20
const MAX_REQUEST_URIS = 20
/** OpenID Connect Core 1.0 §6.2 */
export const MAX_REQUEST_URI_LENGTH = 512

/** Text for people: no control characters, nothing that turns the direction of what is around it. */
const Text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, 'must not contain control characters')

/** Kept as it is written, so that it must be written in full: a URL parser would forgive spaces and controls. */
const Uri = (form: RegExp, problem: string) =>
  z
    .string()
    .max(2_048)
    .refine((text) => /^[^\s\p{Cc}\p{Cs}\\]+$/u.test(text) && URL.canParse(text) && form.test(text), problem)
    .meta({ format: 'uri' })

/** An address that a person may be sent to. */
export const WebUri = Uri(/^https?:\/\//, 'must be an http or https URL')
/** A picture on the pages, whose content policy takes none by plain http from elsewhere. */
const LogoUri = Uri(
  /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/?]|$))/,
  'must be an https URL, which pages can show',
)
/** An address that this server calls: TLS, or this machine while developing. */
const CalledUri = Uri(
  /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/?]|$))[^#]*$/,
  'must be an https URL without a fragment',
)
const HttpsUri = Uri(/^https:\/\//, 'must be an https URL')
/** An address of a request object. OpenID Connect Core 1.0 §6.2 */
const RequestUri = HttpsUri.refine((text) => text.length <= MAX_REQUEST_URI_LENGTH, 'must be shorter')

const RedirectUri = z.string().superRefine((text, context) => {
  try {
    parseRedirectUri(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is malformed' })
  }
})

const PublicKeySet = z.object({
  keys: z
    .array(
      z
        .record(z.string(), z.unknown())
        .refine((key) => parsePublicJwk(key) !== undefined, 'must be a public EC, OKP or RSA key'),
    )
    .min(1)
    .max(MAX_KEYS),
})

/** Those of the token endpoint, and the one that never comes there. RFC 6749 §4.2 */
const REGISTERED_GRANT_TYPES = [...GRANT_TYPES, 'implicit'] as const

const AssertionAlgorithm = z.enum([...ASYMMETRIC_ALGORITHMS, ...HMAC_ALGORITHMS])
const OwnAlgorithm = z.enum(SIGNING_ALGORITHMS)

/**
 * What is registered of a client, as the standards spell it: RFC 7591 §2, OpenID Connect Registration 1.0 §2,
 * RP-Initiated Logout 1.0 §3.1, Back-Channel Logout 1.0 §2.2, RFC 9126 §6, RFC 9101 §10.5, RFC 9449 §5.2. What is
 * not understood is left out, and the answer shows what counts. Every member alone; see completeClientMetadata.
 */
export const ClientMetadata = z.object({
  redirect_uris: z.array(RedirectUri).max(MAX_URIS).optional(),
  token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATION_METHODS).optional(),
  token_endpoint_auth_signing_alg: AssertionAlgorithm.optional(),
  grant_types: z.array(z.enum(REGISTERED_GRANT_TYPES)).max(REGISTERED_GRANT_TYPES.length).optional(),
  response_types: z.array(z.enum(RESPONSE_TYPES)).max(RESPONSE_TYPES.length).optional(),
  application_type: z.enum(['web', 'native']).optional(),
  client_name: Text(200).optional(),
  client_uri: WebUri.optional(),
  logo_uri: LogoUri.optional(),
  policy_uri: WebUri.optional(),
  tos_uri: WebUri.optional(),
  contacts: z.array(Text(254)).max(20).optional(),
  scope: z
    .string()
    .max(4_096)
    .refine(
      (scope) => scope.split(' ').every((token) => token === '' || SCOPE_TOKEN.test(token)),
      'is malformed',
    )
    .optional(),
  jwks: PublicKeySet.optional(),
  jwks_uri: CalledUri.optional(),
  software_id: Text(256).optional(),
  software_version: Text(256).optional(),
  subject_type: z.enum(['public', 'pairwise']).optional(),
  sector_identifier_uri: HttpsUri.optional(),
  id_token_signed_response_alg: OwnAlgorithm.optional(),
  userinfo_signed_response_alg: OwnAlgorithm.optional(),
  request_object_signing_alg: z.enum([...ASYMMETRIC_ALGORITHMS, 'none']).optional(),
  request_uris: z.array(RequestUri).max(MAX_REQUEST_URIS).optional(),
  require_signed_request_object: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  default_max_age: z.int().min(0).optional(),
  require_auth_time: z.boolean().optional(),
  default_acr_values: z.array(Text(256)).max(20).optional(),
  initiate_login_uri: HttpsUri.optional(),
  post_logout_redirect_uris: z.array(RedirectUri).max(MAX_URIS).optional(),
  backchannel_logout_uri: CalledUri.optional(),
  backchannel_logout_session_required: z.boolean().optional(),
})
export type ClientMetadata = z.infer<typeof ClientMetadata>
