import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  base64url,
  constantTimeEqual,
  hex,
  hmacSha256,
  parseBase64url,
  sha256,
  utf8,
} from '../../src/kernel/index.ts'

const bytes = fc.uint8Array({ maxLength: 100 })

describe('base64url (RFC 4648 §5)', () => {
  test('gives back the bytes that it was made of', () => {
    fc.assert(fc.property(bytes, (data) => expect(parseBase64url(base64url(data))).toEqual(data)))
  })

  test('has no padding and nothing that a URL would quote', () => {
    expect(base64url(Uint8Array.from([0xfb, 0xff, 0xfe]))).toBe('-__-')
    expect(base64url(Uint8Array.from([0]))).toBe('AA')
  })

  test.each(['A', 'AA==', 'AB', '+/+/', 'AA A', 'AA\n', 'AAAA=', 'ä'])(
    '%p is none in canonical form',
    (text) => {
      expect(parseBase64url(text)).toBeUndefined()
    },
  )

  test('of any text is one value at most', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const data = parseBase64url(text)
        if (data) expect(base64url(data)).toBe(text)
      }),
    )
  })
})

test('hex is two digits a byte', () => {
  expect(hex(Uint8Array.from([0, 1, 0xab, 0xff]))).toBe('0001abff')
})

test('SHA-256 gives the digests of FIPS 180-4, of text as its UTF-8', () => {
  expect(hex(sha256('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(hex(sha256(''))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  fc.assert(fc.property(fc.string(), (text) => expect(sha256(text)).toEqual(sha256(utf8(text)))))
})

test('HMAC-SHA-256 gives the tags of RFC 4231 §4', () => {
  const key = new Uint8Array(20).fill(0x0b)
  expect(hex(hmacSha256(key, 'Hi There'))).toBe(
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  )
  expect(hex(hmacSha256(utf8('Jefe'), 'what do ya want for nothing?'))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('HMAC-SHA-256 does not mind what others have failed at', async () => {
  const tag = hmacSha256(utf8('key'), 'data')
  const offCurve = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' }
  await expect(crypto.subtle.importKey('jwk', offCurve, ecdsa, true, ['verify'])).rejects.toThrow()
  expect(hmacSha256(utf8('key'), 'data')).toEqual(tag)
})

test('a comparison in constant time is one of the bytes', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(constantTimeEqual(a, a.slice())).toBe(true)
      expect(constantTimeEqual(a, b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
})
