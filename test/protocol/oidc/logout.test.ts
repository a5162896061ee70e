import { describe, expect, test } from 'bun:test'
import { parseParameters } from '../../../src/protocol/oauth/index.ts'
import {
  logoutClientId,
  logoutTokenClaims,
  parseLogoutRequest,
  postLogoutLocation,
} from '../../../src/protocol/oidc/index.ts'
import { NOW, SECONDS } from '../oauth/jwts.ts'
import { refusalCode } from '../oauth/refusal.ts'

const hint = { subject: 'user-1', clientId: 'portal', sessionId: 's1' }
const client = { postLogoutRedirectUris: ['https://portal.example/bye', 'https://portal.example/q?a=1'] }
const parse = (fields: Readonly<Record<string, string>>) =>
  parseLogoutRequest(parseParameters(new URLSearchParams(fields).toString()))

test('a request to sign out may say nothing, or much (RP-Initiated Logout §2)', () => {
  expect(parse({})).toMatchObject({ uiLocales: [] })
  const said = {
    id_token_hint: 'a.b.c',
    client_id: 'portal',
    logout_hint: 'bob',
    post_logout_redirect_uri: 'https://portal.example/bye',
    state: 'x',
    ui_locales: 'de en',
  }
  expect(parse(said)).toEqual({
    idTokenHint: 'a.b.c',
    clientId: 'portal',
    logoutHint: 'bob',
    postLogoutRedirectUri: 'https://portal.example/bye',
    state: 'x',
    uiLocales: ['de', 'en'],
  })
})

test('the client says who it is by name or by an ID token of its own', async () => {
  expect(logoutClientId(parse({}), undefined)).toBeUndefined()
  expect(logoutClientId(parse({ client_id: 'portal' }), undefined)).toBe('portal')
  expect(logoutClientId(parse({}), hint)).toBe('portal')
  expect(logoutClientId(parse({ client_id: 'portal' }), hint)).toBe('portal')
  expect(await refusalCode(() => logoutClientId(parse({ client_id: 'other' }), hint))).toBe('invalid_request')
})

describe('after sign-out', () => {
  test('the person goes where the client registered, with its state', () => {
    const bye = { post_logout_redirect_uri: 'https://portal.example/bye' }
    expect(postLogoutLocation(parse(bye), client)).toBe('https://portal.example/bye')
    expect(postLogoutLocation(parse({ ...bye, state: 'a b' }), client)).toBe(
      'https://portal.example/bye?state=a+b',
    )
    const withQuery = parse({ post_logout_redirect_uri: 'https://portal.example/q?a=1', state: 'x' })
    expect(postLogoutLocation(withQuery, client)).toBe('https://portal.example/q?a=1&state=x')
  })

  test('or nowhere, where nothing was asked for', () => {
    expect(postLogoutLocation(parse({ state: 'x' }), client)).toBeUndefined()
  })

  test.each([
    'https://evil.example/bye',
    'https://portal.example/bye/more',
    'https://portal.example/bye?next=https://evil.example',
    'https://portal.example@evil.example/bye',
    '//evil.example',
    'javascript:alert(1)',
  ])('never to %s', async (uri) => {
    const request = parse({ post_logout_redirect_uri: uri })
    expect(await refusalCode(() => postLogoutLocation(request, client))).toBe('invalid_request')
  })

  test('nor anywhere for a client that is not known', async () => {
    const request = parse({ post_logout_redirect_uri: 'https://portal.example/bye' })
    expect(await refusalCode(() => postLogoutLocation(request, undefined))).toBe('invalid_request')
  })
})

test('a logout token says which session ended, and is no ID token (Back-Channel Logout §2.4)', () => {
  const claims = logoutTokenClaims({
    tokenId: 'j1',
    issuer: 'https://id.example.com',
    clientId: 'portal',
    subject: 'user-1',
    sessionId: 's1',
    issuedAt: NOW,
    expiresAt: new Date(NOW.getTime() + 120_000),
  })
  expect(claims).toEqual({
    iss: 'https://id.example.com',
    sub: 'user-1',
    aud: 'portal',
    iat: SECONDS,
    exp: SECONDS + 120,
    jti: 'j1',
    sid: 's1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  expect(claims).not.toContainKey('nonce')
})
