import { AppError } from '../kernel/index.ts'
import { bodyTooLarge, isJson, MAX_BODY_BYTES, notJson } from './body.ts'

/** All header names and values together. The server itself stops reading at four times that. */
export const MAX_HEADER_BYTES = 16_384

/** Refuses a request by what its headers say, before anything of it is read. */
export function refuseOversize(request: Request, path: string): void {
  const { headers } = request
  let bytes = 0
  headers.forEach((value, name) => {
    bytes += name.length + value.length
  })
  if (bytes > MAX_HEADER_BYTES) {
    throw new AppError('HEADERS_TOO_LARGE', 'The request headers are larger than 16 KiB.', {
      details: { max_bytes: MAX_HEADER_BYTES },
    })
  }
  const length = headers.get('content-length')
  if (length !== null && Number(length) > MAX_BODY_BYTES) throw bodyTooLarge()
  const hasBody = (length !== null && length !== '0') || headers.has('transfer-encoding')
  // Other standards' endpoints take forms; the JSON API takes JSON only, which a foreign page cannot send unasked.
  if (hasBody && path.startsWith('/api/') && !isJson(headers.get('content-type') ?? '')) throw notJson()
}
