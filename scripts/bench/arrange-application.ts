import { findOrCreateGrant, issueAuthorizationCode } from '../../src/authorization-server/index.ts'
import { createClient, type NewClient, type StoredClient } from '../../src/clients/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { createUser } from '../../src/users/index.ts'
import { openWorkbench } from './arrange.ts'

export const REDIRECT_URI = 'https://wiki.example.com/callback'
export const VERIFIER = 'bench-verifier-bench-verifier-bench-verifier'
const BATCH = 500

export interface ArrangedApplication {
  readonly service: Credentials
  readonly application: Credentials
  readonly session: string
  readonly codes: readonly string[]
}

export interface Credentials {
  readonly id: string
  readonly secret: string
}

/**
 * A database, before the server starts on it, with a service, an application, somebody who is signed in, and so many
 * authorization codes as if they had just agreed.
 */
export async function arrangeApplication(
  env: Record<string, string>,
  { codes: count }: { readonly codes: number },
): Promise<ArrangedApplication> {
  await using workbench = await openWorkbench({ ...env, OIDC_AUTHORIZATION_CODE_LIFETIME: '10m' })
  const { write } = workbench
  const { user, session, service, application, client } = await write(async (ctx) => {
    const person = await createUser(ctx, { email: 'bench@example.com', isEmailVerified: true })
    const organization = await createOrganization(ctx, person.id, { name: 'Acme' })
    const make = (body: NewClient) => createClient(ctx, { organizationId: organization.id, body })
    const made = await make({
      client_name: 'Nightly report',
      grant_types: ['client_credentials'],
      scope: 'reports:read',
      audiences: ['https://reports.example.com'],
    })
    const wiki = await make({
      client_name: 'Wiki',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email',
      id_token_signed_response_alg: 'ES256', // what RS256 costs is RSA's, whoever calls it
    })
    const issued = await issueSession(ctx, {
      userId: person.id,
      amr: ['pwd'],
      acr: 'urn:authy2:acr:1fa',
      isRemembered: false,
    })
    const stored: StoredClient = { ...wiki.client, secrets: [] }
    return {
      user: person,
      session: issued,
      service: { id: made.client.id, secret: made.secret ?? '' },
      application: { id: wiki.client.id, secret: wiki.secret ?? '' },
      client: stored,
    }
  })
  const codes: string[] = []
  const request = {
    redirectUri: REDIRECT_URI,
    scope: ['openid', 'profile', 'email'],
    resources: [],
    claims: { userinfo: [], idToken: [] },
    codeChallenge: { method: 'S256' as const, challenge: s256CodeChallenge(VERIFIER) },
  }
  while (codes.length < count) {
    const batch = await write(async (ctx) => {
      const grant = await findOrCreateGrant(ctx, { client, userId: user.id, scopes: request.scope })
      const issued: string[] = []
      for (let number = 0; number < Math.min(BATCH, count - codes.length); number++) {
        issued.push(await issueAuthorizationCode(ctx, { client, session: session.session, grant, request }))
      }
      return issued
    })
    codes.push(...batch)
  }
  return { service, application, session: session.token, codes }
}
