/** Every error of what OIDC_DYNAMIC_PROFILE opens: the implicit flow, and request objects by reference. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { createOutbound } from '../../src/outbound/index.ts'
import { startApplication } from '../conformance/application.ts'
import { createKey, jwtBy, unsigned } from '../protocol/oauth/jwts.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { TEST_TLS_CERTIFICATE } from '../support/tls.ts'
import { REDIRECT_URI } from './application.ts'
import { authorizePath } from './browser.ts'
import { type ErrorRow, expectErrorByBrowser, type Mode } from './error-table.ts'
import { setUp } from './setting.ts'

type Parameters = Readonly<Record<string, string | undefined>>

const ID_TOKEN: Parameters = {
  response_type: 'id_token',
  nonce: 'n-0S6_WzA2Mj',
  code_challenge: undefined,
  code_challenge_method: undefined,
}

/** Of a client with the implicit grant, unless its settings say otherwise. */
const IMPLICIT: readonly ErrorRow<{ readonly sent: Parameters; readonly settings?: object }>[] = [
  ['Core §3.2.2.1', 'no nonce', 'invalid_request', { sent: { nonce: undefined } }],
  ['Core §3.2.2.1', 'no scope openid', 'invalid_scope', { sent: { scope: 'email' } }],
  [
    'RFC 6749 §4.2.2.1',
    'a client of codes',
    'unauthorized_client',
    { sent: {}, settings: { grant_types: ['authorization_code'] } },
  ],
  ['RFC 6749 §4.2.2.1', 'an unknown response mode', 'invalid_request', { sent: { response_mode: 'x' } }],
  ['Core §3.1.2.6', 'nobody signed in', 'login_required', { sent: { prompt: 'none' } }],
  ['Core §3.1.2.1', 'an unknown prompt', 'invalid_request', { sent: { prompt: 'hello' } }],
]

const key = createKey('RS256')
const JOSE = { 'content-type': 'application/oauth-authz-req+jwt' }
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

