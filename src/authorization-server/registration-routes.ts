import { Elysia } from 'elysia'
import { z } from 'zod'
import {
  deleteRegisteredClient,
  getRegisteredClient,
  type RegistrationAccess,
  registerClient,
  requireInitialAccess,
  updateRegisteredClient,
} from '../clients/index.ts'
import type { Row } from '../db/index.ts'
import { guard, ofStandard, type RequestOrigin } from '../http/index.ts'
import {
  encodeClientInformation,
  parseRegistration,
  parseRegistrationUpdate,
} from '../protocol/oauth/index.ts'
import { addressOf, PATHS } from './addresses.ts'
import type { Settings } from './browser-pages.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import {
  describeDeleting,
  describeReading,
  describeRegistration,
  describeReplacing,
} from './descriptions/registration.ts'
import { encodeFailure } from './failure.ts'
import { refuseRegistration } from './refusal.ts'

const Document = z.record(z.string(), z.unknown())
const Failures = { 400: Document, 401: Document, 429: Document, 500: Document, 503: Document }
const Path = z.object({ client_id: z.string().max(512) })

interface RegistrationRequest {
  readonly set: Settings
  readonly request: Request
  readonly origin: RequestOrigin
  /** Of one that manages itself. */
  readonly clientId?: string
}

/** Where clients register and manage themselves. RFC 7591 §3, RFC 7592 §2 */
export const registrationEndpoint = (deps: AuthorizationServerDeps) => {
  /** Everything is answered in the words of the standard, and kept by nobody. RFC 7591 §3.2 */
  async function answer<Body>(
    { set, request, origin, clientId }: RegistrationRequest,
    work: () => Promise<{ readonly status: number; readonly body: Body }>,
  ): Promise<Body | Record<string, unknown>> {
    Object.assign(set.headers, { 'Cache-Control': 'no-store', Pragma: 'no-cache' })
    try {
      const { status, body } = await work()
      set.status = status
      return body
    } catch (error) {
      const presentedToken = bearerToken(request)
      const failure = await refuseRegistration(deps, origin, { thrown: error, clientId, presentedToken })
      Object.assign(set.headers, failure.headers)
      // A token was missing or wrong, which is said in a header, too. RFC 6750 §3, §3.1
      if (failure.status === 401) {
        const isMissing = !request.headers.has('authorization')
        set.headers['WWW-Authenticate'] = isMissing ? 'Bearer realm="Authy2"' : 'Bearer error="invalid_token"'
      }
      set.status = failure.status
      return encodeFailure(failure)
    }
  }

  const information = (client: Row<'client'>, token: string, secret?: string): Record<string, unknown> =>
    encodeClientInformation({
      clientId: client.id,
      issuedAt: client.createdAt,
      metadata: client.metadata,
      management: {
        uri: `${addressOf(deps.config, PATHS.registration)}/${encodeURIComponent(client.id)}`,
        token,
      },
      ...(secret === undefined ? {} : { secret }),
    })

  return new Elysia({ name: 'registration-endpoint', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .post(
      PATHS.registration,
      ({ origin, request, body, set }) =>
        answer({ set, request, origin }, async () => {
          const initialAccessToken = bearerToken(request)
          await deps.read(origin, (ctx) => requireInitialAccess(ctx, initialAccessToken)) // before anything is fetched
          const metadata = parseRegistration(body, deps.config.oidc)
          await deps.clients.checkSectorIdentifier(metadata)
          const { client, secret, registrationToken } = await deps.write(origin, (ctx) =>
            registerClient(ctx, { metadata, initialAccessToken }),
          )
          return { status: 201, body: information(client, registrationToken, secret) }
        }),
      {
        public: true,
        limit: 'register',
        response: { 201: Document, ...Failures },
        detail: ofStandard('Register an application', describeRegistration),
      },
    )
    .get(
      `${PATHS.registration}/:client_id`,
      ({ origin, request, params, set }) =>
        answer({ set, request, origin, clientId: params.client_id }, async () => {
          const access = accessOf(request, params.client_id)
          const client = await deps.read(origin, (ctx) => getRegisteredClient(ctx, access))
          return { status: 200, body: information(client, access.registrationToken) }
        }),
      {
        public: true,
        limit: 'interaction',
        params: Path,
        response: { 200: Document, ...Failures },
        detail: ofStandard('Read what is registered', describeReading),
      },
    )
    .put(
      `${PATHS.registration}/:client_id`,
      ({ origin, request, params, body, set }) =>
        answer({ set, request, origin, clientId: params.client_id }, async () => {
          const access = accessOf(request, params.client_id)
          await deps.read(origin, (ctx) => getRegisteredClient(ctx, access)) // before anything is fetched
          const change = parseRegistrationUpdate(body, params.client_id, deps.config.oidc)
          await deps.clients.checkSectorIdentifier(change.metadata)
          const { client, secret } = await deps.write(
            origin,
            (ctx) => updateRegisteredClient(ctx, access, change),
            { isSerializable: true },
          )
          return { status: 200, body: information(client, access.registrationToken, secret) }
        }),
      {
        public: true,
        limit: 'register',
        params: Path,
        response: { 200: Document, ...Failures },
        detail: ofStandard('Replace what is registered', describeReplacing),
      },
    )
    .delete(
      `${PATHS.registration}/:client_id`,
      ({ origin, request, params, set }) =>
        answer({ set, request, origin, clientId: params.client_id }, async () => {
          const access = accessOf(request, params.client_id)
          await deps.write(origin, (ctx) => deleteRegisteredClient(ctx, access))
          return { status: 204, body: undefined }
        }),
      {
        public: true,
        limit: 'register',
        params: Path,
        response: { 204: z.undefined(), ...Failures },
        detail: ofStandard('Delete a registered application', describeDeleting),
      },
    )
}

const accessOf = (request: Request, clientId: string): RegistrationAccess => ({
  clientId,
  registrationToken: bearerToken(request) ?? '',
})

/** RFC 6750 §2.1 */
function bearerToken({ headers }: Request): string | undefined {
  const [scheme = '', token, ...rest] = (headers.get('authorization') ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' && rest.length === 0 ? token : undefined
}
