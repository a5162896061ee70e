import {
  type CodeChallenge,
  findResponseType,
  grantableScope,
  type ImplicitResponseType,
  invalidRequest,
  invalidScope,
  optionalScope,
  parseCodeChallenge,
  parseResources,
  RESPONSE_MODES,
  type RequestParameters,
  type ResponseMode,
  type ResponseType,
  requireParameter,
  unauthorizedClient,
  unsupportedResponseType,
} from '../oauth/index.ts'
import { allowedClaims } from './claims.ts'
import { type ClaimsRequest, parseClaimsRequest } from './claims-request.ts'
import { type Display, type Prompt, parseDisplay, parseMaxAge, parsePrompt, words } from './prompt.ts'
import { answering, type ChannelClient, findChannel } from './response-channel.ts'

/** What of a client an authorization request is judged by. */
export interface AuthorizationClient extends ChannelClient {
  readonly clientId: string
  /** Its own, of those that are offered. */
  readonly responseTypes: readonly ResponseType[]
  readonly scopes: readonly string[]
  /** Asked for where the request names no scope. RFC 6749 §3.3 */
  readonly defaultScopes: readonly string[]
  readonly requiresPkce: boolean
  readonly allowsPlainPkce: boolean
  readonly requiresPushedRequests: boolean
  readonly requiresSignedRequests: boolean
  /** OpenID Connect Registration 1.0 §2 */
  readonly defaultMaxAgeSeconds: number | undefined
  readonly defaultAcrValues: readonly string[]
}

/** A request that is whole and open to its client. Plain values: it can be kept as JSON. */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  /** Undefined: a code. */
  readonly responseType?: ImplicitResponseType | undefined
  readonly state?: string | undefined
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly codeChallenge?: CodeChallenge | undefined
  /** The key that the code is bound to. RFC 9449 §10 */
  readonly dpopThumbprint?: string | undefined
  readonly nonce?: string | undefined
  readonly prompt: readonly Prompt[]
  readonly maxAgeSeconds?: number | undefined
  readonly acr: RequestedAcr
  readonly claims: ClaimsRequest
  /** The person that it must be, if anybody: OpenID Connect Core 1.0 §5.5.1 */
  readonly subject?: string | undefined
  readonly idTokenHint?: string | undefined
  readonly loginHint?: string | undefined
  readonly display?: Display | undefined
  readonly uiLocales: readonly string[]
  /** What it was pushed as, to be spent with its answer. RFC 9126 §4 */
  readonly pushedAs?: string | undefined
}

/** Any of the values will do; where it is essential, nothing else will. OpenID Connect Core 1.0 §5.5.1.1 */
export interface RequestedAcr {
  readonly values: readonly string[]
  readonly isEssential: boolean
}

const MAX_STATE_LENGTH = 4_096
const MAX_HINT_LENGTH = 320
const MAX_LOCALES = 20
/** Of the error: a page says it in other words than the rest. */
export const REDIRECT_URI_MISMATCH = 'redirect_uri_mismatch'

/**
 * Decides what a request asks for, from parameters that stand for themselves (a request object is opened before,
 * by readAuthorizationRequest). Throws an AuthorizationError, which says where the answer may go. RFC 6749 §4.1.1,
 * OpenID Connect Core 1.0 §3.1.2.1, §3.1.2.2
 */
export function parseAuthorizationRequest(
  parameters: RequestParameters,
  client: AuthorizationClient,
): AuthorizationRequest {
  const channel = findChannel(parameters, client)
  return answering(channel, () => {
    const redirectUri = requireParameter(parameters, 'redirect_uri')
    if (!channel) {
      throw invalidRequest('The redirect URI is not registered for this client.', {
        reason: REDIRECT_URI_MISMATCH,
      })
    }
    const responseType = parseResponseType(parameters, client)
    const scope = parseRequestedScope(parameters, { ...client, responseType })
    // Without `openid` it is not a request of OpenID Connect, so the parameter has no meaning. Core §5.5
    const isOpenId = scope.includes('openid')
    const asked = parseClaimsRequest(isOpenId ? parameters.get('claims') : undefined)
    const claims = allowedClaims(asked, client.scopes)
    return {
      clientId: client.clientId,
      redirectUri,
      responseMode: channel.mode,
      responseType,
      state: bounded(parameters, 'state', MAX_STATE_LENGTH),
      scope,
      resources: parseResources(parameters),
      codeChallenge: responseType ? undefined : parseRequiredCodeChallenge(parameters, client),
      dpopThumbprint: parseThumbprint(parameters.get('dpop_jkt')),
      nonce: parseNonce(parameters, responseType),
      prompt: parsePrompt(parameters.get('prompt')),
      maxAgeSeconds: parseMaxAge(parameters.get('max_age')) ?? client.defaultMaxAgeSeconds,
      acr: parseAcr(parameters.get('acr_values'), claims, client),
      claims,
      subject: requestedSubject(claims),
      idTokenHint: parameters.get('id_token_hint'),
      loginHint: bounded(parameters, 'login_hint', MAX_HINT_LENGTH),
      display: parseDisplay(parameters.get('display')),
      // What is no language tag is left aside: it is a wish only. Core §3.1.2.1
      uiLocales: words(parameters.get('ui_locales')).filter(isLanguageTag).slice(0, MAX_LOCALES),
    }
  })
}

