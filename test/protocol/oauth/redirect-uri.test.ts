import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchRedirectUri, parseRedirectUri } from '../../../src/protocol/oauth/redirect-uri.ts'
import { isTotal, refusalCode } from './refusal.ts'

describe('may be registered', () => {
  test.each([
    'https://portal.acme-corp.com/auth/callback',
    'https://portal.acme-corp.com',
    'https://portal.acme-corp.com:8443/cb?tenant=1&x=%2F',
    'https://[2001:db8::1]/cb',
    'http://localhost:3000/auth/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:8080/cb',
    'http://localhost',
    'com.acme.mobile:/callback',
    'com.acme.mobile://callback',
    'net.example-app.x:/a?b=c',
  ])('%s', (uri) => {
    const registered = parseRedirectUri(uri)
    expect(registered as string).toBe(uri)
    expect(matchRedirectUri([registered], uri)).toBe(registered)
  })
})

describe('may not be registered', () => {
  test.each([
    ['http on another host', 'http://portal.acme-corp.com/cb'],
    ['a fragment', 'https://a.example/cb#x'],
    ['an empty fragment', 'https://a.example/cb#'],
    ['a user', 'https://user@a.example/cb'],
    ['a user of loopback', 'http://user:pw@localhost/cb'],
    ['a user before what looks like loopback', 'http://localhost@evil.example/cb'],
    ['loopback as a prefix', 'http://localhost.evil.example/cb'],
    ['loopback written otherwise', 'http://127.1/cb'],
    ['loopback as a number', 'http://2130706433/cb'],
    ['another loopback address', 'http://127.0.0.2/cb'],
    ['a port that is none', 'http://localhost:99999/cb'],
    ['a port that is text', 'http://localhost:80a/cb'],
    ['script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a file', 'file:///etc/passwd'],
    ['a scheme without a dot', 'myapp:/callback'],
    ['a scheme in upper case', 'Com.Acme:/callback'],
    ['no scheme', '//a.example/cb'],
    ['a path', '/callback'],
    ['no host', 'https:///cb'],
    ['one slash', 'https:/a.example/cb'],
    ['a backslash', 'https://a.example\\@evil.example/cb'],
    ['a space', 'https://a.example/c b'],
    ['a space before', ' https://a.example/cb'],
    ['a tab', 'https://a.example/\tcb'],
    ['a line break', 'https://a.example/\ncb'],
    ['a host beyond ASCII', 'https://аcme.example/cb'],
    ['half an escape', 'https://a.example/%2'],
    ['dot segments', 'https://a.example/app/../cb'],
    ['escaped dot segments', 'https://a.example/app/%2e%2E/cb'],
    ['a dot at the end', 'https://a.example/app/..'],
    ['a wildcard host', 'https://*.example.com/cb'],
    ['an escaped host', 'https://%61.example/cb'],
    ['a port that is none', 'https://a.example:70000/cb'],
    ['a megabyte', `https://a.example/${'x'.repeat(1_000_000)}`],
    ['nothing', ''],
  ])('%s', async (_, uri) => {
    expect(await refusalCode(() => parseRedirectUri(uri))).toBe('invalid_redirect_uri')
  })
})

