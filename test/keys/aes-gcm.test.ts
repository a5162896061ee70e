import { describe, expect, test } from 'bun:test'
import { hex } from '../../src/kernel/index.ts'
import { decryptGcm, encryptGcm } from '../../src/keys/aes-gcm.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** From “The Galois/Counter Mode of Operation”, appendix B, which NIST SP 800-38D is built on: 256-bit keys. */
const VECTORS = [
  {
    name: 'test case 13: nothing',
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    data: '',
    plaintext: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    name: 'test case 14: one block of zeros',
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    data: '',
    plaintext: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    name: 'test case 16: with associated data',
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    data: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
]

describe.each(VECTORS)('$name', (vector) => {
  const input = { key: bytes(vector.key), nonce: bytes(vector.nonce), associatedData: bytes(vector.data) }

  test('encrypts to the published ciphertext and tag', () => {
    expect(hex(encryptGcm(input, bytes(vector.plaintext)))).toBe(vector.sealed)
  })

  test('decrypts to the published plaintext', () => {
    const plaintext = decryptGcm(input, bytes(vector.sealed))
    expect(plaintext && hex(plaintext)).toBe(vector.plaintext)
  })
})

test('a shortened tag is not accepted', () => {
  const input = { key: new Uint8Array(32), nonce: new Uint8Array(12), associatedData: new Uint8Array() }
  const sealed = encryptGcm(input, new Uint8Array())
  for (let length = 0; length < sealed.length; length++) {
    expect(decryptGcm(input, sealed.subarray(0, length))).toBeUndefined()
  }
})
