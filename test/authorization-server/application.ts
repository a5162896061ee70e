import { inArray } from 'drizzle-orm'
import {
  findOrCreateGrant,
  issueAuthorizationCode,
  type NewAuthorizationCode,
} from '../../src/authorization-server/index.ts'
import { createClient, type NewClient, type StoredClient } from '../../src/clients/index.ts'
import type { Row, WriteCtx } from '../../src/db/index.ts'
import { base64url, systemRandom } from '../../src/kernel/index.ts'
import { addMember, createOrganization, getOrganization } from '../../src/organizations/index.ts'
import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import type { TestServer } from '../support/server.ts'

export const REDIRECT_URI = 'https://wiki.example.com/callback'

const WIKI: NewClient = {
  client_name: 'Wiki',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access organizations:read',
}

export const SERVICE: Partial<NewClient> = {
  client_name: 'Nightly report',
  redirect_uris: [],
  grant_types: ['client_credentials'],
  scope: 'reports:read reports:write',
  audiences: ['https://reports.example.com'],
}

export interface OAuthAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint; tests say what they expect of it
  readonly body: any
}

/** A request as an application sends it: a form, and whatever proves who it is. */
export async function post(
  t: TestServer,
  path: string,
  parameters: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<OAuthAnswer> {
  const response = await t.app.handle(
    new Request(`${t.deps.config.publicUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString(),
    }),
  )
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/**
 * An organization with an application, and its owner, who is signed in. One that has the resources already gets another
 * application, and a member.
 */
export async function application(t: TestServer, body: Partial<NewClient> = {}) {
  const person = await t.signedIn()
  const { client, secret, organization } = await t.write(async (ctx) => {
    const having = await join(ctx, person.user, body.audiences ?? [])
    const own = having ?? (await createOrganization(ctx, person.user.id, { name: `Acme ${ctx.newId()}` }))
    const created = await createClient(ctx, { organizationId: own.id, body: { ...WIKI, ...body } })
    return { ...created, organization: own }
  })
  const isPublic = client.metadata.token_endpoint_auth_method === 'none'
  const credentials: Record<string, string> = {
    client_id: client.id,
    ...(isPublic || secret === undefined ? {} : { client_secret: secret }),
  }
  return {
    client,
    secret: secret ?? '',
    organization,
    person,
    credentials,
    /** A code as if the person had just agreed, and the verifier that belongs to it. */
    code: (request: Partial<NewAuthorizationCode['request']> = {}, by: Signed = person) =>
      issueCode(t, client, by, request),
    token: (parameters: Record<string, string>, headers?: Record<string, string>) =>
      post(t, '/oidc/token', { ...credentials, ...parameters }, headers),
    introspect: (token: string) => post(t, '/oidc/introspect', { ...credentials, token }),
    revoke: (token: string) => post(t, '/oidc/revoke', { ...credentials, token }),
    async exchange(request: Partial<NewAuthorizationCode['request']> = {}, headers?: Record<string, string>) {
      const { code, verifier } = await issueCode(t, client, person, request)
      return post(t, '/oidc/token', { ...credentials, ...exchangeOf(code, verifier) }, headers)
    },
  }
}

async function join(ctx: WriteCtx, user: Row<'user'>, audiences: readonly string[]) {
  const { resource } = ctx.tx.t
  const [held] = await ctx.tx
    .select()
    .from(resource)
    .where(inArray(resource.identifier, [...audiences]))
  if (!held) return undefined
  await addMember(ctx, { organizationId: held.organizationId, user, role: 'admin' })
  return getOrganization(ctx, held.organizationId)
}

export type Application = Awaited<ReturnType<typeof application>>

export const exchangeOf = (code: string, verifier: string) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: REDIRECT_URI,
  code_verifier: verifier,
})

export const refreshOf = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token })

interface Signed {
  readonly user: Row<'user'>
  readonly sessionId: string
}

async function issueCode(
  t: TestServer,
  row: Row<'client'>,
  { user, sessionId }: Signed,
  request: Partial<NewAuthorizationCode['request']>,
): Promise<{ code: string; verifier: string; grantId: string }> {
  const client: StoredClient = { ...row, secrets: [] }
  const verifier = base64url(systemRandom.bytes(32))
  return t.write(async (ctx) => {
    const [session] = (await ctx.tx.select().from(ctx.tx.t.session)).filter(({ id }) => id === sessionId)
    if (!session) throw new Error('The person is not signed in')
    const asked: NewAuthorizationCode['request'] = {
      redirectUri: REDIRECT_URI,
      scope: ['openid', 'profile', 'email'],
      resources: [],
      claims: { userinfo: [], idToken: [] },
      codeChallenge: { method: 'S256', challenge: s256CodeChallenge(verifier) },
      ...request,
    }
    const grant = await findOrCreateGrant(ctx, { client, userId: user.id, scopes: asked.scope })
    const code = await issueAuthorizationCode(ctx, { client, session, grant, request: asked })
    return { code, verifier, grantId: grant.id }
  })
}
