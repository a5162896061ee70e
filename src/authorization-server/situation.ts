import type { StoredClient } from '../clients/index.ts'
import { secondFactorsOf } from '../credentials/index.ts'
import type { Row } from '../db/index.ts'
import { type Caller, type CallerSession, isComplianceOnly, type RequestOrigin } from '../http/index.ts'
import type { AuthorizationRequest } from '../protocol/oidc/index.ts'
import { resourcesToAgreeTo } from './agreement.ts'
import { judgeResources } from './audience.ts'
import { type Decision, decide, type PresentPerson } from './decide.ts'
import { findStanding } from './entitlement.ts'
import { findGrant } from './held-grants.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { subjectOf } from './subject.ts'

/** A request that is being answered: as it came, or as it was kept. */
export interface Asked {
  readonly client: StoredClient
  readonly request: AuthorizationRequest
  readonly freshAfter: Date | null
  readonly chosenSessionId: string | null
}

/** Somebody whom this browser is signed in as; only a session can answer for a person. */
export interface SignedInPerson {
  readonly user: Row<'user'>
  readonly session: CallerSession
  readonly caller: Caller
}

export interface Judged {
  readonly decision: Decision
  readonly person: SignedInPerson | undefined
}

/** Who presents a session's cookie, if anybody does. */
export async function personOf(
  deps: Pick<InteractionDeps, 'authenticate'>,
  sessionToken: string | undefined,
): Promise<SignedInPerson | undefined> {
  const caller = sessionToken === undefined ? undefined : await deps.authenticate(sessionToken, true)
  if (caller?.credential.kind !== 'session') return undefined
  return { user: caller.user, session: caller.credential.session, caller }
}

/** Decides a request by what is known of the person at this moment. */
export async function judge(
  deps: InteractionDeps,
  origin: RequestOrigin,
  asked: Asked,
  person: SignedInPerson | undefined,
): Promise<Judged> {
  const { client, request, freshAfter, chosenSessionId } = asked
  const present = person && (await presentPerson(deps, origin, asked, person))
  const decision = decide({ request, client, person: present, freshAfter, chosenSessionId })
  return { decision, person }
}

async function presentPerson(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { client, request: { resources } }: Asked,
  { user, session, caller }: SignedInPerson,
): Promise<PresentPerson> {
  const pairwise = await deps.keyChain.pairwiseKeyFor(client)
  return deps.read(origin, async (ctx) => {
    const { hasTotp, hasWebauthn } = await secondFactorsOf(ctx, user.id)
    const held = await findGrant(ctx, client, user.id)
    return {
      session,
      subject: subjectOf(client, user.id, { pairwise }),
      isComplianceOnly: isComplianceOnly(caller, ctx.now),
      reachableAcr: hasWebauthn ? 'urn:authy2:acr:phr' : hasTotp ? 'urn:authy2:acr:2fa' : session.acr,
      standing: await findStanding(ctx, client, user.id),
      agreedScopes: held?.scopes ?? [],
      agreedResources: held?.resources ?? [],
      resources: {
        ...(await judgeResources(ctx, client, { resources, userId: user.id })),
        toAgreeTo: resourcesToAgreeTo(resources, ctx.config),
      },
    }
  })
}
