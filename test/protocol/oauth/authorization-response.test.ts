import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { validateAuthResponse } from 'oauth4webapi'
import {
  addToQuery,
  encodeAuthorizationResponse,
  type ResponseChannel,
} from '../../../src/protocol/oauth/authorization-response.ts'
import { encodeChallenge } from '../../../src/protocol/oauth/challenge.ts'
import { accessDenied, insufficientScope, invalidToken } from '../../../src/protocol/oauth/errors.ts'

const ISSUER = 'https://id.example.com'
const provider = { issuer: ISSUER, authorization_response_iss_parameter_supported: true }
const relyingParty = { client_id: 'portal' }
const channel = (over: Partial<ResponseChannel> = {}): ResponseChannel => ({
  redirectUri: 'https://portal.example/cb',
  mode: 'query',
  state: 'xyz',
  ...over,
})

const locationOf = (
  over: Partial<ResponseChannel>,
  outcome: Parameters<typeof encodeAuthorizationResponse>[2],
) => {
  const response = encodeAuthorizationResponse(channel(over), ISSUER, outcome)
  if (response.kind !== 'redirect') throw new Error('It is no redirect.')
  return response.location
}

test('tokens are sent back in the fields of a token response, as texts (RFC 6749 §4.2.2)', () => {
  const tokens = { accessToken: 'a', scheme: 'Bearer', lifetimeSeconds: 60, scope: ['openid'] } as const
  const sent = encodeAuthorizationResponse(channel({ mode: 'form_post' }), ISSUER, { idToken: 'i', tokens })
  expect(sent).toMatchObject({
    fields: { access_token: 'a', token_type: 'Bearer', expires_in: '60', scope: 'openid', id_token: 'i' },
  })
  const alone = encodeAuthorizationResponse(channel({ mode: 'fragment' }), ISSUER, {
    idToken: 'i',
    tokens: undefined,
  })
  expect(alone).toMatchObject({ location: expect.stringMatching(/#id_token=i&/) })
})

test('a code goes into the query, with state and issuer (RFC 6749 §4.1.2, RFC 9207 §2)', () => {
  expect(locationOf({}, { code: 'a+b' })).toBe(
    'https://portal.example/cb?code=a%2Bb&state=xyz&iss=https%3A%2F%2Fid.example.com',
  )
})

test('the query of the redirect URI is kept as it is (RFC 6749 §3.1.2)', () => {
  expect(
    locationOf({ redirectUri: 'https://portal.example/cb?a=%7e', state: undefined }, { code: 'c' }),
  ).toBe('https://portal.example/cb?a=%7e&code=c&iss=https%3A%2F%2Fid.example.com')
  expect(addToQuery('com.acme.mobile:/out', { state: 'a b' })).toBe('com.acme.mobile:/out?state=a+b')
})

test('a fragment is the response mode’s', () => {
  expect(locationOf({ mode: 'fragment', state: undefined }, { code: 'c' })).toBe(
    'https://portal.example/cb#code=c&iss=https%3A%2F%2Fid.example.com',
  )
})

test('an error names its code and says what was wrong, without the reason for the log', () => {
  const url = new URL(locationOf({}, accessDenied('You said no.', { reason: 'secret' })))
  expect(Object.fromEntries(url.searchParams)).toEqual({
    error: 'access_denied',
    error_description: 'You said no.',
    state: 'xyz',
    iss: ISSUER,
  })
})

test('a form is fields to be posted, in which nothing is encoded yet (Form Post Response Mode §2)', () => {
  expect(
    encodeAuthorizationResponse(channel({ mode: 'form_post', state: '"><b>' }), ISSUER, { code: 'c' }),
  ).toEqual({
    kind: 'form_post',
    action: 'https://portal.example/cb',
    fields: { code: 'c', state: '"><b>', iss: ISSUER },
  })
})

describe('a relying party accepts', () => {
  test('any state in a redirect', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (state) => {
        const url = new URL(locationOf({ state }, { code: 'c0de' }))
        expect(validateAuthResponse(provider, relyingParty, url, state).get('code')).toBe('c0de')
      }),
    )
  })

  test('a form post', () => {
    const response = encodeAuthorizationResponse(channel({ mode: 'form_post' }), ISSUER, { code: 'c0de' })
    if (response.kind !== 'form_post') throw new Error('It is no form.')
    const posted = new URLSearchParams(response.fields)
    expect(validateAuthResponse(provider, relyingParty, posted, 'xyz').get('code')).toBe('c0de')
  })

  test('an error as an error', () => {
    const url = new URL(locationOf({}, accessDenied('No.')))
    expect(() => validateAuthResponse(provider, relyingParty, url, 'xyz')).toThrow('authorization response')
  })
})

describe('a challenge (RFC 6750 §3)', () => {
  test('names no error where there were no credentials', () => {
    expect(encodeChallenge({ scheme: 'Bearer' })).toBe('Bearer realm="Authy2"')
    expect(
      encodeChallenge({
        scheme: 'Bearer',
        resourceMetadata: `${ISSUER}/.well-known/oauth-protected-resource`,
      }),
    ).toBe('Bearer resource_metadata="https://id.example.com/.well-known/oauth-protected-resource"')
  })

  test('names the error, and the scope that would do', () => {
    expect(
      encodeChallenge({
        scheme: 'Bearer',
        error: insufficientScope('It takes more.'),
        scope: ['api', 'email'],
      }),
    ).toBe('Bearer error="insufficient_scope", error_description="It takes more.", scope="api email"')
  })

  test('names the algorithms of proofs (RFC 9449 §7.1)', () => {
    const challenge = encodeChallenge({
      scheme: 'DPoP',
      error: invalidToken('its key was retired'),
      algorithms: ['ES256'],
    })
    expect(challenge).toStartWith('DPoP error="invalid_token", error_description="')
    expect(challenge).toEndWith(', algs="ES256"')
    expect(challenge).not.toContain('retired')
  })
})
