import type { StoredClient } from '../clients/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import {
  type AuthorizationResponse,
  encodeAuthorizationResponse,
  type FlawedParameters,
  requireParameter,
} from '../protocol/oauth/index.ts'
import { AuthorizationError, type AuthorizationRequest, findChannel } from '../protocol/oidc/index.ts'
import { answerPositively, answerWithError } from './answer-request.ts'
import { authorizationClient } from './authorization-client.ts'
import { freshAfter } from './decide.ts'
import { toFailure } from './failure.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import { openInteraction } from './interaction-store.ts'
import { channelOf, openRequest, unknownClient } from './open-request.ts'
import { keepPushedRequest } from './pushed-request.ts'
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
  { tokens, ...flawed }: FlawedParameters & { readonly tokens: BrowserTokens },
): Promise<AuthorizeOutcome> {
  const { client, opened } = await open(deps, origin, flawed)
  if ('kind' in opened) return { kind: 'answer', client, answer: opened }
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

/** A request that is kept, by the query of a GET that is the same, or what its client is told at once. */
export type KeepOutcome =
  | Extract<AuthorizeOutcome, { kind: 'answer' }>
  | { readonly kind: 'kept'; readonly query: string }

/**
 * Keeps a request that is too long for an address, as if it had been pushed: for as long, and to be answered once.
 * Throws and answers as `authorize` does.
 */
export async function keepForLater(
  deps: InteractionDeps,
  origin: RequestOrigin,
  flawed: FlawedParameters,
): Promise<KeepOutcome> {
  const { client, opened } = await open(deps, origin, flawed)
  if ('kind' in opened) return { kind: 'answer', client, answer: opened }
  const held = opened.pushedAs === undefined ? undefined : flawed.parameters.get('request_uri')
  const reference = held ?? (await deps.write(origin, (ctx) => keepPushedRequest(ctx, client, opened)))
  const query = new URLSearchParams({ client_id: client.id, request_uri: reference })
  return { kind: 'kept', query: query.toString() }
}

/** What is asked for, or the error that the client is told. */
async function open(
  deps: InteractionDeps,
  origin: RequestOrigin,
  { parameters, flaw }: FlawedParameters,
): Promise<{
  readonly client: StoredClient
  readonly opened: AuthorizationRequest | AuthorizationResponse
}> {
  const clientId = requireParameter(parameters, 'client_id')
  const client = await deps.clients.find(clientId)
  if (!client) throw unknownClient()
  try {
    if (flaw) {
      throw new AuthorizationError(flaw, findChannel(parameters, authorizationClient(client, deps.config)))
    }
    return { client, opened: await openRequest(deps, origin, { client, parameters }) }
  } catch (error) {
    if (!(error instanceof AuthorizationError) || !error.channel) throw error
    return { client, opened: encodeAuthorizationResponse(error.channel, deps.config.oidc.issuer, error) }
  }
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
    const positive = { asked: granted, interaction: undefined, person, acr, agreed: undefined }
    return { kind: 'answer', client, answer: await answerPositively(deps, origin, positive) }
  }
  const kept = await deps.write(origin, (ctx) =>
    openInteraction(ctx, { ...asked, browserToken: tokens.interaction }),
  )
  return { kind: 'interaction', ...kept }
}
