import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hex, seededRandom, systemRandom, utf8 } from '../../src/kernel/index.ts'
import { createKeyring, deriveKey, type Keyring, KeyringError } from '../../src/keys/index.ts'

const OLD = 'old secret, 32 random bytes at least'
const NEW = 'new secret, 32 random bytes at least'
const keyring = (...secrets: string[]) => createKeyring(secrets, seededRandom(7))

function codeOfOpening(ring: Keyring, sealed: Uint8Array, associatedData: string): string {
  try {
    ring.open(sealed, associatedData)
    return 'opened'
  } catch (error) {
    if (error instanceof KeyringError) return error.code
    throw error
  }
}

test('what is sealed opens again, whatever it and its place are', () => {
  const ring = createKeyring([NEW], systemRandom)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (plaintext, place) => {
      expect(ring.open(ring.seal(plaintext, place), place)).toEqual(plaintext)
    }),
  )
})

test('a ciphertext moved to another place does not open', () => {
  const ring = keyring(NEW)
  const sealed = ring.seal(utf8('seed'), 'totp:alice')
  expect(codeOfOpening(ring, sealed, 'totp:bob')).toBe('tampered')
  expect(codeOfOpening(ring, sealed, '')).toBe('tampered')
  expect(codeOfOpening(ring, sealed, 'totp:alice')).toBe('opened')
})

test('any flipped bit keeps it shut', () => {
  const ring = keyring(NEW, OLD)
  const sealed = ring.seal(utf8('a private key'), 'ca:1')
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
      const changed = sealed.slice()
      changed[index] = (changed[index] ?? 0) ^ (1 << bit)
      const expected = index === 0 ? 'malformed' : index < 5 ? 'unknown_key' : 'tampered'
      expect(codeOfOpening(ring, changed, 'ca:1')).toBe(expected)
    }),
  )
})

test('the key id is authenticated: naming another configured key does not open', () => {
  const ring = keyring(NEW, OLD)
  const swapped = keyring(NEW).seal(utf8('x'), 'place')
  swapped.set(keyring(OLD).seal(utf8('x'), 'place').subarray(0, 5))
  expect(codeOfOpening(ring, swapped, 'place')).toBe('tampered')
})

test('what is too short or of another version is malformed', () => {
  const ring = keyring(NEW)
  const sealed = ring.seal(new Uint8Array(), 'place')
  for (const length of [0, 1, 5, 17, sealed.length - 1]) {
    expect(codeOfOpening(ring, sealed.subarray(0, length), 'place')).toBe('malformed')
  }
  expect(codeOfOpening(ring, Uint8Array.of(2, ...sealed.subarray(1)), 'place')).toBe('malformed')
})

describe('rotation', () => {
  const before = keyring(OLD).seal(utf8('seed'), 'place')
  const rotated = keyring(NEW, OLD)

  test('what the old secret sealed opens while the old secret is configured', () => {
    expect(rotated.open(before, 'place')).toEqual(utf8('seed'))
    expect(codeOfOpening(keyring(NEW), before, 'place')).toBe('unknown_key')
  })

  test('the first secret seals', () => {
    expect(codeOfOpening(keyring(NEW), rotated.seal(utf8('seed'), 'place'), 'place')).toBe('opened')
  })

  test('what an older secret sealed asks to be sealed again', () => {
    expect(rotated.needsReseal(before)).toBe(true)
    expect(rotated.needsReseal(rotated.seal(utf8('seed'), 'place'))).toBe(false)
    expect(() => keyring(NEW).needsReseal(before)).toThrow(KeyringError)
  })

  test('a secret listed twice is still the first', () => {
    expect(keyring(OLD, OLD).needsReseal(before)).toBe(false)
  })
})

test('every seal has its own nonce, so equal plaintexts look different', () => {
  const ring = createKeyring([NEW], systemRandom)
  const nonces = Array.from({ length: 2_000 }, () => hex(ring.seal(utf8('same'), 'place').subarray(5, 17)))
  expect(new Set(nonces).size).toBe(nonces.length)
})

test('the layout is version, key id, nonce, ciphertext, tag; another implementation opens it', async () => {
  const sealed = keyring(NEW).seal(utf8('seed'), 'place')
  expect(sealed.length).toBe(33 + 4)
  const secret = Uint8Array.from(deriveKey(NEW, 'authy2 keyring v1: AES-256-GCM'))
  const key = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt'])
  const additionalData = Uint8Array.of(...sealed.subarray(0, 5), ...utf8('place'))
  const plaintext = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: Uint8Array.from(sealed.subarray(5, 17)), additionalData },
    key,
    Uint8Array.from(sealed.subarray(17)),
  )
  expect<Uint8Array>(new Uint8Array(plaintext)).toEqual(utf8('seed'))
})

test('a keyring without a secret is not made', () => {
  expect(() => keyring()).toThrow('at least one secret')
})
