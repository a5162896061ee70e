import type { CompleteClientMetadata } from '../protocol/oauth/index.ts'

/**
 * Whether a client keeps to the FAPI 2.0 Security Profile: it authenticates with a key, pushes its requests, and has
 * every token bound to a key. The profile's stricter rules hold for it, and hold for it alone: others could not keep
 * them. FAPI 2.0 Security Profile §5.3.3
 */
export const isFapiClient = (metadata: CompleteClientMetadata): boolean =>
  metadata.token_endpoint_auth_method === 'private_key_jwt' &&
  metadata.require_pushed_authorization_requests &&
  metadata.dpop_bound_access_tokens

/** What it may sign with. §5.4.1 */
export const FAPI_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']