describe.each(testDialects)('on $name', (dialect) => {
  const application = startApplication()
  let t: TestServer
  beforeAll(async () => {
    const outbound = createOutbound({ allow: ['127.0.0.0/8', '::1/128'], ca: TEST_TLS_CERTIFICATE })
    t = await testServer({ dialect, outbound, env: { OIDC_DYNAMIC_PROFILE: 'true' } })
  })
  afterAll(async () => {
    await t[Symbol.asyncDispose]()
    await application[Symbol.asyncDispose]()
  })

  describe.each<Mode>(['fragment', 'form_post'])('of the implicit flow the client is told by %s:', (mode) => {
    test.each([...IMPLICIT])('%s: %s (%s)', async (_section, _what, code, { sent, settings }) => {
      const { client, browser } = await setUp(t, { grant_types: ['implicit'], ...settings })
      const isUnknown = 'response_mode' in sent
      const asked = { ...ID_TOKEN, response_mode: mode === 'fragment' ? undefined : mode, ...sent }
      const page = await browser.get(authorizePath(client, asked))
      expectErrorByBrowser(t, page, { mode: isUnknown ? 'fragment' : mode, code, callback: REDIRECT_URI })
    })
  })

  // Multiple Response Types §5: the news itself would go where tokens must not.
  test('tokens in a query are refused, in the fragment', async () => {
    const { client, browser } = await setUp(t, { grant_types: ['implicit'] })
    const page = await browser.get(authorizePath(client, { ...ID_TOKEN, response_mode: 'query' }))
    expectErrorByBrowser(t, page, { mode: 'fragment', code: 'invalid_request', callback: REDIRECT_URI })
  })

  test.each(['token', 'code id_token', 'code token', 'none', 'id_token id_token'])(
    'the response type %s is offered to nobody',
    async (response_type) => {
      const { client, browser } = await setUp(t, { grant_types: ['implicit', 'authorization_code'] })
      const page = await browser.get(authorizePath(client, { response_type }))
      expectErrorByBrowser(t, page, {
        mode: 'query',
        code: 'unsupported_response_type',
        callback: REDIRECT_URI,
      })
    },
  )

  describe('a request object by reference', () => {
    /** A client that has registered `/r`, and what it serves there. */
    async function arrange(settings: object = {}, uris: readonly string[] = [application.url('/r')]) {
      const setting = await setUp(t, { jwks: { keys: [key.jwk] }, request_uris: uris, ...settings })
      const { client, browser } = setting
      const claims = {
        iss: client.id,
        aud: t.deps.config.oidc.issuer,
        client_id: client.id,
        ...Object.fromEntries(new URLSearchParams(authorizePath(client).split('?')[1])),
      }
      const jwt = await jwtBy(key.privateKey, { alg: 'RS256', kid: key.keyId }, claims)
      let served = 0
      const serve = (text: string, init: ResponseInit = { headers: JOSE }) => {
        application.documents['/r'] = () => {
          served++
          return new Response(text, init)
        }
      }
      serve(jwt)
      const ask = (more: Parameters = {}) =>
        browser.get(authorizePath(client, { request_uri: application.url('/r'), ...more }))
      const isTold = async (code: 'invalid_request_uri' | 'invalid_request_object', more?: Parameters) =>
        expectErrorByBrowser(t, await ask(more), { mode: 'query', code, callback: REDIRECT_URI })
      return { ...setting, claims, jwt, serve, ask, isTold, served: () => served }
    }
    const OBJECT = 'invalid_request_object'
    const URI = 'invalid_request_uri'

    test('is fetched, and counts alone', async () => {
      const { ask, served, claims, serve } = await arrange()
      const page = await ask({ redirect_uri: undefined, scope: 'openid profile', prompt: 'none' })
      expect(page.location?.pathname).toBe('/login')
      expect(served()).toBe(1)
      serve(await jwtBy(key.privateKey, { alg: 'RS256', kid: key.keyId }, { ...claims, prompt: 'none' }))
      expect((await ask()).location?.searchParams.get('error')).toBe('login_required')
    })

    test.each<[string, string]>([
      ['another path', '/other'],
      ['a query that is added', '/r?x=1'],
      ['a path that is normalized to it', '/x/../r'],
    ])('at %s is not even asked for', async (_, path) => {
      const { isTold, served } = await arrange()
      await isTold(URI, { request_uri: application.url(path) })
      expect(served()).toBe(0)
    })

    test('of a client that registered none, or by plain http, is not asked for', async () => {
      const { isTold, served } = await arrange({}, [])
      await isTold(URI)
      await isTold(URI, { request_uri: application.url('/r').replace('https:', 'http:') })
      await isTold(URI, { request_uri: 'file:///etc/passwd' })
      expect(served()).toBe(0)
    })

    test.each([
      'https://10.0.0.1/r',
      'https://169.254.169.254/r',
      'https://[fd00::1]/r',
      'https://0x0a000001/r',
    ])('at the private address %s is not had, registered or not', async (request_uri) => {
      const { isTold } = await arrange({}, [request_uri])
      await isTold(URI, { request_uri })
    })

    test.each<[string, string | undefined, ResponseInit]>([
      ['that is not there', undefined, { status: 404, headers: JOSE }],
      ['that is elsewhere', undefined, { status: 302, headers: { location: 'https://evil.example' } }],
      ['of a page', undefined, { headers: { 'content-type': 'text/html' } }],
      ['of no type', undefined, {}],
      ['of 64 KB and more', 'a'.repeat(70_000), { headers: JOSE }],
      ['that is JSON', '{"response_type":"code"}', { headers: JOSE }],
      ['that is encrypted', 'a.b.c.d.e', { headers: JOSE }],
      ['that is empty', '', { headers: JOSE }],
    ])('%s is no request object', async (_, text, init) => {
      const { serve, jwt, isTold } = await arrange()
      serve(text ?? jwt, init)
      await isTold(URI)
    })

    test('signed by somebody else, for somebody else or too long ago is not valid', async () => {
      const { serve, claims, isTold } = await arrange()
      const header = { alg: 'RS256', kid: key.keyId }
      serve(await jwtBy(createKey('RS256').privateKey, header, claims))
      await isTold(OBJECT)
      for (const over of [
        { aud: 'https://other.example' },
        { iss: 'other' },
        { exp: 1 },
        { request_uri: 'x' },
      ]) {
        serve(await jwtBy(key.privateKey, header, { ...claims, ...over }))
        await isTold(OBJECT)
      }
    })

    test('without a signature is for a client that registered that it signs none', async () => {
      for (const settings of [
        {},
        { request_object_signing_alg: 'RS256' },
        { require_signed_request_object: true },
      ]) {
        const { serve, claims, isTold } = await arrange(settings)
        serve(unsigned({ alg: 'none' }, claims))
        await isTold(OBJECT)
      }
      const { serve, claims, jwt, ask, isTold } = await arrange({ request_object_signing_alg: 'none' })
      const { iss, aud, ...bare } = claims
      serve(unsigned({ alg: 'none' }, bare))
      expect((await ask()).location?.pathname).toBe('/login')
      for (const over of [
        { iss: 'other' },
        { aud: 'https://other.example' },
        { client_id: 'x' },
        { exp: 1 },
      ]) {
        serve(unsigned({ alg: 'none' }, { ...claims, ...over }))
        await isTold(OBJECT)
      }
      serve(`${unsigned({ alg: 'none' }, claims)}c2lnbmF0dXJl`)
      await isTold(OBJECT)
      serve(jwt)
      await isTold(OBJECT)
    })

    test('without a signature is never taken from the browser', async () => {
      const { browser, client, claims } = await arrange({ request_object_signing_alg: 'none' })
      const request = unsigned({ alg: 'none' }, claims)
      const page = await browser.get(authorizePath(client, { request }))
      expectErrorByBrowser(t, page, { mode: 'query', code: 'request_not_supported', callback: REDIRECT_URI })
    })

    test('beside one by value is one too many (Core §6)', async () => {
      const { ask, jwt, served } = await arrange()
      const page = await ask({ request: jwt })
      expectErrorByBrowser(t, page, { mode: 'query', code: 'invalid_request', callback: REDIRECT_URI })
      expect(served()).toBe(0)
    })

    test('is the one whose hash its fragment says, and is kept for a minute then', async () => {
      const { ask, jwt, serve, isTold, served } = await arrange({}, [`${application.url('/r')}#old`])
      const request_uri = `${application.url('/r')}#${hashOf(jwt)}`
      for (const _ of [1, 2]) expect((await ask({ request_uri })).location?.pathname).toBe('/login')
      expect(served()).toBe(1)
      await isTold(URI, { request_uri: `${application.url('/r')}#${hashOf('another')}` })
      t.clock.advance(61)
      serve('a.b.c')
      await isTold(URI, { request_uri })
    })

    test('without a hash is asked for each time', async () => {
      const { ask, served } = await arrange()
      for (const _ of [1, 2]) await ask()
      expect(served()).toBe(2)
    })

    test('is not pushed, nor told on where its address is not known to be the client’s', async () => {
      const { ask, served, client } = await arrange({}, [])
      const page = await ask({ redirect_uri: 'https://evil.example' })
      expect([page.status, page.location]).toEqual([400, undefined])
      const pushed = await t.app.handle(
        new Request(`${t.deps.config.publicUrl}/oidc/par`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({
            client_id: client.id,
            client_secret: client.secret,
            request_uri: application.url('/r'),
          }).toString(),
        }),
      )
      expect(await pushed.json()).toMatchObject({ error: 'invalid_request' })
      expect(served()).toBe(0)
    })
  })
})
