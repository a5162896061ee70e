import { expect, test } from 'bun:test'
import { encodeCsvRow } from '../../src/audit/csv.ts'

test('cells are separated by commas and the record ends with CRLF (RFC 4180 §2)', () => {
  expect(encodeCsvRow(['a', null, 'c'])).toBe('a,,c\r\n')
})

test.each([
  ['a comma', 'a,b', '"a,b"'],
  ['a quote', 'say "hi"', '"say ""hi"""'],
  ['a line feed', 'a\nb', '"a\nb"'],
  ['a carriage return', 'a\rb', '"a\rb"'],
])('a cell with %s is quoted', (_, cell, encoded) => {
  expect(encodeCsvRow([cell])).toBe(`${encoded}\r\n`)
})

test.each(['=1+1', '+1', '-1', '@sum(a1)', '\ta'])(
  'a spreadsheet does not run %j: it becomes text',
  (cell) => {
    expect(encodeCsvRow([cell])).toBe(`'${cell}\r\n`)
  },
)

test('a formula that also needs quotes gets both', () => {
  expect(encodeCsvRow(['=HYPERLINK("http://evil.example","x")'])).toBe(
    `"'=HYPERLINK(""http://evil.example"",""x"")"\r\n`,
  )
  expect(encodeCsvRow(['\r=1'])).toBe(`"'\r=1"\r\n`)
})

test('a sign in the middle of a text is left alone', () => {
  expect(encodeCsvRow(['a=b', '2030-01-01'])).toBe('a=b,2030-01-01\r\n')
})
