import { describe, expect, test } from 'bun:test'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import { parsePresentedToken } from '../../../src/protocol/oauth/presented-token.ts'
import { refusalCode } from './refusal.ts'

test.each([
  ['Bearer abc.def_~+/==', { scheme: 'Bearer', token: 'abc.def_~+/==' }],
  ['bearer  abc', { scheme: 'Bearer', token: 'abc' }],
  ['DPoP abc', { scheme: 'DPoP', token: 'abc' }],
  ['dpop abc', { scheme: 'DPoP', token: 'abc' }],
] as const)('%s', (header, expected) => expect(parsePresentedToken(header)).toEqual({ ...expected }))

test('a form may hold it (RFC 6750 §2.2)', () => {
  expect(parsePresentedToken(undefined, parseParameters('access_token=abc'))).toEqual({
    scheme: 'Bearer',
    token: 'abc',
  })
})

test.each([undefined, 'Basic abc', 'Bearer', ''])('there is none in %p', (header) => {
  expect(parsePresentedToken(header, parseParameters(''))).toBeUndefined()
})

describe('refused', () => {
  test('one in the header and one in the body (RFC 6750 §2)', async () => {
    const both = () => parsePresentedToken('Bearer abc', parseParameters('access_token=abc'))
    expect(await refusalCode(both)).toBe('invalid_request')
  })

  test.each(['Bearer a b', 'Bearer a,b', 'Bearer é', 'Bearer "a"', 'DPoP a=b', 'Bearer =', 'Bearer '])(
    'what is no token: %s',
    async (header) => expect(await refusalCode(() => parsePresentedToken(header))).toBe('invalid_token'),
  )
})
