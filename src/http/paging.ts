import { z } from 'zod'
import {
  badRequest,
  base64url,
  constantTimeEqual,
  hmacSha256,
  parseBase64url,
  utf8,
} from '../kernel/index.ts'
import type { Meta } from './envelope.ts'

const TAG_LENGTH = 16

const DEFAULT_LIMIT = 50

/**
 * The query of every list. `cursor` is what the page before gave as `next_cursor`. The limit is optional rather
 * than defaulted, which the typed client would take for required.
 */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).optional().meta({ default: DEFAULT_LIMIT }),
  cursor: z.string().max(1024).optional(),
})
export type PageQuery = z.infer<typeof PageQuery>

/** The sort key of the last row of a page: where the next one goes on. */
export type CursorKey = readonly (string | number)[]

export interface CursorSigner {
  sign(list: string, key: CursorKey): string
  /** Throws BAD_REQUEST for a cursor that was tampered with or belongs to another list. */
  parse(list: string, cursor: string): CursorKey
}

/** Keyset cursors: the sort key with an HMAC, so that they are opaque, cheap and cannot be forged. */
export function createCursorSigner(keys: readonly Uint8Array[]): CursorSigner {
  const tag = (key: Uint8Array, list: string, payload: string) =>
    hmacSha256(key, `${list}\0${payload}`).slice(0, TAG_LENGTH)
  const [first] = keys
  if (!first) throw new Error('A cursor signer needs a key')
  return {
    sign(list, key) {
      const payload = base64url(utf8(JSON.stringify(key)))
      return `${payload}.${base64url(tag(first, list, payload))}`
    },
    parse(list, cursor) {
      const [payload = '', mac = '', ...rest] = cursor.split('.')
      const given = parseBase64url(mac)
      if (!given || rest.length > 0) throw badCursor()
      if (!keys.some((key) => constantTimeEqual(tag(key, list, payload), given))) throw badCursor()
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as CursorKey
    },
  }
}

const badCursor = () => badRequest('The cursor is not one that this list gave. Start again without a cursor.')

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly meta: Meta
}

/**
 * One page of a keyset list. `fetch` gets how many rows to read (one more than the page, to know whether
 * another follows) and the key after which to go on.
 */
export async function readPage<Row>(
  options: { cursors: CursorSigner; list: string; query: PageQuery; key: (row: Row) => CursorKey },
  fetch: (count: number, after: CursorKey | undefined) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const { cursors, list, query, key } = options
  const limit = query.limit ?? DEFAULT_LIMIT
  const after = query.cursor === undefined ? undefined : cursors.parse(list, query.cursor)
  const found = await fetch(limit + 1, after)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const next_cursor = found.length > rows.length && last !== undefined ? cursors.sign(list, key(last)) : null
  return { rows, meta: { page: { limit, next_cursor } } }
}
