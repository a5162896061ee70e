import type { HTTPHeaders } from 'elysia'
import type { RandomSource } from '../kernel/index.ts'
import { type AuthorizationResponse, encodeError, OAuthError } from '../protocol/oauth/index.ts'
import { errorPage, formPostPage, type PlainPage } from './plain-pages.ts'

/** The part of an answer that a route sets beside its body. */
export interface Settings {
  status?: number | string
  readonly headers: HTTPHeaders
}

/** Sends the browser on by GET, whatever it came with. RFC 9700 §4.12 */
export function redirect(set: Settings, location: string): string {
  set.status = 303
  set.headers['Cache-Control'] = 'no-store'
  set.headers.Location = location
  return ''
}

export function showPage(set: Settings, { status, headers, html }: PlainPage): string {
  set.status = status
  Object.assign(set.headers, headers)
  return html
}

/** Hands the answer to the client over, by way of the browser. */
export const handOver = (set: Settings, answer: AuthorizationResponse, random: RandomSource): string =>
  answer.kind === 'redirect'
    ? redirect(set, answer.location)
    : showPage(set, formPostPage(answer, random.bytes(16)))

/**
 * Shows a person what cannot be told to a client; to a program that asks for JSON it is told as such. Everything that
 * is no OAuthError is thrown on, to the edge.
 */
export function showError(set: Settings, request: Request, error: unknown): string {
  if (!(error instanceof OAuthError)) throw error
  const accept = request.headers.get('accept') ?? ''
  if (!accept.includes('application/json')) return showPage(set, errorPage(error))
  set.status = error.status
  set.headers['Content-Type'] = 'application/json'
  return JSON.stringify(encodeError(error))
}
