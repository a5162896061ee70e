import { record } from '../audit/index.ts'
import type { StoredClient } from '../clients/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import type { RequestParameters } from '../protocol/oauth/index.ts'
import {
  type IdTokenHint,
  type LogoutRequest,
  logoutClientId,
  parseLogoutRequest,
  postLogoutLocation,
  verifyIdTokenHint,
} from '../protocol/oidc/index.ts'
import { revokeSession } from '../sessions/index.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { unknownClient } from './open-request.ts'
import { personOf, type SignedInPerson } from './situation.ts'
import { subjectOf } from './subject.ts'

export interface LogoutInput {
  readonly parameters: RequestParameters
  readonly sessionToken: string | undefined
  /** By the person, on a page of this server. */
  readonly isConfirmed: boolean
}

export type LogoutOutcome =
  | {
      readonly kind: 'signed_out'
      /** Where the browser goes on to, and whose that is. */
      readonly location: string | undefined
      readonly client: StoredClient | undefined
    }
  | {
      /** Nothing proves that the person wants it: they are asked. */
      readonly kind: 'ask'
      readonly person: SignedInPerson
      readonly client: StoredClient | undefined
      readonly location: string | undefined
    }

/**
 * Signs the person of this browser out, when an ID token that was issued for them, or they themselves, ask for it;
 * every other client of the session is told. Whatever is wrong with the request is told on a page, and nothing is
 * done: throws an OAuthError. RP-Initiated Logout 1.0 §2 to §4
 */
export async function logout(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { parameters, sessionToken, isConfirmed }: LogoutInput,
): Promise<LogoutOutcome> {
  const request = parseLogoutRequest(parameters)
  const hint = await readHint(deps, request)
  const clientId = logoutClientId(request, hint)
  const client = clientId === undefined ? undefined : await deps.clients.find(clientId)
  if (clientId !== undefined && !client) throw unknownClient()
  const location = postLogoutLocation(
    request,
    client && { postLogoutRedirectUris: client.metadata.post_logout_redirect_uris },
  )
  const person = await personOf(deps, sessionToken)
  if (!person) return { kind: 'signed_out', location, client }
  const isProved = isConfirmed || (client && hint && (await isOf(deps, hint, client, person)))
  if (!isProved) return { kind: 'ask', person, client, location }
  await endSession(deps, origin, { person, client })
  return { kind: 'signed_out', location, client }
}

const readHint = async (
  { config, clock, signingKeys }: InteractionDeps,
  { idTokenHint }: LogoutRequest,
): Promise<IdTokenHint | undefined> =>
  idTokenHint === undefined
    ? undefined
    : verifyIdTokenHint(idTokenHint, {
        keys: { jwks: { keys: [...(await signingKeys.publicKeys())] } },
        issuer: config.oidc.issuer,
        now: clock.now(),
      })

/** Whether the ID token was about this very person; of an earlier session of theirs, too. */
async function isOf(
  { keyChain }: InteractionDeps,
  hint: IdTokenHint,
  client: StoredClient,
  { user }: SignedInPerson,
): Promise<boolean> {
  const pairwise = await keyChain.pairwiseKeyFor(client)
  return hint.subject === subjectOf(client, user.id, { pairwise })
}

async function endSession(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { person, client }: { readonly person: SignedInPerson; readonly client: StoredClient | undefined },
): Promise<void> {
  const {
    user,
    session: { id },
  } = person
  const actor = { kind: 'user', userId: user.id, sessionId: id } as const
  await deps.write({ ...origin, actor }, async (ctx) => {
    if (await revokeSession(ctx, { userId: user.id, id })) {
      await record(ctx, {
        action: 'user.logout',
        target: { type: 'session', id },
        details: client ? { client_id: client.id } : {},
      })
    }
  })
}
