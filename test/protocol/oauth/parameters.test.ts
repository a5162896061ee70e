import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  parseFlawedParameters,
  parseParameters,
  requireParameter,
} from '../../../src/protocol/oauth/parameters.ts'
import { isTotal, refusal, refusalCode } from './refusal.ts'

test('names and values are form-decoded (RFC 6749 appendix B)', () => {
  const parameters = parseParameters('a=1+2&%62=%C3%A9%20%26&c=x=y')
  expect([parameters.get('a'), parameters.get('b'), parameters.get('c')]).toEqual(['1 2', 'é &', 'x=y'])
})

test('what is sent without a value is not sent, what is unknown is no matter (RFC 6749 §3.1)', () => {
  const parameters = parseParameters('state=&scope&other=1')
  expect([parameters.get('state'), parameters.get('scope'), parameters.get('other')]).toEqual([
    undefined,
    undefined,
    '1',
  ])
  expect(parseParameters('').get('state')).toBeUndefined()
  expect(parseParameters('&&a=1&&b=2&').get('b')).toBe('2')
})

test('resources and audiences may be repeated (RFC 8707 §2, RFC 8693 §2.1)', () => {
  const parameters = parseParameters('resource=a&resource=b&audience=c&resource=')
  expect([parameters.all('resource'), parameters.all('audience')]).toEqual([['a', 'b'], ['c']])
})

describe('refused with invalid_request', () => {
  test.each([
    ['a repeated parameter', 'client_id=a&client_id=b'],
    ['one repeated alike', 'client_id=a&client_id=a'],
    ['one repeated without a value', 'state=&state=x'],
    ['one repeated under an escaped name', 'client_id=a&client%5Fid=b'],
    ['an unknown one that is repeated', 'x=1&x=2'],
    ['an escape that is none', 'a=%zz'],
    ['half an escape', 'a=%4'],
    ['bytes that are not UTF-8', 'a=%ff'],
    ['an overlong encoding', 'a=%c0%af'],
    ['half a surrogate pair', 'a=%ed%a0%80'],
    ['a NUL', 'a=%00'],
    ['a megabyte', `a=${'x'.repeat(1_048_576)}`],
    ['a value of 33 KB', `a=${'x'.repeat(33_000)}`],
    ['a long name', `${'x'.repeat(300)}=a`],
    ['a thousand parameters', Array.from({ length: 1_000 }, (_, index) => `p${index}=1`).join('&')],
  ])('%s', async (_, encoded) => {
    expect(await refusalCode(() => parseParameters(encoded))).toBe('invalid_request')
  })
})

test('what was sent is not sent back', async () => {
  const error = await refusal(() => parseParameters('<script>=1&<script>=2'))
  expect(error.message).not.toContain('script')
})

test('names of the language are names like any other', () => {
  const parameters = parseParameters('__proto__=a&constructor=b')
  expect([parameters.get('__proto__'), parameters.get('toString')]).toEqual(['a', undefined])
})

test('a missing parameter is named', async () => {
  expect((await refusal(() => requireParameter(parseParameters('code='), 'code'))).message).toBe(
    'The parameter code is missing.',
  )
})

test('whatever a browser encodes is read back', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.dictionary(texts, texts, { noNullPrototype: true }), (record) => {
      const parameters = parseParameters(new URLSearchParams(record).toString())
      for (const [name, value] of Object.entries(record)) expect(parameters.get(name)).toBe(value)
    }),
  )
})

test('any text is read or refused in the words of OAuth', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => isTotal(() => parseParameters(text))),
  )
})

describe('of a request with a fault', () => {
  const deciding = new Set(['client_id', 'state'])
  const read = (encoded: string) => parseFlawedParameters(encoded, deciding)

  test('what says whom to tell is read, and nothing else', () => {
    for (const fault of ['a=1&a=2', 'a=%zz', '%zz=1', 'a=%00', `a=${'x'.repeat(33_000)}`]) {
      const { parameters, flaw } = read(`client_id=wiki&b=1&${fault}`)
      expect([flaw?.code, parameters.get('client_id'), parameters.get('b')]).toEqual([
        'invalid_request',
        'wiki',
        undefined,
      ])
    }
    expect(read('client_id=wiki&b=1').flaw).toBeUndefined()
    expect(read('client_id=wiki&b=1').parameters.get('b')).toBe('1')
  })

  test.each([
    ['twice', 'client_id=a&client_id=b&b=%zz'],
    ['twice, once in escapes', 'client_id=a&client%5Fid=b&b=%zz'],
    ['malformed', 'client_id=%zz'],
    ['with a NUL', 'b=1&b=2&state=%00'],
    ['among too many', `client_id=a&${'b=1&'.repeat(200)}`],
  ])('that is in what decides nobody is told: %s', async (_, encoded) => {
    expect(await refusalCode(() => read(encoded))).toBe('invalid_request')
  })
})
