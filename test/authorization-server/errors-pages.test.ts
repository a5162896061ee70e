/** What is told to a person on a page, because nobody knows that an address is the client's. RFC 6749 §4.1.2.1 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { authorizePath, Browser, type Page } from './browser.ts'
import type { ErrorRow } from './error-table.ts'
import { setUp } from './setting.ts'

const CALLBACK = 'https://wiki.example.com/callback'
const HOME = 'https://wiki.example.com/'
const PUSHED = 'urn:ietf:params:oauth:request_uri:'

const ERRORS: readonly ErrorRow<Readonly<Record<string, string | undefined>>>[] = [
  ['RFC 6749 §4.1.2.1', 'an application that there is not', 'invalid_request', { client_id: 'nobody' }],
  ['RFC 6749 §4.1.2.1', 'an id with a NUL', 'invalid_request', { client_id: 'a\0b' }],
  ['RFC 6749 §4.1.2.1', 'an id of another alphabet', 'invalid_request', { client_id: 'ä'.repeat(2_000) }],
  ['RFC 6749 §4.1.2.1', 'no application', 'invalid_request', { client_id: undefined }],
  ['OpenID Connect Core §3.1.2.1', 'no redirect URI', 'invalid_request', { redirect_uri: undefined }],
  [
    'RFC 9126 §2.2',
    'a pushed request that there is not',
    'invalid_request_uri',
    { request_uri: `${PUSHED}x` },
  ],
  ['RFC 9126 §2.2', 'a pushed request of no name', 'invalid_request_uri', { request_uri: PUSHED }],
]

/** None of them is `https://wiki.example.com/callback`, whatever a parser or a reader might make of it. RFC 9700 §4.1.3 */
const TRICKS: readonly (readonly [string, string])[] = [
  ['another host', 'https://evil.example/callback'],
  ['a host that begins alike', 'https://wiki.example.com.evil.example/callback'],
  ['a host that ends alike', 'https://evil-wiki.example.com/callback'],
  ['a host below', 'https://evil.wiki.example.com/callback'],
  ['a host with a dot at its end', 'https://wiki.example.com./callback'],
  ['a host in capitals', 'https://WIKI.example.com/callback'],
  ['a user name in front', 'https://wiki.example.com@evil.example/callback'],
  ['a user name of its own', 'https://evil.example@wiki.example.com/callback'],
  ['a user name and a password', 'https://wiki.example.com:x@evil.example/callback'],
  ['a backslash', 'https://evil.example\\@wiki.example.com/callback'],
  ['a backslash for a slash', 'https://wiki.example.com\\callback'],
  ['an encoded slash', 'https://wiki.example.com%2Fcallback'],
  ['an encoded host', 'https://wiki%2Eexample.com/callback'],
  ['an encoded letter', 'https://wiki.example.com/c%61llback'],
  ['a path below', `${CALLBACK}/deeper`],
  ['a slash at its end', `${CALLBACK}/`],
  ['a path above', 'https://wiki.example.com/'],
  ['a path that goes on', `${CALLBACK}evil`],
  ['a path in capitals', 'https://wiki.example.com/Callback'],
  ['a path that goes up', 'https://wiki.example.com/x/../callback'],
  ['a path that goes up from it', `${CALLBACK}/../evil`],
  ['a path that goes up in escapes', `${CALLBACK}/%2e%2e/evil`],
  ['two slashes', 'https://wiki.example.com//callback'],
  ['a path parameter', `${CALLBACK};x=y`],
  ['a fragment', `${CALLBACK}#x`],
  ['an empty fragment', `${CALLBACK}#`],
  ['a query', `${CALLBACK}?next=https://evil.example`],
  ['an empty query', `${CALLBACK}?`],
  ['another port', 'https://wiki.example.com:8443/callback'],
  ['the usual port', 'https://wiki.example.com:443/callback'],
  ['no TLS', 'http://wiki.example.com/callback'],
  ['a scheme in capitals', 'HTTPS://wiki.example.com/callback'],
  ['no scheme', '//wiki.example.com/callback'],
  ['no host', '/callback'],
  ['a script', 'javascript:alert(1)//wiki.example.com/callback'],
  ['a document', 'data:text/html,<script>evil()</script>'],
  ['a space before', ` ${CALLBACK}`],
  ['a space after', `${CALLBACK} `],
  ['a tab inside', 'https://wiki.example\t.com/callback'],
  ['a line break', `${CALLBACK}\r\nLocation: https://evil.example`],
  ['a full-width dot', 'https://wiki\uff0eexample.com/callback'],
  ['a letter that looks alike', 'https://w\u0456ki.example.com/callback'],
  ['two at once', `${CALLBACK} https://evil.example`],
  ['two with a comma', `${CALLBACK},https://evil.example`],
]

