import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { OAUTH_ERROR_STATUS, OAuthError, type OAuthErrorCode } from '../../../src/protocol/oauth/error.ts'
import * as errors from '../../../src/protocol/oauth/errors.ts'

const CODES = Object.keys(OAUTH_ERROR_STATUS) as OAuthErrorCode[]

/** Every code of the standards that are implemented, with the status of its JSON answer. */
const STANDARDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'RFC 6749 §4.1.2.1, §5.2': {
    invalid_request: 400,
    invalid_client: 401,
    invalid_grant: 400,
    unauthorized_client: 400,
    unsupported_grant_type: 400,
    unsupported_response_type: 400,
    invalid_scope: 400,
    access_denied: 400,
    server_error: 500,
    temporarily_unavailable: 503,
  },
  'RFC 6750 §3.1': { invalid_token: 401, insufficient_scope: 403 },
  'RFC 7009 §2.2.1': { unsupported_token_type: 400 },
  'RFC 7591 §3.2.2': {
    invalid_redirect_uri: 400,
    invalid_client_metadata: 400,
    invalid_software_statement: 400,
    unapproved_software_statement: 400,
  },
  'RFC 8628 §3.5': { authorization_pending: 400, slow_down: 400, expired_token: 400 },
  'RFC 8707 §2': { invalid_target: 400 },
  'RFC 9449 §5, §8': { invalid_dpop_proof: 400, use_dpop_nonce: 400 },
  'OpenID Connect Core §3.1.2.6, RFC 9101 §7': {
    interaction_required: 400,
    login_required: 400,
    account_selection_required: 400,
    consent_required: 400,
    invalid_request_uri: 400,
    invalid_request_object: 400,
    request_not_supported: 400,
    request_uri_not_supported: 400,
    registration_not_supported: 400,
    unmet_authentication_requirements: 400,
  },
}

describe.each(Object.entries(STANDARDS))('the codes of %s', (_, statuses) => {
  test.each(Object.entries(statuses))('%s is answered with %d', (code, status) => {
    expect(new OAuthError(code as OAuthErrorCode, 'It failed.').status).toBe(status)
  })
})

test('there are no other codes, and each has a constructor', () => {
  expect(CODES.toSorted()).toEqual(
    Object.values(STANDARDS)
      .flatMap((statuses) => Object.keys(statuses) as OAuthErrorCode[])
      .toSorted(),
  )
  const made = Object.values(errors).map((construct) => construct('It failed.').code)
  expect(made.toSorted()).toEqual(CODES.toSorted())
})

test('a description keeps to the characters of RFC 6749 §5.2, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(new OAuthError('invalid_request', text).message).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
    }),
  )
  expect(new OAuthError('invalid_request', 'say "a\\b"\r\nc').message).toBe("say 'a?b'??c")
})

test('a failed authentication says the same whatever the reason, which only the log is told', () => {
  const [unknown, wrong] = [errors.invalidClient('unknown client'), errors.invalidClient('wrong secret')]
  expect(unknown.message).toBe(wrong.message)
  expect([unknown.reason, wrong.reason]).toEqual(['unknown client', 'wrong secret'])
})

test('a client that tried by header is challenged by header (RFC 6749 §5.2)', () => {
  expect(errors.invalidClient('wrong secret').headers).toEqual({})
  expect(errors.invalidClient('wrong secret', { triedHeader: true }).headers).toEqual({
    'WWW-Authenticate': 'Basic realm="OAuth"',
  })
})
