import { type NewAuditEvent, record } from '../audit/index.ts'
import { findStoredClient, type StoredClient } from '../clients/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import { GRANT_TYPES, type OAuthError, type OAuthErrorCode } from '../protocol/oauth/index.ts'
import { PATHS } from './addresses.ts'
import { auditedClient } from './audited-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { type Failure, toFailure } from './failure.ts'

type Deps = Pick<AuthorizationServerDeps, 'metrics' | 'read' | 'write'>

/** How far a request got before it was refused. */
export interface RefusedRequest {
  readonly path: string
  /** As the request says it, be there such a client or not. */
  readonly clientId?: string | undefined
  readonly client?: StoredClient | undefined
  /** Whether the client has proved who it is, as far as its kind can. */
  readonly isAuthenticated?: boolean
  readonly grantType?: string | undefined
}

/**
 * What a throw becomes for the client, and what stays of it: a line in the log and a count; of a client that is
 * registered, an event too, with the reason that it was not told. An id that nothing has is in the log alone, and what
 * went over a limit as well: nobody fills the audit log with what they make up.
 */
export async function refuse(
  deps: Deps,
  origin: RequestOrigin,
  { thrown, ...request }: RefusedRequest & { readonly thrown: unknown },
): Promise<Failure> {
  const failure = toFailure(thrown, origin.log)
  noteRefusal(deps, origin, { path: request.path, clientId: request.clientId, failure })
  const event = isOfInterest(failure) ? eventOf(request, failure.error) : undefined
  return event ? recorded(deps, origin, { event, failure }) : failure
}

/**
 * The same of a registration. A token that lets nobody in is an event: of a client that there is, or where the token
 * was to make one. Without any token it is none.
 */
export async function refuseRegistration(
  deps: Deps,
  origin: RequestOrigin,
  { thrown, clientId, presentedToken }: RefusedRegistration,
): Promise<Failure> {
  const path = PATHS.registration
  const failure = toFailure(thrown, origin.log)
  noteRefusal(deps, origin, { path, clientId, failure })
  if (failure.error.code !== 'invalid_token' || presentedToken === undefined) return failure
  const client =
    clientId === undefined
      ? undefined
      : await deps.read(origin, ({ reader }) => findStoredClient(reader, clientId))
  if (clientId !== undefined && !client) return failure
  const event = {
    action: 'oidc.client.auth_failed',
    outcome: 'failure',
    reason: reasonOf(failure.error),
    ...(client && auditedClient(client)),
    details: { endpoint: path },
  } as const
  return recorded(deps, origin, { event, failure })
}

interface RefusedRegistration {
  readonly thrown: unknown
  readonly clientId: string | undefined
  readonly presentedToken: string | undefined
}

/** The failure once its event is written; that it cannot be, where it cannot. */
async function recorded(
  { write }: Pick<Deps, 'write'>,
  origin: RequestOrigin,
  { event, failure }: { readonly event: NewAuditEvent; readonly failure: Failure },
): Promise<Failure> {
  try {
    await write(origin, (ctx) => record(ctx, event))
    return failure
  } catch (error) {
    return toFailure(error, origin.log)
  }
}

/** In the log and the metrics. An id that somebody made up is cut there. */
export function noteRefusal(
  { metrics }: Pick<Deps, 'metrics'>,
  { log }: RequestOrigin,
  { path, clientId, failure }: Pick<RefusedRequest, 'path' | 'clientId'> & { readonly failure: Failure },
): void {
  const { code } = failure.error
  metrics.oauthRefusals.inc({ error: code })
  log.info('oidc.refused', {
    path,
    client_id: clientId?.slice(0, MAX_LOGGED_ID),
    error_code: code,
    reason: failure.error.reason,
  })
}

const MAX_LOGGED_ID = 128

/** What precisely was wrong. */
const reasonOf = ({ reason, message }: OAuthError): string => reason ?? message

/** Part of the way that every such client goes. RFC 8628 §3.5, RFC 9449 §8 */
const EXPECTED: readonly OAuthErrorCode[] = ['authorization_pending', 'slow_down', 'use_dpop_nonce']

/** Neither those nor what says nothing of the client: its limit, and what went wrong here. */
const isOfInterest = ({ status, error }: Failure): boolean =>
  status < 500 && status !== 429 && !EXPECTED.includes(error.code)

function eventOf(
  { path, client, isAuthenticated, grantType }: RefusedRequest,
  error: OAuthError,
): NewAuditEvent | undefined {
  if (!client) return undefined
  const outcome = { outcome: 'failure', reason: reasonOf(error), ...auditedClient(client) } as const
  if (!isAuthenticated) return { ...outcome, action: 'oidc.client.auth_failed', details: { endpoint: path } }
  if (path !== PATHS.token) return undefined
  const known = GRANT_TYPES.find((type) => type === grantType)
  return {
    ...outcome,
    action: 'oidc.token',
    actor: { kind: 'client', clientId: client.id },
    details: { client_id: client.id, grant_type: known ?? null, error: error.code },
  }
}
