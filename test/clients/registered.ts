import type { Tenant } from '../organizations/tenant.ts'
import type { TestServer } from '../support/server.ts'

/** A client that registered itself with an initial access token of the tenant, as it is told. RFC 7591 §3.2.1 */
export async function registerByToken(
  t: TestServer,
  tenant: Tenant,
  metadata: object = {},
): Promise<Readonly<Record<string, string>>> {
  const issued = await t.call('POST', tenant.path('/initial-access-tokens'), {
    token: tenant.owner.token,
    body: {},
  })
  const response = await t.app.handle(
    new Request('http://localhost/oidc/register', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${issued.body.data.initial_access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        client_name: 'App',
        redirect_uris: ['https://app.example.com/callback'],
        ...metadata,
      }),
    }),
  )
  return (await response.json()) as Record<string, string>
}
