/** What is refused before any endpoint looks at it, told as RFC 6749 §5.2 has it, and to people on a page. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { unavailable } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application } from './application.ts'
import { answerOf, authorizePath, Browser } from './browser.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }
const MIB = 1_048_576

const CLIENT_ENDPOINTS = ['/oidc/token', '/oidc/par', '/oidc/revoke', '/oidc/introspect', '/oidc/device']
const POSTED = [...CLIENT_ENDPOINTS, '/oidc/userinfo', '/oidc/register']
const PAGES = ['/oidc/authorize', '/oidc/logout']

interface Refusal {
  readonly what: string
  readonly init: RequestInit
  readonly status: number
}
const REFUSALS: readonly Refusal[] = [
  { what: 'a body over 1 MiB', init: { body: 'x'.repeat(MIB + 1), headers: FORM }, status: 413 },
  {
    what: 'a body that says it is',
    init: { body: 'x', headers: { ...FORM, 'content-length': `${MIB + 1}` } },
    status: 413,
  },
  { what: 'JSON that does not parse', init: { body: '{', headers: JSON_TYPE }, status: 400 },
  {
    what: 'JSON that is too deep',
    init: { body: '['.repeat(40) + ']'.repeat(40), headers: JSON_TYPE },
    status: 400,
  },
  {
    what: 'a body that is not UTF-8',
    init: { body: new Uint8Array([0x61, 0xff]), headers: FORM },
    status: 400,
  },
  {
    what: 'a packed body',
    init: { body: 'x', headers: { ...FORM, 'content-length': '1', 'content-encoding': 'gzip' } },
    status: 415,
  },
  { what: 'headers over 16 KiB', init: { headers: { cookie: 'x'.repeat(20_000) } }, status: 431 },
  { what: 'a malformed Host', init: { headers: { host: 'a/b' } }, status: 400 },
]

describe.each(testDialects)('the edge on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect, env: { OIDC_DYNAMIC_REGISTRATION: 'open' } })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const send = async (path: string, init: RequestInit, server = t) => {
    const response = await server.app.handle(new Request(`http://localhost${path}`, init))
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  type Sent = Awaited<ReturnType<typeof send>>

  const expectJson = ({ status, headers, text }: Sent, expected: number, error = 'invalid_request') => {
    expect([status, JSON.parse(text)]).toEqual([expected, { error, error_description: expect.any(String) }])
    expect(headers.get('content-type')).toStartWith('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toBeString()
    expect(headers.get('x-frame-options')).toBe('DENY')
  }
  const expectPage = ({ status, headers, text }: Sent, expected: number, error = 'invalid_request') => {
    expect(status).toBe(expected)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('location')).toBeNull()
    expect(text).toContain(`<code>${error}</code>`)
  }

  describe.each([...REFUSALS])('refuses $what', ({ init, status }) => {
    test.each(POSTED)('in JSON at %s', async (path) => {
      expectJson(await send(path, { ...init, method: 'POST' }), status)
    })
    test.each(PAGES)('on a page at %s', async (path) => {
      expectPage(await send(path, { ...init, method: 'POST' }), status)
    })
  })

  test.each([
    ...CLIENT_ENDPOINTS.map((path) => ['GET', path, 'POST']),
    ['PUT', '/oidc/userinfo', 'GET, HEAD, POST'],
    ['GET', '/oidc/register', 'POST'],
    ['POST', '/oidc/register/x', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/oidc/jwks', 'GET, HEAD'],
    ['POST', '/.well-known/openid-configuration', 'GET, HEAD'],
    ['DELETE', '/.well-known/oauth-authorization-server', 'GET, HEAD'],
    ['POST', '/.well-known/oauth-protected-resource', 'GET, HEAD'],
    ['POST', '/.well-known/oauth-protected-resource/api', 'GET, HEAD'],
  ])('knows no %s of %s', async (method = '', path = '', allow = '') => {
    for (const ofPath of [path, `${path}/`]) {
      const answer = await send(ofPath, { method })
      expectJson(answer, 405)
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  test.each(PAGES)('knows no PUT of %s, and says so on a page', async (path) => {
    const answer = await send(path, { method: 'PUT' })
    expectPage(answer, 405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
    expectJson(await send(path, { method: 'PUT', headers: { accept: 'application/json' } }), 405)
  })

  test.each(['/oidc/', '/oidc/nothing', '/oidc/token/more', '/oidc/%00', '/oidc/Token', '/oidc/authorize/x'])(
    'has nothing at %s',
    async (path) => expectJson(await send(path, {}), 404),
  )

  test.each(['/oidc', '/OIDC/token', '/.well-known/nothing', '/api/v1/oidc/interactions'])(
    'answers %s in an envelope, as it is not of the standards',
    async (path) => {
      expect(JSON.parse((await send(path, {})).text)).toMatchObject({ success: false, code: 404 })
    },
  )

  test('tells who asks too often by which limit it is, and until when', async () => {
    const env = {
      RATELIMIT_ENABLED: 'true',
      RATELIMIT_INTERACTION: '1/1m',
      RATELIMIT_REGISTER: '1/1m',
    }
    await using own = await testServer({ dialect, env })
    const ask = (path: string, method = 'GET') => send(path, { method }, own)
    for (const path of PAGES) await ask(path)
    for (const path of PAGES) {
      const answer = await ask(path)
      expectPage(answer, 429, 'temporarily_unavailable')
      expect(answer.headers.get('retry-after')).toBe('60')
      expect(answer.headers.get('x-ratelimit-limit')).toBe('1')
    }
    await ask('/oidc/register', 'POST')
    expectJson(await ask('/oidc/register', 'POST'), 429, 'temporarily_unavailable')
  })

  test('says nothing of a fault but that it is one', async () => {
    const find = spyOn(t.deps.clients, 'find')
    find.mockRejectedValueOnce(new Error('secret detail'))
    const page = await send(authorizePath({ id: 'x' }), {})
    expectPage(page, 500, 'server_error')
    expect(page.text).not.toContain('secret detail')
  })

  // A browser cannot show the client a status: that is what these two codes are for. RFC 6749 §4.1.2.1
  test.each([
    ['a fault', () => new Error('secret detail'), 'server_error'],
    ['a store that is away', () => unavailable('The database is away.'), 'temporarily_unavailable'],
  ])('tells the client of %s once it is known where to', async (_, thrown, error) => {
    await using own = await testServer({ dialect, deps: { authenticate: () => Promise.reject(thrown()) } })
    const { client } = await application(own)
    const browser = new Browser(() => own)
    browser.cookies.set('authy2_session', 'a2s_x')
    const page = await browser.get(authorizePath(client))
    expect([page.status, page.location?.origin]).toEqual([303, 'https://wiki.example.com'])
    expect(answerOf(page)).toMatchObject({
      error,
      state: 'af0ifjsldkj',
      iss: own.deps.config.oidc.issuer,
    })
    expect(page.location?.href).not.toContain('detail')
  })
})
