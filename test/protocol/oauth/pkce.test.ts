import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from 'oauth4webapi'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import {
  parseCodeChallenge,
  s256CodeChallenge,
  verifyCodeChallenge,
} from '../../../src/protocol/oauth/pkce.ts'
import { refusalCode } from './refusal.ts'

// RFC 7636 appendix B
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const strict = { allowsPlain: false }
const parse = (query: string, policy = strict) => parseCodeChallenge(parseParameters(query), policy)

test('the challenge of RFC 7636 appendix B', () => {
  expect(s256CodeChallenge(VERIFIER)).toBe(CHALLENGE)
  const parsed = parse(`code_challenge=${CHALLENGE}&code_challenge_method=S256`)
  expect(parsed).toEqual({ method: 'S256', challenge: CHALLENGE })
  expect(() => verifyCodeChallenge(parsed, VERIFIER)).not.toThrow()
})

test('a relying party computes the same', async () => {
  const verifier = generateRandomCodeVerifier()
  expect(s256CodeChallenge(verifier)).toBe(await calculatePKCECodeChallenge(verifier))
})

test('a method that is not named is plain, which has to be allowed (RFC 7636 §4.3)', async () => {
  expect(await refusalCode(() => parse(`code_challenge=${VERIFIER}`))).toBe('invalid_request')
  const parsed = parse(`code_challenge=${VERIFIER}`, { allowsPlain: true })
  expect(parsed).toEqual({ method: 'plain', challenge: VERIFIER })
  expect(() => verifyCodeChallenge(parsed, VERIFIER)).not.toThrow()
})

test('a request may have none, as far as the syntax goes', () => {
  expect(parse('')).toBeUndefined()
  expect(() => verifyCodeChallenge(undefined, undefined)).not.toThrow()
})

describe('refused with invalid_request', () => {
  test.each([
    ['plain where it is not allowed', `code_challenge=${VERIFIER}&code_challenge_method=plain`],
    ['an unknown method', `code_challenge=${CHALLENGE}&code_challenge_method=S512`],
    ['a method in lower case', `code_challenge=${CHALLENGE}&code_challenge_method=s256`],
    ['a method alone', 'code_challenge_method=S256'],
    ['a short challenge', 'code_challenge=abc&code_challenge_method=S256'],
    ['a padded challenge', `code_challenge=${CHALLENGE}%3D&code_challenge_method=S256`],
    ['a challenge in base64', `code_challenge=${CHALLENGE.replace('-', '%2B')}&code_challenge_method=S256`],
  ])('%s', async (_, query) => expect(await refusalCode(() => parse(query))).toBe('invalid_request'))
})

describe('refused with invalid_grant', () => {
  const expected = { method: 'S256', challenge: CHALLENGE } as const
  test.each([
    ['another verifier', expected, VERIFIER.replace('d', 'e')],
    ['the challenge as verifier (a plain one for S256)', expected, CHALLENGE],
    ['no verifier', expected, undefined],
    ['a verifier where none was announced: the downgrade of RFC 9700 §4.8.2', undefined, VERIFIER],
    ['a verifier of 42 characters', { method: 'plain', challenge: 'a'.repeat(42) } as const, 'a'.repeat(42)],
    ['a verifier of 129 characters', expected, 'a'.repeat(129)],
    ['a verifier of other characters', expected, `${VERIFIER.slice(1)}+`],
  ])('%s', async (_, challenge, verifier) => {
    expect(await refusalCode(() => verifyCodeChallenge(challenge, verifier))).toBe('invalid_grant')
  })
})

test('any verifier fits its own challenge and no other', async () => {
  const verifiers = fc.stringMatching(/^[A-Za-z0-9\-._~]{43,128}$/)
  await fc.assert(
    fc.asyncProperty(verifiers, verifiers, async (verifier, other) => {
      const expected = { method: 'S256', challenge: s256CodeChallenge(verifier) } as const
      verifyCodeChallenge(expected, verifier)
      if (other !== verifier)
        expect(await refusalCode(() => verifyCodeChallenge(expected, other))).toBe('invalid_grant')
    }),
  )
})