describe.each(testDialects)('a page on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const expectPage = (page: Page, code: string) => {
    expect([page.status, page.location]).toEqual([400, undefined])
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy')
    expect(policy).toStartWith("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.text).toContain(`<code>${code}</code>`)
    expect(page.text).not.toContain('evil')
  }

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, parameters) => {
    const { client, browser } = await setUp(t)
    expectPage(await browser.get(authorizePath(client, parameters)), code)
  })

  // Of two readers one might take the first and the other the last: nobody knows whom to tell, or how.
  test.each([
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'state',
    'request',
    'request_uri',
  ])('takes no %s twice, nor malformed', async (name) => {
    const { client, browser } = await setUp(t)
    const path = authorizePath(client, { response_mode: 'query' })
    for (const more of ['=https://evil.example', '=', '=%zz', '=%ff', '=%00']) {
      expectPage(await browser.get(`${path}&${name}=query&${name}${more}&nonce=a&nonce=b`), 'invalid_request')
    }
  })

  test.each([
    { redirect_uri: 'https://evil.example/' },
    { redirect_uri: undefined },
    { client_id: 'nobody' },
  ])('tells no other address that a parameter is repeated: %j', async (parameters) => {
    const { client, browser } = await setUp(t)
    expectPage(await browser.get(`${authorizePath(client, parameters)}&nonce=a&nonce=b`), 'invalid_request')
  })

  describe.each(['query', 'fragment', 'form_post'])('for %s redirects nowhere', (response_mode) => {
    test('that is not registered, however alike', async () => {
      const { client, browser } = await setUp(t)
      for (const [, redirect_uri] of TRICKS) {
        expectPage(
          await browser.get(authorizePath(client, { redirect_uri, response_mode })),
          'invalid_request',
        )
      }
    })
  })

  test('after sign-out redirects nowhere that is not registered, however alike', async () => {
    const { client } = await setUp(t, { post_logout_redirect_uris: [CALLBACK, HOME] })
    const browser = new Browser(() => t) // nobody is signed in: it would go on at once
    for (const [what, post_logout_redirect_uri] of TRICKS) {
      if (post_logout_redirect_uri === HOME) continue // registered here
      const query = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri, state: 'x' })
      const page = await browser.get(`/oidc/logout?${query}`)
      expect([what, page.status, page.location]).toEqual([what, 400, undefined])
      expectPage(page, 'invalid_request')
    }
    const right = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: HOME })
    expect((await browser.get(`/oidc/logout?${right}`)).location?.href).toBe(HOME)
  })

  // RFC 8252 §7.3: the port of a loopback address may be any, and nothing else of it.
  test.each([
    ['http://127.0.0.1:53682/cb', true],
    ['http://127.0.0.1/cb', true],
    ['http://127.0.0.1:65536/cb', false],
    ['http://127.0.0.1:0x50/cb', false],
    ['http://127.0.0.1:80@evil.example/cb', false],
    ['http://127.0.0.1.evil.example/cb', false],
    ['http://127.0.0.1:1/cb/../evil', false],
    ['http://127.0.0.1:1/evil', false],
    ['http://localhost:1/cb', false],
    ['http://[::1]:1/cb', false],
    ['http://127.1:1/cb', false],
    ['http://2130706433:1/cb', false],
    ['http://0x7f.0.0.1/cb', false],
    ['https://127.0.0.1:1/cb', false],
    ['http://127.0.0.1:1/cb?x=y', false],
  ])('for a native application, %s: %p', async (redirect_uri, isRegistered) => {
    const { client, browser } = await setUp(t, { redirect_uris: ['http://127.0.0.1/cb'] })
    const page = await browser.get(authorizePath(client, { redirect_uri, prompt: 'none' }))
    if (!isRegistered) return expectPage(page, 'invalid_request')
    expect(page.location?.href).toStartWith(`${redirect_uri}?error=login_required`)
  })

  test.each(['/oidc/authorize', '/oidc/logout'])(
    'takes no parameter twice, nor thousands, at %s',
    async (path) => {
      const { browser } = await setUp(t)
      const many = Array.from({ length: 1_000 }, (_, index) => `p${index}=1`).join('&')
      for (const query of [
        'state=a&state=a',
        'anything=a&anything=b',
        many,
        'state=%zz',
        'state=%ff',
        'state=%00',
      ]) {
        expectPage(await browser.get(`${path}?${query}`), 'invalid_request')
      }
      for (const fields of [{ state: 's'.repeat(1_000_000) }, { ['n'.repeat(1_000_000)]: '1' }]) {
        expectPage(await browser.form(path, fields), 'invalid_request')
      }
    },
  )
})
