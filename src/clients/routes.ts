import { Elysia } from 'elysia'
import { z } from 'zod'
import {
  Envelope,
  guard,
  type HttpDeps,
  Id,
  Instant,
  Nothing,
  PageQuery,
  PathId,
  success,
} from '../http/index.ts'
import {
  createClient,
  deleteClient,
  getClient,
  listClients,
  rotateClientSecret,
  updateClient,
} from './client.ts'
import { deleteInitialAccessToken, listInitialAccessTokens } from './initial-access-token.ts'
import { recordingRefusedAudiences } from './refused-audiences.ts'
import { createInitialAccessToken } from './registration.ts'
import type { ClientRegistry } from './registry.ts'
import { requirePresence } from './require-presence.ts'
import { requireSector } from './require-sector.ts'
import {
  Client,
  ClientChange,
  ClientSecret,
  InitialAccessToken,
  NewClient,
  NewInitialAccessToken,
  SecretRotation,
} from './schema.ts'
import { clientSecretView, clientView, initialAccessTokenView } from './views.ts'

export interface ClientRouteDeps extends HttpDeps {
  readonly clients: ClientRegistry
}

const ClientsPath = z.object({ id: PathId })
/** As PathId does it: an id that none can be is one that nothing has. RFC 6749 appendix A.1 */
const PathClientId = z
  .string()
  .transform((text) => (/^[\x20-\x7e]{1,512}$/.test(text) ? text : ''))
  .pipe(z.string())
const ClientPath = z.object({ id: PathId, clientId: PathClientId })
const TokenPath = z.object({ id: PathId, tokenId: PathId })
const ShownSecret = z.string().describe('Shown here and never again')

