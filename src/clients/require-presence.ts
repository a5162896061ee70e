import { type Caller, type HttpDeps, requireStepUp } from '../http/index.ts'
import { forbidden } from '../kernel/index.ts'
import type { ClientChange } from './schema.ts'

/**
 * What decides where codes and people go, how the client proves itself, whom it lets in and who is asked: who changes
 * it takes the client over, as by a new secret.
 */
const SENSITIVE: readonly (keyof ClientChange)[] = [
  'redirect_uris',
  'post_logout_redirect_uris',
  'sector_identifier_uri',
  'request_uris',
  'backchannel_logout_uri',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'request_object_signing_alg',
  'require_signed_request_object',
  'require_pushed_authorization_requests',
  'dpop_bound_access_tokens',
  'pkce_required',
  'pkce_plain_allowed',
  'consent',
  'access',
]

/**
 * Lets a change that names any of these pass only for a session whose user has proved to be there. Throws
 * AUTHORIZATION_ERROR for API keys and access tokens, STEP_UP_REQUIRED for an old session.
 */
export async function requirePresence(deps: HttpDeps, caller: Caller, change: ClientChange): Promise<void> {
  const members = SENSITIVE.filter((name) => change[name] !== undefined)
  if (members.length === 0) return
  const { kind } = caller.credential
  if (kind !== 'session') {
    const name = kind === 'api_key' ? 'API key' : 'access token'
    throw forbidden(`An ${name} may not change ${members.join(', ')}. Sign in instead.`, { members })
  }
  await requireStepUp(deps, caller)
}
