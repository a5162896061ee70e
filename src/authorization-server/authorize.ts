import type { StoredClient } from '../clients/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import {
  type AuthorizationResponse,
  encodeAuthorizationResponse,
  type FlawedParameters,
  requireParameter,
} from '../protocol/oauth/index.ts'
import { AuthorizationError, findChannel } from '../protocol/oidc/index.ts'
import { answerPositively, answerWithError } from './answer-request.ts'
import { authorizationClient } from './authorization-client.ts'
import { freshAfter } from './decide.ts'
import { toFailure } from './failure.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { openInteraction } from './interaction-store.ts'
import { channelOf, openRequest, unknownClient } from './open-request.ts'
import { type Asked, judge, personOf } from './situation.ts'

/** What a browser's cookies hold. Anybody can have put it there. */
export interface BrowserTokens {
  readonly session: string | undefined
  readonly interaction: string | undefined
}

/** What a browser that asks is told: where to go, or that its person has something to do first. */
export type AuthorizeOutcome =
  | { readonly kind: 'answer'; readonly client: StoredClient; readonly answer: AuthorizationResponse }
  | { readonly kind: 'interaction'; readonly id: string; readonly browserToken: string }

/**
 * Answers an authorization request at once, or keeps it until the person has done what is missing. Errors go to the
 * client where it and its redirect URI are known, our own faults among them: a browser shows no status. Throws what there is no such channel for: an OAuthError, to be
 * shown on a page. RFC 6749 §4.1.1 to §4.1.2.1, OpenID Connect Core 1.0 §3.1.2
 */
export async function authorize(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { parameters, flaw, tokens }: FlawedParameters & { readonly tokens: BrowserTokens },
): Promise<AuthorizeOutcome> {
  const clientId = requireParameter(parameters, 'client_id')
  const client = await deps.clients.find(clientId)
  if (!client) throw unknownClient()
  const opened = flaw
    ? new AuthorizationError(flaw, findChannel(parameters, authorizationClient(client, deps.config)))
    : await openRequest(deps, origin, { client, parameters }).catch((error: unknown) => {
        if (error instanceof AuthorizationError && error.channel) return error
        throw error
      })
  if (opened instanceof AuthorizationError) {
    if (!opened.channel) throw opened
    const answer = encodeAuthorizationResponse(opened.channel, deps.config.oidc.issuer, opened)
    return { kind: 'answer', client, answer }
  }
  const asked: Asked = {
    client,
    request: opened,
    freshAfter: freshAfter(opened, deps.clock.now()),
    chosenSessionId: null,
  }
  return await answer(deps, origin, asked, tokens).catch((thrown: unknown) => {
    const failure = toFailure(thrown, origin.log)
    if (failure.status < 500) throw thrown
    const { issuer } = deps.config.oidc
    return {
      kind: 'answer',
      client,
      answer: encodeAuthorizationResponse(channelOf(opened), issuer, failure.error),
    }
  })
}

async function answer(
  deps: InteractionDeps,
  origin: RequestOrigin,
  asked: Asked,
  tokens: BrowserTokens,
): Promise<AuthorizeOutcome> {
  const { client } = asked
  const { decision, person } = await judge(deps, origin, asked, await personOf(deps, tokens.session))
  if (decision.next === 'error') {
    const refused = await answerWithError(
      deps,
      origin,
      { asked, interaction: undefined, person },
      decision.error,
    )
    return { kind: 'answer', client, answer: refused }
  }
  if (decision.next === 'code' && person) {
    const { acr, scope } = decision
    const granted = { client, request: { ...asked.request, scope } }
    const agreed = { asked: granted, interaction: undefined, person, acr, agreedScopes: [] }
    return { kind: 'answer', client, answer: await answerPositively(deps, origin, agreed) }
  }
  const kept = await deps.write(origin, (ctx) =>
    openInteraction(ctx, { ...asked, browserToken: tokens.interaction }),
  )
  return { kind: 'interaction', ...kept }
}