function parseResponseType(
  parameters: RequestParameters,
  { offeredResponseTypes, responseTypes }: AuthorizationClient,
): ImplicitResponseType | undefined {
  const type = findResponseType(requireParameter(parameters, 'response_type'))
  if (type === undefined || !offeredResponseTypes.includes(type)) {
    throw unsupportedResponseType(`The response type must be ${offeredResponseTypes.join(', ')}.`)
  }
  if (!responseTypes.includes(type)) throw unauthorizedClient('This client may not use this response type.')
  const mode = parameters.get('response_mode')
  if (mode !== undefined && !RESPONSE_MODES.some((known) => known === mode)) {
    throw invalidRequest('The response mode is not supported.')
  }
  if (type === 'code') return undefined
  // It would be in the logs of every server, and in the address that the next one is told of.
  if (mode === 'query') throw invalidRequest('The response mode query is for codes.')
  return type
}

function parseRequestedScope(
  parameters: RequestParameters,
  {
    scopes,
    defaultScopes,
    responseType,
  }: AuthorizationClient & { readonly responseType: ImplicitResponseType | undefined },
): readonly string[] {
  const requested = optionalScope(parameters) ?? defaultScopes
  if (requested.length === 0) throw invalidScope('The parameter scope is missing.')
  const scope = grantableScope(requested, scopes)
  if (responseType === undefined) return scope
  if (!scope.includes('openid')) throw invalidScope('An ID token needs the scope openid.')
  // Nothing is issued that could outlive the session. Core §11
  return scope.filter((token) => token !== 'offline_access')
}

/** Without it an ID token from elsewhere could be slipped in. Core §3.2.2.1 */
function parseNonce(
  parameters: RequestParameters,
  responseType: ImplicitResponseType | undefined,
): string | undefined {
  const nonce = bounded(parameters, 'nonce', MAX_STATE_LENGTH)
  if (nonce === undefined && responseType) throw invalidRequest('The parameter nonce is missing.')
  return nonce
}

function parseRequiredCodeChallenge(
  parameters: RequestParameters,
  { allowsPlainPkce, requiresPkce }: AuthorizationClient,
): CodeChallenge | undefined {
  const challenge = parseCodeChallenge(parameters, { allowsPlain: allowsPlainPkce })
  if (!challenge && requiresPkce) throw invalidRequest('The parameter code_challenge is missing.')
  return challenge
}

function parseThumbprint(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(text)) {
    throw invalidRequest('The parameter dpop_jkt must be a SHA-256 thumbprint.')
  }
  return text
}

function parseAcr(
  text: string | undefined,
  { idToken }: ClaimsRequest,
  { defaultAcrValues }: AuthorizationClient,
): RequestedAcr {
  const claim = idToken.find(({ name }) => name === 'acr')
  const named = claim?.values.filter((value) => typeof value === 'string') ?? []
  if (claim && named.length > 0) return { values: named, isEssential: claim.isEssential }
  return { values: text === undefined ? defaultAcrValues : words(text), isEssential: false }
}

function requestedSubject({ idToken, userinfo }: ClaimsRequest): string | undefined {
  const subjects = [...idToken, ...userinfo]
    .filter(({ name }) => name === 'sub')
    .flatMap(({ values }) => values.map(String))
  const [subject] = subjects
  // One person cannot be two: no answer could be right.
  if (subjects.some((other) => other !== subject)) throw invalidRequest('Two subjects are asked for.')
  return subject
}

function bounded(parameters: RequestParameters, name: string, maxLength: number): string | undefined {
  const value = parameters.get(name)
  if (value !== undefined && value.length > maxLength)
    throw invalidRequest(`The parameter ${name} is too long.`)
  return value
}

/** RFC 5646 §2.1, as far as a catalogue is looked up by it. */
const isLanguageTag = (text: string): boolean => /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}$/.test(text)
