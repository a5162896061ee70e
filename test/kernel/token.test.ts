import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  createToken,
  seededRandom,
  sha256,
  systemRandom,
  TOKEN_PREFIX,
  type TokenKind,
  tokenDigest,
  tokenName,
} from '../../src/kernel/index.ts'

const KINDS = Object.keys(TOKEN_PREFIX) as TokenKind[]
const kinds = fc.constantFrom(...KINDS)
const tokens = fc
  .tuple(kinds, fc.nat())
  .map(([kind, seed]) => ({ kind, token: createToken(kind, seededRandom(seed)) }))

describe.each(KINDS)('a token of kind %s', (kind) => {
  test('is its prefix, 256 bits and a checksum, in characters that need no quoting', () => {
    const token = createToken(kind, systemRandom)
    expect(token).toMatch(new RegExp(`^${TOKEN_PREFIX[kind]}[A-Za-z0-9_-]{43}[0-9a-z]{6}$`))
    const secret = token.slice(TOKEN_PREFIX[kind].length, -6)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
  })

  test('is kept as the SHA-256 of all of it', () => {
    const token = createToken(kind, systemRandom)
    expect(tokenDigest(kind, token)).toEqual(sha256(token))
  })
})

test('the prefixes begin with those of the contract, and none begins another', () => {
  expect(TOKEN_PREFIX).toMatchObject({ session: 'a2s_', apiKey: 'a2k_', refresh: 'a2r_', invite: 'a2i_' })
  const prefixes = Object.values(TOKEN_PREFIX)
  expect(new Set(prefixes).size).toBe(prefixes.length)
  for (const prefix of prefixes) expect(prefix).toMatch(/^a2[a-z]_$/)
})

test('no two tokens are the same', () => {
  const made = new Set(Array.from({ length: 1_000 }, () => createToken('session', systemRandom)))
  expect(made.size).toBe(1_000)
})

describe('what cannot be a token is refused without being looked for', () => {
  test('one of another kind', () => {
    fc.assert(
      fc.property(tokens, kinds, ({ kind, token }, other) => {
        expect(tokenDigest(other, token) !== undefined).toBe(other === kind)
      }),
    )
  })

  test('one of another kind that was given the prefix', () => {
    fc.assert(
      fc.property(tokens, kinds, ({ kind, token }, other) => {
        fc.pre(other !== kind)
        expect(
          tokenDigest(other, TOKEN_PREFIX[other] + token.slice(TOKEN_PREFIX[kind].length)),
        ).toBeUndefined()
      }),
    )
  })

  test('one with any one character mistyped', () => {
    fc.assert(
      fc.property(
        tokens,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        ({ kind, token }, position, other) => {
          const at = position % token.length
          const mistyped = token.slice(0, at) + other + token.slice(at + 1)
          fc.pre(mistyped !== token)
          expect(tokenDigest(kind, mistyped)).toBeUndefined()
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('one with two neighbours swapped, cut off, or with something added', () => {
    fc.assert(
      fc.property(tokens, fc.nat(), fc.string({ minLength: 1 }), ({ kind, token }, position, more) => {
        const at = position % (token.length - 1)
        const swapped = token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2)
        if (swapped !== token) expect(tokenDigest(kind, swapped)).toBeUndefined()
        for (const wrong of [
          token.slice(0, at),
          token + more,
          more + token,
          token.toUpperCase(),
          ` ${token}`,
        ])
          expect(tokenDigest(kind, wrong)).toBeUndefined()
      }),
    )
  })

  test('any text', () => {
    fc.assert(
      fc.property(
        kinds,
        fc.string({ unit: 'binary' }),
        (kind, text) => tokenDigest(kind, text) === undefined,
      ),
    )
    for (const text of ['', 'a2s_', `a2s_${'A'.repeat(49)}`, 'a2s_\0', '__proto__'])
      expect(tokenDigest('session', text)).toBeUndefined()
  })
})

describe('a token with a name', () => {
  const named = fc
    .tuple(kinds, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 64 }))
    .map(([kind, seed, name]) => ({ kind, name, token: createToken(kind, seededRandom(seed), name) }))

  test('tells it, and has 256 random bits all the same', () => {
    fc.assert(
      fc.property(named, ({ kind, name, token }) => {
        expect(tokenName(kind, token, name.length)).toEqual(name)
        const body = Buffer.from(token.slice(TOKEN_PREFIX[kind].length, -6), 'base64url')
        expect(body).toHaveLength(name.length + 32)
      }),
    )
    const name = new Uint8Array(16)
    const made = new Set(Array.from({ length: 100 }, () => createToken('refresh', systemRandom, name)))
    expect(made.size).toBe(100)
  })

  test('is none of another kind, of another length of name, or without one; nor is one without any a named one', () => {
    fc.assert(
      fc.property(named, tokens, fc.integer({ min: 1, max: 64 }), ({ kind, name, token }, plain, bytes) => {
        const other = kind === 'session' ? 'refresh' : 'session'
        expect(tokenName(other, token, name.length)).toBeUndefined()
        expect(tokenName(kind, token, bytes) !== undefined).toBe(bytes === name.length)
        expect(tokenDigest(kind, token)).toBeUndefined()
        expect(tokenName(plain.kind, plain.token, bytes)).toBeUndefined()
      }),
    )
  })

  test('is refused with any one character mistyped', () => {
    fc.assert(
      fc.property(
        named,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        ({ kind, name, token }, position, other) => {
          const at = position % token.length
          const mistyped = token.slice(0, at) + other + token.slice(at + 1)
          fc.pre(mistyped !== token)
          expect(tokenName(kind, mistyped, name.length)).toBeUndefined()
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
