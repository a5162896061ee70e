import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import { parseResources } from '../../../src/protocol/oauth/resource.ts'
import { encodeScope, grantableScope, narrowedScope, parseScope } from '../../../src/protocol/oauth/scope.ts'
import { isTotal, refusalCode } from './refusal.ts'

describe('a scope (RFC 6749 §3.3)', () => {
  test('is its tokens, each once, in the order they were asked for', () => {
    expect(parseScope('openid profile openid  email')).toEqual(['openid', 'profile', 'email'])
  })

  test.each([
    ['a quote', 'a"b'],
    ['a backslash', 'a\\b'],
    ['a tab between', 'a\tb'],
    ['a letter beyond ASCII', 'é'],
    ['a token of 300 characters', 'x'.repeat(300)],
    ['two hundred tokens', Array.from({ length: 200 }, (_, index) => `s${index}`).join(' ')],
  ])('has not %s', async (_, text) => expect(await refusalCode(() => parseScope(text))).toBe('invalid_scope'))

  test('is read back from its text', () => {
    const tokens = fc.stringMatching(/^[!#-[\]-~]{1,20}$/)
    fc.assert(
      fc.property(fc.uniqueArray(tokens, { maxLength: 20 }), (scope) => {
        expect(parseScope(encodeScope(scope))).toEqual(scope)
      }),
    )
  })

  test('is granted as far as it is allowed', async () => {
    expect(grantableScope(['openid', 'admin', 'email'], ['openid', 'email', 'profile'])).toEqual([
      'openid',
      'email',
    ])
    expect(await refusalCode(() => grantableScope(['admin'], ['openid']))).toBe('invalid_scope')
  })

  test('gets narrower at a refresh, never wider (RFC 6749 §6)', async () => {
    expect(narrowedScope(undefined, ['openid', 'email'])).toEqual(['openid', 'email'])
    expect(narrowedScope(['email'], ['openid', 'email'])).toEqual(['email'])
    for (const wider of [['email', 'admin'], ['admin'], []])
      expect(await refusalCode(() => narrowedScope(wider, ['openid', 'email']))).toBe('invalid_scope')
  })
})

describe('resources (RFC 8707 §2)', () => {
  const parse = (...resources: string[]) =>
    parseResources(parseParameters(resources.map((uri) => `resource=${encodeURIComponent(uri)}`).join('&')))

  test('are absolute URIs, each once', () => {
    expect(parse('https://api.example.com/app/', 'urn:example:api', 'https://api.example.com/app/')).toEqual([
      'https://api.example.com/app/',
      'urn:example:api',
    ])
    expect(parse('https://[2001:db8::1]/')).toEqual(['https://[2001:db8::1]/'])
    expect(parse()).toEqual([])
  })

  test.each([
    ['relative', '/api'],
    ['with a fragment', 'https://api.example.com/#x'],
    ['with a space', 'https://api.example.com/a b'],
    ['with markup', 'https://api.example.com/<b>'],
    ['no URI', 'https://'],
    ['of 3,000 characters', `https://a.example/${'x'.repeat(3_000)}`],
  ])('are not %s', async (_, uri) => expect(await refusalCode(() => parse(uri))).toBe('invalid_target'))

  test('are ten at most', async () => {
    const many = Array.from({ length: 11 }, (_, index) => `https://a.example/${index}`)
    expect(await refusalCode(() => parse(...many))).toBe('invalid_target')
  })
})

test('any text is a scope or refused in the words of OAuth', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => isTotal(() => parseScope(text))))
})
