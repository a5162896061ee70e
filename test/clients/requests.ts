import type { Tenant } from '../organizations/tenant.ts'
import type { Answer, TestServer } from '../support/server.ts'

export const WIKI = {
  client_name: 'Wiki',
  redirect_uris: ['https://wiki.example.com/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
}

/** Calls about the clients of a tenant, as its owner unless somebody else's token is given. */
export function clientCalls(t: TestServer, tenant: Tenant) {
  const call = (method: string, rest: string, body?: object, token = tenant.owner.token) =>
    t.call(method, tenant.path(`/clients${rest}`), { token, body })
  return {
    call,
    create: (body: object = {}): Promise<Answer> => call('POST', '', { ...WIKI, ...body }),
    /** The id and secret of a new client. */
    async make(body: object = {}): Promise<{ id: string; secret: string }> {
      const { client, client_secret } = (await call('POST', '', { ...WIKI, ...body })).body.data
      return { id: client.client_id, secret: client_secret }
    },
    rotate: (id: string, body?: object): Promise<Answer> => call('POST', `/${id}/rotate-secret`, body),
    /** Whether the server takes a secret for the client's now. */
    async takes(id: string, secret: string): Promise<boolean> {
      const client = await t.deps.clients.find(id)
      return client !== undefined && t.deps.clients.isSecret(client, secret)
    },
  }
}