/** Applications that people of an organization sign in to. */
export const clients = (deps: ClientRouteDeps) =>
  new Elysia({ name: 'clients', prefix: '/api/v1/organizations/:id', tags: ['Clients'] })
    .use(guard(deps))
    .get(
      '/clients',
      async ({ origin, membership, query }) => {
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listClients(ctx, input, deps.cursors))
        return success(origin, { clients: page.rows.map(clientView) }, { meta: page.meta })
      },
      {
        admin: 'organizations:read',
        params: ClientsPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ clients: z.array(Client) })) },
        detail: { summary: 'List clients' },
      },
    )
    .post(
      '/clients',
      async ({ origin, membership, body, status }) => {
        const { organizationId } = membership
        await requireSector(deps, origin, { organizationId, body })
        const { client, secret } = await recordingRefusedAudiences(deps, origin, {
          change: { action: 'oidc.client.create', organizationId },
          work: () =>
            deps.write(origin, (ctx) => createClient(ctx, { organizationId, body }), {
              isSerializable: (body.access?.department_ids ?? []).length > 0,
            }),
        })
        const data = { client: clientView(client), client_secret: secret ?? null }
        const message = secret ? 'Keep the secret: it is shown once.' : 'Client created.'
        return status(201, success(origin, data, { code: 201, message }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: ClientsPath,
        body: NewClient,
        response: { 201: Envelope(z.object({ client: Client, client_secret: ShownSecret.nullable() })) },
        detail: {
          summary: 'Create a client',
          description:
            'Members that RFC 7591 and OpenID Connect Registration know have their names and defaults. Without token_endpoint_auth_method the client has a secret that may come in the header or the body. CONFLICT for audiences of another organization, and beyond the number of clients that there may be.',
        },
      },
    )
    .get(
      '/clients/:clientId',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, clientId: params.clientId }
        const client = await deps.read(origin, (ctx) => getClient(ctx, key))
        return success(origin, { client: clientView(client), secrets: client.secrets.map(clientSecretView) })
      },
      {
        admin: 'organizations:read',
        params: ClientPath,
        response: { 200: Envelope(z.object({ client: Client, secrets: z.array(ClientSecret) })) },
        detail: { summary: 'Get a client' },
      },
    )
    .patch(
      '/clients/:clientId',
      async ({ origin, caller, membership, params, body }) => {
        const key = { organizationId: membership.organizationId, clientId: params.clientId }
        await requirePresence(deps, caller, body)
        await requireSector(deps, origin, { ...key, body })
        const client = await recordingRefusedAudiences(deps, origin, {
          change: { action: 'oidc.client.update', ...key },
          work: () => deps.write(origin, (ctx) => updateClient(ctx, key, body), { isSerializable: true }),
        })
        return success(origin, { client: clientView(client) }, { message: 'Client changed.' })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT', 'STEP_UP_REQUIRED'],
        params: ClientPath,
        body: ClientChange,
        response: { 200: Envelope(z.object({ client: Client })) },
        detail: {
          summary: 'Change a client',
          description:
            'A client that begins to use a secret gets its first one by rotating. Where codes and people go, how the client proves itself, PKCE, consent and access are changed by a session whose user has proved to be there in the last ten minutes, not by a key. CONFLICT for audiences of another organization.',
        },
      },
    )
    .delete(
      '/clients/:clientId',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, clientId: params.clientId }
        await deps.write(origin, (ctx) => deleteClient(ctx, key))
        return success(origin, {}, { message: 'Client deleted.' })
      },
      {
        admin: true,
        stepUp: true,
        params: ClientPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Delete a client with everything given out through it' },
      },
    )
    .post(
      '/clients/:clientId/rotate-secret',
      async ({ origin, membership, params, body }) => {
        const key = { organizationId: membership.organizationId, clientId: params.clientId }
        const { client, secret } = await deps.write(origin, (ctx) => rotateClientSecret(ctx, key, body ?? {}))
        const data = { client: clientView(client), client_secret: secret }
        return success(origin, data, { message: 'Keep the secret: it is shown once.' })
      },
      {
        admin: true,
        stepUp: true,
        fails: ['CONFLICT'],
        params: ClientPath,
        body: SecretRotation.optional(),
        response: { 200: Envelope(z.object({ client: Client, client_secret: ShownSecret })) },
        detail: {
          summary: 'Replace the secret of a client',
          description: 'The present secret goes on for overlap_seconds, a day unless said otherwise.',
        },
      },
    )
    .get(
      '/initial-access-tokens',
      async ({ origin, membership, query }) => {
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listInitialAccessTokens(ctx, input, deps.cursors))
        const data = { initial_access_tokens: page.rows.map(initialAccessTokenView) }
        return success(origin, data, { meta: page.meta })
      },
      {
        admin: 'organizations:read',
        params: ClientsPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ initial_access_tokens: z.array(InitialAccessToken) })) },
        detail: { summary: 'List initial access tokens that are not over' },
      },
    )
    .post(
      '/initial-access-tokens',
      async ({ origin, membership, body, status }) => {
        const { organizationId } = membership
        const { id, token, expiresAt } = await deps.write(origin, (ctx) =>
          createInitialAccessToken(ctx, organizationId, body ?? {}),
        )
        const data = { id, initial_access_token: token, expires_at: expiresAt.toISOString() }
        return status(201, success(origin, data, { code: 201, message: 'Keep the token: it is shown once.' }))
      },
      {
        admin: true,
        stepUp: true,
        params: ClientsPath,
        body: NewInitialAccessToken.optional(),
        response: {
          201: Envelope(z.object({ id: Id, initial_access_token: ShownSecret, expires_at: Instant })),
        },
        detail: { summary: 'Let clients register themselves for the organization (RFC 7591)' },
      },
    )
    .delete(
      '/initial-access-tokens/:tokenId',
      async ({ origin, membership, params }) => {
        const key = { organizationId: membership.organizationId, tokenId: params.tokenId }
        await deps.write(origin, (ctx) => deleteInitialAccessToken(ctx, key))
        return success(origin, {}, { message: 'Initial access token deleted.' })
      },
      {
        admin: true,
        stepUp: true,
        params: TokenPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Withdraw an initial access token' },
      },
    )
