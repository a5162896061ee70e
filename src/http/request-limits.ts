import { AppError, badRequest } from '../kernel/index.ts'
import { bodyTooLarge, isJson, MAX_BODY_BYTES, notJson } from './body.ts'

/** The address and all header names and values together. The server itself stops reading at four times that. */
export const MAX_HEADER_BYTES = 16_384

/** RFC 3986 §3.2.2, without percent-encoding: what no name of a server has. */
const HOST = /^(?:[a-z0-9._-]+|\[[a-f0-9:.]+\])(?::\d{1,5})?$/i

/** Refuses a request by what its head says, before anything of its body is read. */
export function refuseByHead(request: Request): void {
  const { headers } = request
  let bytes = request.url.length
  headers.forEach((value, name) => {
    bytes += name.length + value.length
  })
  if (bytes > MAX_HEADER_BYTES) {
    throw new AppError('HEADERS_TOO_LARGE', 'The address and headers are larger than 16 KiB.', {
      details: { max_bytes: MAX_HEADER_BYTES },
    })
  }
  // RFC 9112 §3.2. A host with a slash would be read as part of the path.
  const host = headers.get('host')
  if (host !== null && !HOST.test(host)) throw badRequest('The Host header is malformed.')
  if (request.method !== 'GET') refuseBody(request) // of a GET nobody reads a body
}

function refuseBody({ headers, url }: Request): void {
  const length = headers.get('content-length')
  if (length !== null && Number(length) > MAX_BODY_BYTES) throw bodyTooLarge()
  const hasBody = (length !== null && length !== '0') || headers.has('transfer-encoding')
  if (!hasBody) return
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a Content-Encoding.')
  }
  // Other standards' endpoints take forms; the JSON API takes JSON only, which a foreign page cannot send unasked.
  if (pathOf(url).startsWith('/api/') && !isJson(headers.get('content-type') ?? '')) throw notJson()
}

/** The path of a request's address, without building a URL object. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  if (start < 0) return '/'
  const query = url.indexOf('?', start)
  const fragment = url.indexOf('#', start)
  const end = Math.min(query < 0 ? url.length : query, fragment < 0 ? url.length : fragment)
  return url.slice(start, end)
}
