import {
  findResponseType,
  matchRedirectUri,
  OAuthError,
  RESPONSE_MODES,
  type RequestParameters,
  type ResponseChannel,
  type ResponseType,
} from '../oauth/index.ts'

/**
 * Why an authorization request is refused, and where that may be told: to the client by `channel`, or, where there
 * is none, to the person on a page of this server, for nobody proved that the redirect URI is the client's. At the
 * PAR endpoint it is answered as JSON like any other. RFC 6749 §4.1.2.1, RFC 9126 §2.3
 */
export class AuthorizationError extends OAuthError {
  override readonly name = 'AuthorizationError'
  readonly channel: ResponseChannel | undefined

  constructor(error: OAuthError, channel: ResponseChannel | undefined) {
    const { code, message, reason, headers } = error
    super(code, message, { headers, cause: error, ...(reason === undefined ? {} : { reason }) })
    this.channel = channel
  }
}

export interface ChannelClient {
  readonly redirectUris: readonly string[]
  /** By this server, be it to this client or to others. */
  readonly offeredResponseTypes: readonly ResponseType[]
}

/** Where the answer may go, or undefined without a redirect URI that is registered for this client. */
export function findChannel(
  parameters: RequestParameters,
  { redirectUris, offeredResponseTypes }: ChannelClient,
): ResponseChannel | undefined {
  const presented = parameters.get('redirect_uri')
  const redirectUri = presented === undefined ? undefined : matchRedirectUri(redirectUris, presented)
  if (redirectUri === undefined) return undefined
  const asked = parameters.get('response_mode')
  const mode = RESPONSE_MODES.find((known) => known === asked)
  const type = findResponseType(parameters.get('response_type'))
  const isImplicit = type !== undefined && type !== 'code' && offeredResponseTypes.includes(type)
  return {
    redirectUri,
    // Tokens never pass by a query, nor does the news that there are none. Multiple Response Types §5, Core §3.2.2.6
    // Else the default of the response type `code`, also for the news that the one asked for does not exist.
    mode: isImplicit ? (mode === 'form_post' ? mode : 'fragment') : (mode ?? 'query'),
    state: parameters.get('state'),
  }
}

/** Does something whose failure is answered by a channel. Throws an AuthorizationError. */
export function answering<T>(channel: ResponseChannel | undefined, decide: () => T): T {
  try {
    return decide()
  } catch (error) {
    throw error instanceof OAuthError ? new AuthorizationError(error, channel) : error
  }
}
