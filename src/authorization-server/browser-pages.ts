import type { HTTPHeaders } from 'elysia'
import type { StoredClient } from '../clients/index.ts'
import type { RequestOrigin } from '../http/index.ts'
import type { AuthorizationResponse, OAuthError } from '../protocol/oauth/index.ts'
import type { SignedInPerson } from './situation.ts'

/** The part of an answer that a route sets beside its body. */
export interface Settings {
  status?: number | string
  readonly headers: HTTPHeaders
}

/** A request that a person's browser makes, and its answer. */
export interface BrowserExchange {
  readonly origin: RequestOrigin
  readonly request: Request
  readonly set: Settings
}

/**
 * What the endpoints for browsers show where they do not send the browser on. Whoever draws pages ranks above and
 * hands this in; each makes the body of the answer, and sets its status and headers.
 */
export interface BrowserPages {
  /** Hands the client its answer by a form. OAuth 2.0 Form Post Response Mode §2 */
  formPost(
    exchange: BrowserExchange,
    answer: Extract<AuthorizationResponse, { kind: 'form_post' }> & { readonly client: StoredClient },
  ): Promise<string>
  /** Asks before anybody is signed out; the answer repeats the request. RP-Initiated Logout 1.0 §2 */
  askToSignOut(
    exchange: BrowserExchange,
    question: {
      readonly person: SignedInPerson
      readonly client: StoredClient | undefined
      /** Where the browser goes on to afterwards. */
      readonly location: string | undefined
      readonly encoded: string
    },
  ): Promise<string>
  signedOut(exchange: BrowserExchange, client: StoredClient | undefined): Promise<string>
  /** What cannot be told to the client: nobody knows that the address to tell it at is the client's. RFC 6749 §4.1.2.1 */
  problem(exchange: BrowserExchange, error: OAuthError): Promise<string>
}
