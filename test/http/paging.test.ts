import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type CursorKey, createCursorSigner, PageQuery, readPage } from '../../src/http/index.ts'
import { AppError, utf8 } from '../../src/kernel/index.ts'

const KEY = utf8('one of the keys')
const OLDER = utf8('the key before')
const cursors = createCursorSigner([KEY])

const cursorKeys = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), {
  minLength: 1,
  maxLength: 3,
})

/** A table that is only a list of numbers, and the statement that would read it. */
const fetchFrom =
  (rows: readonly number[]) =>
  async (count: number, after: CursorKey | undefined): Promise<readonly number[]> =>
    rows
      .filter((row) => after === undefined || row > Number(after[0]))
      .sort((a, b) => a - b)
      .slice(0, count)

/** Walks a whole list; `between` may change the rows after each page. */
async function walk(
  rows: readonly number[],
  limit: number,
  between: (rows: readonly number[]) => readonly number[] = (same) => same,
) {
  const seen: number[] = []
  let cursor: string | undefined
  let current = rows
  for (let pages = 0; pages < 200; pages++) {
    const query: PageQuery = cursor === undefined ? { limit } : { limit, cursor }
    const page = await readPage(
      { cursors, list: 'numbers', query, key: (row: number) => [row] },
      fetchFrom(current),
    )
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    expect(page.meta.page?.limit).toBe(limit)
    seen.push(...page.rows)
    const next = page.meta.page?.next_cursor
    if (next === null || next === undefined) return seen
    expect(page.rows).toHaveLength(limit)
    cursor = next
    current = between(current)
  }
  throw new Error('The pages never end')
}

describe('the pages of a list', () => {
  test('joined are the whole list, in its order, each row once', async () => {
    const lists = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 100 }), async (rows, limit) => {
        expect(await walk(rows, limit)).toEqual([...rows].sort((a, b) => a - b))
      }),
      { numRuns: 100 },
    )
  })

  test('show what was there all along once, whatever is added and removed meanwhile', async () => {
    const lists = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(lists, lists, fc.integer({ min: 1, max: 7 }), async (rows, others, limit) => {
        const kept = rows.filter((_, index) => index % 2 === 0)
        let turn = 0
        const seen = await walk(rows, limit, () => {
          const added = others.slice(0, ++turn)
          return [...new Set([...kept, ...added])]
        })
        expect(new Set(seen).size).toBe(seen.length)
        for (const row of kept) expect(seen).toContain(row)
      }),
      { numRuns: 100 },
    )
  })

  test('of exactly one page end with it', async () => {
    const read = (rows: number[], limit: number) =>
      readPage({ cursors, list: 'numbers', query: { limit }, key: (row: number) => [row] }, fetchFrom(rows))
    expect((await read([1, 2], 2)).meta.page?.next_cursor).toBeNull()
    expect((await read([], 2)).meta.page?.next_cursor).toBeNull()
    expect((await read([1, 2, 3], 2)).meta.page?.next_cursor).toBeString()
  })
})

describe('a cursor', () => {
  const refused = (list: string, cursor: string, by = cursors) => {
    try {
      by.parse(list, cursor)
      return false
    } catch (error) {
      expect(error).toBeInstanceOf(AppError)
      expect(error).toMatchObject({ type: 'BAD_REQUEST', status: 400 })
      return true
    }
  }

  test('gives back the key that it was made of, and fits into a URL and the query’s bound', () => {
    fc.assert(
      fc.property(fc.string(), cursorKeys, (list, key) => {
        const cursor = cursors.sign(list, key)
        expect(cursors.parse(list, cursor)).toEqual(key)
        expect(cursor).toBe(encodeURIComponent(cursor))
      }),
    )
    const longest = cursors.sign('members', ['x'.repeat(254), '01970000-0000-7000-8000-000000000000'])
    expect(PageQuery.safeParse({ cursor: longest }).success).toBe(true)
  })

  test('with any one character changed, taken away or added is refused', () => {
    fc.assert(
      fc.property(cursorKeys, fc.nat(), fc.string({ minLength: 1, maxLength: 2 }), (key, position, other) => {
        const cursor = cursors.sign('things', key)
        const at = position % cursor.length
        const changed = cursor.slice(0, at) + other + cursor.slice(at + 1)
        if (changed !== cursor) expect(refused('things', changed)).toBe(true)
        expect(refused('things', cursor.slice(0, at))).toBe(true)
        expect(refused('things', cursor.slice(0, at) + other + cursor.slice(at))).toBe(true)
      }),
    )
  })

  test('of another list, or of a server with other keys, is refused', () => {
    const cursor = cursors.sign('members', ['a'])
    expect(refused('invites', cursor)).toBe(true)
    expect(refused('member', cursor)).toBe(true)
    expect(refused('members', cursor, createCursorSigner([OLDER]))).toBe(true)
  })

  // `list` and payload are told apart by a byte that neither holds, or 'a' + 'bc' would sign for 'ab' + 'c'.
  test('cannot be read as one of a list whose name begins alike', () => {
    const [payload = '', tag = ''] = cursors.sign('a', ['b']).split('.')
    for (let cut = 1; cut < payload.length; cut++)
      expect(refused(`a${payload.slice(0, cut)}`, `${payload.slice(cut)}.${tag}`)).toBe(true)
  })

  test('that is no cursor at all is refused and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => expect(refused('things', text)).toBe(true)),
    )
    for (const text of ['', '.', '..', 'a.b', 'a.b.c', 'null', '%00', `${'a'.repeat(1_000)}.`])
      expect(refused('things', text)).toBe(true)
  })

  test('outlives the rotation of the key that it was signed with', () => {
    const before = createCursorSigner([OLDER]).sign('things', ['a'])
    const rotated = createCursorSigner([KEY, OLDER])
    expect(rotated.parse('things', before)).toEqual(['a'])
    expect(rotated.sign('things', ['a'])).toBe(cursors.sign('things', ['a']))
  })

  test('needs a key', () => {
    expect(() => createCursorSigner([])).toThrow()
  })
})

describe('the query of a page', () => {
  test('asks for 50 unless it says how many', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => index)
    const pageOf = (query: PageQuery) =>
      readPage({ cursors, list: 'numbers', query, key: (row: number) => [row] }, fetchFrom(rows))
    for (const [query, count] of [
      [{}, 50],
      [{ limit: '1' }, 1],
      [{ limit: '100' }, 100],
    ] as const) {
      const { rows, meta } = await pageOf(PageQuery.parse(query))
      expect([rows.length, meta.page?.limit]).toEqual([count, count])
    }
  })

  test('refuses any other limit', () => {
    const limits = ['0', '101', '-1', '1.5', 'ten', '', 'Infinity', 'NaN', '1e9', ['1', '2']]
    expect(limits.filter((limit) => PageQuery.safeParse({ limit }).success)).toEqual([])
  })

  test('refuses a cursor that none can be', () => {
    expect(PageQuery.safeParse({ cursor: 'a'.repeat(1_025) }).success).toBe(false)
    expect(PageQuery.safeParse({ cursor: ['a', 'b'] }).success).toBe(false)
  })
})
