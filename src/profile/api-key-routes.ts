import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, GivenId, guard, type HttpDeps, Nothing, PageQuery, success } from '../http/index.ts'
import { ApiKey, apiKeyView, createApiKey, listApiKeys, NewApiKey, revokeApiKey } from '../sessions/index.ts'

/** One's own API keys. They are made and revoked by a session only: a key that leaked must not beget another. */
export const apiKeyRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'profile/api-keys', prefix: '/api/v1/users/me/api-keys', tags: ['Users'] })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, caller, query }) => {
        const input = { userId: caller.user.id, query, cursors: deps.cursors }
        const page = await deps.read(origin, (ctx) => listApiKeys(ctx, input))
        return success(origin, { api_keys: page.rows.map(apiKeyView) }, { meta: page.meta })
      },
      {
        signedIn: 'profile:read',
        query: PageQuery,
        response: { 200: Envelope(z.object({ api_keys: z.array(ApiKey) })) },
        detail: { summary: 'List own API keys' },
      },
    )
    .post(
      '',
      async ({ origin, caller, body, status }) => {
        const { key, apiKey } = await deps.write(origin, (ctx) => createApiKey(ctx, caller, body), {
          isSerializable: true,
        })
        const data = { key, api_key: apiKeyView(apiKey) }
        return status(201, success(origin, data, { code: 201, message: 'Keep the key: it is shown once.' }))
      },
      {
        signedIn: true,
        fails: ['CONFLICT'],
        body: NewApiKey,
        response: { 201: Envelope(z.object({ key: z.string().describe('Shown once'), api_key: ApiKey })) },
        detail: { summary: 'Create an API key' },
      },
    )
    .delete(
      '/:id',
      async ({ origin, caller, params }) => {
        await deps.write(origin, (ctx) => revokeApiKey(ctx, { userId: caller.user.id, id: params.id }))
        return success(origin, {}, { message: 'API key revoked.' })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND'],
        params: z.object({ id: GivenId }),
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Revoke an API key' },
      },
    )
