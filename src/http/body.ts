import { AppError, badRequest } from '../kernel/index.ts'

export const MAX_BODY_BYTES = 1_048_576
/**
 * How many brackets may be open at once. Text that is nothing else parses, but what fails validation is
 * written out again, indented, by the framework: a body of 200 KB then held the process for 17 seconds.
 */
export const MAX_JSON_DEPTH = 32
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
  const text = await readText(request)
  if (isDeeperThan(MAX_JSON_DEPTH, text)) {
    throw badRequest(`The body is nested deeper than ${MAX_JSON_DEPTH} levels.`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('The body is not valid JSON.')
  }
}

/** The text of a request's body. Throws BAD_REQUEST when it is not UTF-8 and PAYLOAD_TOO_LARGE past 1 MiB. */
export async function readText(request: Request): Promise<string> {
  // A body whose length was declared was checked at the edge.
  const isChecked = request.headers.has('content-length')
  const bytes = isChecked ? await request.bytes() : await readCounted(request)
  try {
    return decoder.decode(bytes)
  } catch {
    throw badRequest('The body is not valid UTF-8.')
  }
}

/** A chunked body is counted while it arrives. */
async function readCounted({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw bodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** Counts brackets outside of strings. Of text that is not JSON it says something, and never throws. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0
  let isInString = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (isInString) {
      if (character === BACKSLASH) index++
      else if (character === QUOTE) isInString = false
    } else if (character === QUOTE) isInString = true
    else if (OPENING.has(character) && ++depth > limit) return true
    else if (CLOSING.has(character)) depth--
  }
  return false
}
