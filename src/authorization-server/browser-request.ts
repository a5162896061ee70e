import { invalidRequest } from '../protocol/oauth/index.ts'

/** A longer form is kept, or answered, where it is: as an address it would not pass every server on the way. */
export const MAX_QUERY_LENGTH = 6_000

/** The query as it was sent: whoever parses it decides what is well-formed. */
export function queryOf({ url }: Request): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}

/** Throws invalid_request for what is no form. */
export function formOf({ headers }: Request, body: unknown): string {
  if (body === undefined) return ''
  const [mediaType = ''] = (headers.get('content-type') ?? '').split(';')
  if (mediaType.trim().toLowerCase() !== 'application/x-www-form-urlencoded' || typeof body !== 'string') {
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.')
  }
  return body
}
