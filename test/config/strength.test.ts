import { expect, test } from 'bun:test'
import { secretWeakness } from '../../src/config/strength.ts'
import { systemRandom } from '../../src/kernel/index.ts'

test('32 random bytes are strong in every usual spelling', () => {
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(systemRandom.bytes(32))
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const secret = bytes.toString(encoding)
      expect([secret, secretWeakness(secret)]).toEqual([secret, undefined])
    }
  }
})

test('what is shorter than 32 bytes is weak, however random', () => {
  expect(secretWeakness('9fK2xQ7vL0pWz4Rt8YcB')).toBe('it has 20 bytes')
})

test('two hexadecimal digits are one byte', () => {
  expect(secretWeakness('00f9c2ab417e5d836b1f0e9dc84a7253')).toBe('it has 16 bytes')
})

test.each([
  'changeme'.repeat(5),
  'a'.repeat(64),
  'ab'.repeat(32),
  'deadbeef'.repeat(8),
  '0123456789abcdef'.repeat(4),
  '00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100',
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'qwertyuiopasdfghjklzxcvbnm1234567890',
  'my-super-secret-key-for-production-2026',
  'super-secret-signing-key-please-change-it',
  'correct horse battery staple correct horse',
  'the quick brown fox jumps over the lazy dog',
])('%s can be guessed', (secret) => {
  expect(secretWeakness(secret)).toBe('it can be guessed')
})

test('a long passphrase of random words is strong', () => {
  const words = 'gravel lilac omen tundra fiddle quartz hobby zenith marsh copper vivid jungle'
  expect(secretWeakness(words)).toBeUndefined()
})
