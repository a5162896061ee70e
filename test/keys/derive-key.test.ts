import { expect, test } from 'bun:test'
import { hex } from '../../src/kernel/index.ts'
import { deriveKey } from '../../src/keys/index.ts'

test('a key without salt and label is the start of RFC 5869 test case 3', () => {
  const key = deriveKey(new Uint8Array(22).fill(0x0b), '')
  expect(hex(key)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d')
})

test('a text secret is its UTF-8 bytes', () => {
  expect(deriveKey('ä', 'use')).toEqual(deriveKey(Uint8Array.of(0xc3, 0xa4), 'use'))
})

test('another label gives another key', () => {
  expect(deriveKey('secret', 'cursor')).not.toEqual(deriveKey('secret', 'csrf'))
})

test('the same secret and label give the same key', () => {
  expect(deriveKey('secret', 'cursor')).toEqual(deriveKey('secret', 'cursor'))
})
