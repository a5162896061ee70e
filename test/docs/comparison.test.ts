import { describe, expect, test } from 'bun:test'
import { compareJson, compareText } from './comparison.ts'

const ID = '01970000-0000-7000-8000-000000000000'
const OTHER_ID = '01a20965-4f32-73fb-8ea9-6a517e5bef54'
const TOKEN = `a2s_${'x'.repeat(49)}`

describe('an example of JSON', () => {
  test.each([
    ['the same', { a: 1, b: [true, null] }, { a: 1, b: [true, null] }],
    ['another id', { id: ID }, { id: OTHER_ID }],
    ['another time', '2030-01-01T00:00:00.000Z', '2031-02-03T04:05:06.789Z'],
    ['another token', `Bearer ${TOKEN}`, `Bearer a2s_${'y'.repeat(49)}`],
    ['anything for an ellipsis', { a: '…', b: 1 }, { a: { c: [] }, b: 1 }],
    ['what an abbreviation begins with', 'a2s_…', TOKEN],
    ['more members where that is said', { a: 1, '…': '…' }, { a: 1, b: 2 }],
    ['more elements where that is said', [1, '…'], [1, 2, 3]],
  ])('stands for %s', (_, expected, actual) => {
    expect(compareJson(expected, actual)).toEqual([])
  })

  test.each([
    ['another value', { a: 1 }, { a: 2 }],
    ['another type', { a: '1' }, { a: 1 }],
    ['null', { a: 'x' }, { a: null }],
    ['a member more', { a: 1 }, { a: 1, b: 2 }],
    ['a member less', { a: 1, b: 2 }, { a: 1 }],
    ['a member less among open ones', { a: 1, '…': '…' }, { b: 1 }],
    ['an element more', [1], [1, 2]],
    ['an element less', [1, 2, '…'], [1]],
    ['an object for a list', [], {}],
    ['a text for an id', ID, 'none'],
    ['an id for a text', 'none', ID],
    ['another kind of token', TOKEN, `x2s_${'y'.repeat(49)}`],
    ['a text that only begins alike', 'Welcome', 'Welcome. You are signed in.'],
  ])('does not stand for %s', (_, expected, actual) => {
    expect(compareJson(expected, actual)).toHaveLength(1)
  })

  test('names the place of every difference', () => {
    expect(compareJson({ a: [{ b: 1 }], c: 2 }, { a: [{ b: 3 }], c: 4 })).toEqual([
      '$.a[0].b: 3, not 1',
      '$.c: 4, not 2',
    ])
  })
})

describe('an example of text', () => {
  test.each([
    ['the same lines', 'a\nb\n', 'a\nb\n'],
    ['the rest of a line', 'HTTP/1.1 200…\n', 'HTTP/1.1 200 OK\n'],
    ['lines that end as the internet ends them', 'a\nb\n', 'a\r\nb\r\n'],
    ['lines left out', 'a\n…\nd\n', 'a\nb\nc\nd\n'],
    ['no lines left out', 'a\n…\n', 'a\n'],
    ['another id', `id ${ID}\n`, `id ${OTHER_ID}\n`],
  ])('stands for %s', (_, expected, actual) => {
    expect(compareText(expected, actual)).toEqual([])
  })

  test.each([
    ['another line', 'a\nb\n', 'a\nc\n'],
    ['a line more', 'a\n', 'a\nb\n'],
    ['a line less', 'a\nb\n', 'a\n'],
    ['lines in another order', 'a\n…\nb\n', 'b\na\n'],
    ['what a pattern would match', 'a.c\n', 'abc\n'],
  ])('does not stand for %s', (_, expected, actual) => {
    expect(compareText(expected, actual)).toHaveLength(1)
  })
})
