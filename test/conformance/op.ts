import * as oauth from 'oauth4webapi'
import type { Row } from '../../src/db/index.ts'
import { createOutbound } from '../../src/outbound/index.ts'
import { updateUser } from '../../src/users/index.ts'
import { PASSWORD, withPassword } from '../authentication/people.ts'
import { Browser } from '../authorization-server/browser.ts'
import { clientCalls } from '../clients/requests.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import type { TestDialect } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { freePort } from '../support/servers.ts'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from '../support/tls.ts'
import { CALLBACK, type RelyingParty } from './request.ts'

/** An OpenID Provider under test: a server that listens on a port with TLS, as the plans demand, and its discovery. */
export interface Op extends AsyncDisposable {
  readonly t: TestServer
  readonly tenant: Tenant
  readonly as: oauth.AuthorizationServer
  /** Nobody is signed in in it, and no cookie is kept. */
  browser(): Browser
  send(url: string | URL, init?: RequestInit): Promise<Response>
  /** Who signs in, on the pages. */
  readonly person: { readonly email: string; readonly password: string; readonly user: Row<'user'> }
  /** Registers a static client, as an administrator does it by the plan's instructions. */
  register(settings?: object): Promise<RelyingParty>
}

export interface OpOptions {
  readonly dialect?: TestDialect
  readonly env?: Record<string, string>
  /** The certificate of an application that the server calls on this machine. */
  readonly trusts?: string
}

/**
 * The clock begins with this machine's, because the second implementation looks at that one, and is moved on where
 * the suite waits.
 */
export async function startOp({ dialect, env = {}, trusts }: OpOptions = {}): Promise<Op> {
  const port = freePort()
  const issuer = `https://localhost:${port}`
  const t = await testServer({
    ...(dialect && { dialect }),
    now: new Date().toISOString(),
    env: { PUBLIC_URL: issuer, ...env },
    ...(trusts && { outbound: createOutbound({ allow: ['127.0.0.0/8', '::1/128'], ca: trusts }) }),
  })
  t.app.listen({ hostname: '127.0.0.1', port, tls: { cert: TEST_TLS_CERTIFICATE, key: TEST_TLS_KEY } })
  const send = (url: string | URL, init: RequestInit = {}) =>
    fetch(url, { redirect: 'manual', ...init, tls: { ca: TEST_TLS_CERTIFICATE } })
  const site = {
    app: {
      handle: (request: Request) => fetch(request, { redirect: 'manual', tls: { ca: TEST_TLS_CERTIFICATE } }),
    },
    deps: t.deps,
  }
  const answer = await oauth.discoveryRequest(new URL(issuer), { [oauth.customFetch]: send })
  const as = await oauth.processDiscoveryResponse(new URL(issuer), answer)
  const tenant = await foundTenant(t)
  const email = 'certification@example.com'
  // With everything that this server knows of a person: some modules look for all of it.
  const { id } = await withPassword(t, { email, fullName: 'Alice Example', locale: 'en' })
  const user = await t.write((ctx) => updateUser(ctx, id, { avatarUrl: 'https://example.com/alice.png' }))
  return {
    t,
    tenant,
    as,
    send,
    browser: () => new Browser(() => site),
    person: { email, password: PASSWORD, user },
    async register(settings = {}) {
      const { id, secret } = await clientCalls(t, tenant).make({ ...STATIC_CLIENT, ...settings })
      return {
        id,
        redirectUri: CALLBACK,
        authentication: secret ? oauth.ClientSecretBasic(secret) : oauth.None(),
        scope: 'openid',
        secret,
      }
    },
    [Symbol.asyncDispose]: async () => {
      await t.app.stop(true)
      await t[Symbol.asyncDispose]()
    },
  }
}

/** What docs/oidc.md has an administrator set: the suite asks without PKCE, and anybody may sign in. */
const STATIC_CLIENT = {
  client_name: 'OpenID Foundation conformance suite',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access',
  pkce_required: false,
  access: { members_only: false },
}
