import type { SigningAlgorithm } from './sign-jwt.ts'

/** Of client metadata, complete or not. */
interface Members {
  readonly token_endpoint_auth_method?: unknown
  readonly require_pushed_authorization_requests?: unknown
  readonly dpop_bound_access_tokens?: unknown
}

/**
 * Whether a client keeps to the FAPI 2.0 Security Profile: it authenticates with a key, pushes its requests, and has
 * every token bound to a key. The profile's stricter rules hold for it, and hold for it alone: others could not keep
 * them. FAPI 2.0 Security Profile §5.3.3
 */
export const isFapiClient = (metadata: Members): boolean =>
  metadata.token_endpoint_auth_method === 'private_key_jwt' &&
  metadata.require_pushed_authorization_requests === true &&
  metadata.dpop_bound_access_tokens === true

/** What it, and this server for it, may sign with. §5.4.1 */
export const FAPI_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

/** How long a code for it lives at most. §5.3.2.1 */
export const FAPI_CODE_SECONDS = 60

/** What is accepted of a client, of these. */
export const acceptedAlgorithms = (metadata: Members, algorithms: readonly string[]): readonly string[] =>
  isFapiClient(metadata) ? algorithms.filter((name) => FAPI_ALGORITHMS.includes(name)) : algorithms

/** What is signed with for a client: as it is set up, unless that was before such a client could not have it. */
export const issuedAlgorithm = (metadata: Members, algorithm: SigningAlgorithm): SigningAlgorithm =>
  isFapiClient(metadata) && !FAPI_ALGORITHMS.includes(algorithm) ? 'ES256' : algorithm
