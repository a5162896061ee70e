import type { StoredClient } from '../clients/index.ts'
import { type AuthorizationResponse, encodeError, OAuthError } from '../protocol/oauth/index.ts'
import type { BrowserExchange, BrowserPages, Settings } from './browser-pages.ts'

/** Sends the browser on by GET, whatever it came with. RFC 9700 §4.12 */
export function redirect(set: Settings, location: string): string {
  set.status = 303
  set.headers['Cache-Control'] = 'no-store'
  set.headers.Location = location
  return ''
}

/** Hands the answer to the client over, by way of the browser. */
export const handOver = async (
  pages: BrowserPages,
  exchange: BrowserExchange,
  { client, answer }: { readonly client: StoredClient; readonly answer: AuthorizationResponse },
): Promise<string> =>
  answer.kind === 'redirect'
    ? redirect(exchange.set, answer.location)
    : pages.formPost(exchange, { ...answer, client })

/**
 * Shows a person what cannot be told to a client; to a program that asks for JSON it is told as such. Everything that
 * is no OAuthError is thrown on, to the edge.
 */
export async function showError(
  pages: BrowserPages,
  exchange: BrowserExchange,
  error: unknown,
): Promise<string> {
  if (!(error instanceof OAuthError)) throw error
  const { request, set } = exchange
  const accept = request.headers.get('accept') ?? ''
  if (!accept.includes('application/json')) return pages.problem(exchange, error)
  set.status = error.status
  set.headers['Content-Type'] = 'application/json'
  return JSON.stringify(encodeError(error))
}
