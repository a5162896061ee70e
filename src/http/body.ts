import { AppError, badRequest } from '../kernel/index.ts'

export const MAX_BODY_BYTES = 1_048_576
const decoder = new TextDecoder('utf-8', { fatal: true })

export const bodyTooLarge = () =>
  new AppError('PAYLOAD_TOO_LARGE', 'The body is larger than 1 MiB.', {
    details: { max_bytes: MAX_BODY_BYTES },
  })

export const notJson = () =>
  new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as JSON with Content-Type: application/json.')

export const isJson = (contentType: string): boolean =>
  /^application\/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)/i.test(contentType)

/** The JSON value of a request's body. Throws BAD_REQUEST when malformed and PAYLOAD_TOO_LARGE past 1 MiB. */
export async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBounded(request)
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw badRequest('The body is not valid UTF-8.')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('The body is not valid JSON.')
  }
}

/** A body whose length was declared was checked at the edge; a chunked one is counted while it arrives. */
async function readBounded(request: Request): Promise<Uint8Array> {
  if (request.headers.has('content-length') || !request.body)
    return new Uint8Array(await request.arrayBuffer())
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw bodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
