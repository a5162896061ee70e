import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { CROCKFORD, encodeBase32 } from '../../../src/protocol/otp/base32.ts'
import { decodeBase32 } from '../../support/authenticator-app.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('%p is %p, as in RFC 4648 §10 without the padding', (text, expected) => {
  expect(encodeBase32(bytes(text))).toBe(expected)
})

test('any bytes come back from it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (given) => {
      expect(decodeBase32(encodeBase32(given))).toEqual(given)
    }),
  )
})

test('takes five bits a character, the first ones first, from whichever alphabet', () => {
  expect(encodeBase32(Uint8Array.of(0b00000_000, 0b01_11111_0, 0b0000_0000), CROCKFORD)).toBe('01Z00')
})

test('has no characters in Crockford’s alphabet that are taken for others', () => {
  expect(new Set(CROCKFORD).size).toBe(32)
  expect(CROCKFORD).not.toMatch(/[ILOU]/)
})
