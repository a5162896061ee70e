import {
  findOrCreateGrant,
  issueAuthorizationCode,
  type NewAuthorizationCode,
} from '../../src/authorization-server/index.ts'
import { createClient, type NewClient, type StoredClient } from '../../src/clients/index.ts'
import type { WriteCtx } from '../../src/db/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { createUser } from '../../src/users/index.ts'
import { openWorkbench } from './arrange.ts'

export const REDIRECT_URI = 'https://wiki.example.com/callback'
export const VERIFIER = 'bench-verifier-bench-verifier-bench-verifier'
const BATCH = 500

/** What ID tokens are signed with: the default of the standard, and what an application can ask for. */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256'] as const
export type IdTokenAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number]

export interface Credentials {
  readonly id: string
  readonly secret: string
}

export interface Arranged {
  readonly service: Credentials
  readonly applications: Readonly<
    Record<IdTokenAlgorithm, Credentials & { readonly codes: readonly string[] }>
  >
  readonly session: string
}

/**
 * A database, before the server starts on it, with a service, two applications, somebody who is signed in, and so
 * many authorization codes for each application as if they had just agreed.
 */
export async function arrangeApplication(
  env: Record<string, string>,
  { codes: count }: { readonly codes: number },
): Promise<Arranged> {
  await using workbench = await openWorkbench({ ...env, OIDC_AUTHORIZATION_CODE_LIFETIME: '10m' })
  const { write } = workbench
  const { organization, session, userId } = await write(async (ctx) => {
    const person = await createUser(ctx, { email: 'bench@example.com', isEmailVerified: true })
    const issued = await issueSession(ctx, {
      userId: person.id,
      amr: ['pwd'],
      acr: 'urn:authy2:acr:1fa',
      isRemembered: false,
    })
    const acme = await createOrganization(ctx, person.id, { name: 'Acme' })
    return { organization: acme, session: issued, userId: person.id }
  })
  const make = (body: NewClient) =>
    write((ctx) => createClient(ctx, { organizationId: organization.id, body }))

  const service = await make({
    client_name: 'Nightly report',
    grant_types: ['client_credentials'],
    scope: 'reports:read',
    audiences: ['https://reports.example.com'],
  })
  const makeApplication = async (algorithm: IdTokenAlgorithm) => {
    const { client, secret } = await make({
      client_name: `Wiki ${algorithm}`,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: SCOPE.join(' '),
      id_token_signed_response_alg: algorithm,
    })
    const stored: StoredClient = { ...client, secrets: [] }
    const codes: string[] = []
    while (codes.length < count) {
      const missing = Math.min(BATCH, count - codes.length)
      const batch = await write((ctx) =>
        issueCodes(ctx, missing, { client: stored, session: session.session, userId }),
      )
      codes.push(...batch)
    }
    return { id: client.id, secret: secret ?? '', codes }
  }
  return {
    service: { id: service.client.id, secret: service.secret ?? '' },
    applications: { RS256: await makeApplication('RS256'), ES256: await makeApplication('ES256') },
    session: session.token,
  }
}

const SCOPE = ['openid', 'profile', 'email']

async function issueCodes(
  ctx: WriteCtx,
  count: number,
  { client, session, userId }: Pick<NewAuthorizationCode, 'client' | 'session'> & { readonly userId: string },
): Promise<readonly string[]> {
  const request = {
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    resources: [],
    claims: { userinfo: [], idToken: [] },
    codeChallenge: { method: 'S256' as const, challenge: s256CodeChallenge(VERIFIER) },
  }
  const grant = await findOrCreateGrant(ctx, { client, userId, scopes: SCOPE })
  const issued: string[] = []
  while (issued.length < count) {
    issued.push(await issueAuthorizationCode(ctx, { client, session, grant, request }))
  }
  return issued
}