describe('what is registered is presented exactly (RFC 9700 §4.1.3)', () => {
  const registered = ['https://portal.acme-corp.com/auth/callback', 'https://portal.acme-corp.com/q?a=1']
  test.each([
    ['a longer path', 'https://portal.acme-corp.com/auth/callback/more'],
    ['a shorter path', 'https://portal.acme-corp.com/auth'],
    ['a slash at the end', 'https://portal.acme-corp.com/auth/callback/'],
    ['a prefix of the host', 'https://portal.acme-corp.com.evil.example/auth/callback'],
    ['a subdomain', 'https://evil.portal.acme-corp.com/auth/callback'],
    ['a host that ends alike', 'https://evilportal.acme-corp.com/auth/callback'],
    ['a user', 'https://portal.acme-corp.com@evil.example/auth/callback'],
    ['a user of the host', 'https://evil@portal.acme-corp.com/auth/callback'],
    ['another port', 'https://portal.acme-corp.com:8443/auth/callback'],
    ['the port that is meant anyway', 'https://portal.acme-corp.com:443/auth/callback'],
    ['another scheme', 'http://portal.acme-corp.com/auth/callback'],
    ['another case of the host', 'https://Portal.acme-corp.com/auth/callback'],
    ['another case of the path', 'https://portal.acme-corp.com/Auth/callback'],
    ['another case of the scheme', 'HTTPS://portal.acme-corp.com/auth/callback'],
    ['a fragment', 'https://portal.acme-corp.com/auth/callback#'],
    ['a query', 'https://portal.acme-corp.com/auth/callback?next=https://evil.example'],
    ['a query mark', 'https://portal.acme-corp.com/auth/callback?'],
    ['more in the query', 'https://portal.acme-corp.com/q?a=1&b=2'],
    ['less in the query', 'https://portal.acme-corp.com/q'],
    ['an encoded slash', 'https://portal.acme-corp.com/auth%2Fcallback'],
    ['an encoded letter', 'https://portal.acme-corp.com/auth/c%61llback'],
    ['dot segments', 'https://portal.acme-corp.com/auth/x/../callback'],
    ['encoded dot segments', 'https://portal.acme-corp.com/auth/x/%2e%2e/callback'],
    ['two slashes', 'https://portal.acme-corp.com//auth/callback'],
    ['a backslash', 'https://portal.acme-corp.com\\auth\\callback'],
    ['a tab', 'https://portal.acme-corp.com/auth/\tcallback'],
    ['a line break after', 'https://portal.acme-corp.com/auth/callback\n'],
    ['a space before', ' https://portal.acme-corp.com/auth/callback'],
    ['a letter that looks alike', 'https://portal.аcme-corp.com/auth/callback'],
    ['a full stop that browsers take for one', 'https://portal。acme-corp.com/auth/callback'],
    ['nothing', ''],
  ])('not with %s', (_, presented) => {
    expect(matchRedirectUri(registered, presented)).toBeUndefined()
  })
})

describe('the port of loopback is the app’s to choose (RFC 8252 §7.3)', () => {
  test.each([
    ['http://127.0.0.1/callback', 'http://127.0.0.1:51004/callback'],
    ['http://127.0.0.1:8080/callback', 'http://127.0.0.1:51004/callback'],
    ['http://127.0.0.1:8080/callback', 'http://127.0.0.1/callback'],
    ['http://[::1]/cb?a=1', 'http://[::1]:51004/cb?a=1'],
    ['http://localhost/cb', 'http://localhost:51004/cb'],
  ])('%s allows %s', (registered, presented) => {
    expect(matchRedirectUri([registered], presented) as string).toBe(presented)
  })

  test.each([
    ['another loopback name', 'http://localhost:51004/callback'],
    ['another path', 'http://127.0.0.1:51004/other'],
    ['a user', 'http://x@127.0.0.1:51004/callback'],
    ['a host behind a user', 'http://127.0.0.1:80@evil.example/callback'],
    ['a host behind a port', 'http://127.0.0.1:51004.evil.example/callback'],
    ['another scheme', 'https://127.0.0.1:51004/callback'],
    ['a fragment', 'http://127.0.0.1:51004/callback#x'],
    ['a line break', 'http://127.0.0.1:51004/callback\n'],
    ['a port that is none', 'http://127.0.0.1:70000/callback'],
    ['no port after the colon', 'http://127.0.0.1:/callback'],
  ])('but not %s', (_, presented) => {
    expect(matchRedirectUri(['http://127.0.0.1/callback'], presented)).toBeUndefined()
  })

  test('of another host it is not', () => {
    expect(matchRedirectUri(['https://a.example/cb'], 'https://a.example:1/cb')).toBeUndefined()
  })
})

test('nothing matches where nothing is registered', () => {
  expect(matchRedirectUri([], 'https://a.example/cb')).toBeUndefined()
})

test('what matches leads to the same origin and path as what is registered', () => {
  const registered = ['https://a.example/cb', 'http://localhost/cb', 'com.acme.mobile:/cb']
  const pieces = fc.constantFrom(
    ...[
      'https:',
      'http:',
      '//',
      '/',
      'a.example',
      'localhost',
      '/cb',
      ':80',
      '@',
      '#',
      '?',
      '\\',
      '%2f',
      '..',
      ' ',
    ],
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const presented = parts.join('')
      if (matchRedirectUri(registered, presented) === undefined) return
      const url = new URL(presented)
      expect(registered.map((uri) => new URL(uri).hostname)).toContain(url.hostname)
      expect(url.pathname).toBe('/cb')
    }),
    { numRuns: 5_000 },
  )
})

test('any text is accepted or refused in the words of OAuth', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => isTotal(() => parseRedirectUri(text))),
  )
  await fc.assert(fc.asyncProperty(fc.webUrl(), (text) => isTotal(() => parseRedirectUri(text))))
})
