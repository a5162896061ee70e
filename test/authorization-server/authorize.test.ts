import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { answerOf, authorizePath, Browser, interactionOf } from './browser.ts'
import { agree, begin, setUp, signIn, signInToClient } from './setting.ts'

const CALLBACK = 'https://wiki.example.com/callback'

describe.each(testDialects)('the authorization endpoint on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test('has the person sign in and agree, and hands a code over with state and issuer (RFC 9207)', async () => {
    const setting = await setUp(t)
    const location = await signInToClient(setting)
    expect(location.origin + location.pathname).toBe(CALLBACK)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      code: expect.stringMatching(/^a2x_/),
      state: 'af0ifjsldkj',
      iss: t.deps.config.oidc.issuer,
    })
  })

  test('answers at once who is signed in and has agreed', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    for (const prompt of [undefined, 'none']) {
      const page = await setting.browser.get(authorizePath(setting.client, { prompt }))
      expect(page.status).toBe(303)
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(answerOf(page).code).toMatch(/^a2x_/)
    }
  })

  test.each([
    ['query', /^https:\/\/wiki\.example\.com\/callback\?code=a2x_[\w-]+&state=af0ifjsldkj&iss=http/],
    ['fragment', /^https:\/\/wiki\.example\.com\/callback#code=a2x_[\w-]+&state=af0ifjsldkj&iss=http/],
  ])('answers by %s', async (mode, expected) => {
    const setting = await setUp(t)
    expect((await signInToClient(setting, { response_mode: mode })).href).toMatch(expected)
  })

  test('answers by a form that sends itself, or by its button', async () => {
    const setting = await setUp(t)
    const id = await begin(setting, { response_mode: 'form_post', state: '"><script>alert(1)</script>' })
    await signIn(setting, id)
    const agreed = await agree(setting, id)
    expect(agreed.json.data).toMatchObject({ next: 'form_post', action: CALLBACK })

    const state = '"><script>alert(1)</script>'
    const page = await setting.browser.get(
      authorizePath(setting.client, { response_mode: 'form_post', state }),
    )
    expect(page.status).toBe(200)
    const policy = page.headers.get('content-security-policy') ?? ''
    const [, nonce] = /script-src 'nonce-([\w-]+)'/.exec(policy) ?? []
    // Whatever the application answers the form with may lead on.
    expect(policy).not.toContain('form-action')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page.text).toContain(`<script nonce="${nonce}">`)
    expect(page.text).toContain(`action="${CALLBACK}" method="post"`)
    expect(page.text).toContain('<button type="submit"')
    expect(page.text).not.toContain('name="csrf"')
    expect(page.text).not.toContain('<script>alert')
    expect(page.text).toMatch(/name="code" value="a2x_/)
  })

  test('sends a form on as the same request by GET, which brings the cookies of this site along', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const [, query = ''] = authorizePath(setting.client).split('?')
    const foreign = new Browser(() => t)
    const fields = Object.fromEntries(new URLSearchParams(query))
    const sent = await foreign.form('/oidc/authorize', fields, {
      origin: 'https://wiki.example.com',
      'sec-fetch-site': 'cross-site',
    })
    expect(sent.status).toBe(303)
    const { pathname = '', search = '' } = sent.location ?? {}
    expect(pathname).toBe('/oidc/authorize')
    expect(answerOf(await setting.browser.get(pathname + search)).code).toMatch(/^a2x_/)
  })

  test('takes a request that is too long for an address where it is', async () => {
    const setting = await setUp(t)
    const [, query = ''] = authorizePath(setting.client, { ui_locales: 'de '.repeat(3_000) }).split('?')
    const page = await setting.browser.form('/oidc/authorize', Object.fromEntries(new URLSearchParams(query)))
    expect(interactionOf(page)).toBeString()
  })

  describe('tells the client', () => {
    test.each<[string, Record<string, string | undefined>, string]>([
      ['that nobody is signed in and nobody may be asked', { prompt: 'none' }, 'login_required'],
      ['that prompt=none stands alone', { prompt: 'none login' }, 'invalid_request'],
      ['that a prompt is unknown', { prompt: 'hello' }, 'invalid_request'],
      ['that a code challenge is missing', { code_challenge: undefined }, 'invalid_request'],
      ['that a challenge must be hashed', { code_challenge_method: 'plain' }, 'invalid_request'],
      [
        'that a challenge without its method is plain',
        { code_challenge_method: undefined },
        'invalid_request',
      ],
      ['that there is one response type', { response_type: 'token' }, 'unsupported_response_type'],
      ['that the implicit flow is over', { response_type: 'code id_token' }, 'unsupported_response_type'],
      ['that the response type is missing', { response_type: undefined }, 'invalid_request'],
      ['that a response mode is unknown', { response_mode: 'web_message' }, 'invalid_request'],
      ['that nothing of the scope is open to it', { scope: 'admin:write' }, 'invalid_scope'],
      ['that a resource is not open to it', { resource: 'https://other.example.com' }, 'invalid_target'],
      ['that a resource is malformed', { resource: 'nothing' }, 'invalid_target'],
      ['that max_age is seconds', { max_age: 'soon' }, 'invalid_request'],
      ['that claims are JSON', { claims: '{' }, 'invalid_request'],
      ['that a hint is none of our ID tokens', { id_token_hint: 'x.y.z' }, 'invalid_request'],
      [
        'that request objects are not fetched',
        { request_uri: 'https://evil.example' },
        'request_uri_not_supported',
      ],
      ['that request objects are signed', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
      ['that request objects are JWTs', { request: 'x' }, 'invalid_request_object'],
      ['that clients register beforehand', { registration: '{}' }, 'registration_not_supported'],
      ['that a state is too long', { state: 's'.repeat(5_000) }, 'invalid_request'],
    ])('%s', async (_, parameters, error) => {
      const { client, browser } = await setUp(t)
      const page = await browser.get(authorizePath(client, parameters))
      expect(page.status).toBe(303)
      expect(page.location?.href).toStartWith(`${CALLBACK}?error=${error}&error_description=`)
      expect(answerOf(page).iss).toBe(t.deps.config.oidc.issuer)
      expect(answerOf(page).code).toBeUndefined()
    })

    test('what is wrong by the channel that it asked for', async () => {
      const { client, browser } = await setUp(t)
      const page = await browser.get(authorizePath(client, { prompt: 'none', response_mode: 'fragment' }))
      expect(page.location?.hash).toStartWith('#error=login_required')
    })

    test('that a person has not agreed, where nobody may be asked', async () => {
      const setting = await setUp(t)
      await signInToClient(setting, { scope: 'openid' })
      const more = await setting.browser.get(authorizePath(setting.client, { prompt: 'none' }))
      expect(answerOf(more).error).toBe('consent_required')
    })
  })

  describe('shows a page, and redirects nowhere,', () => {
    test.each<[string, Record<string, string | undefined>]>([
      ['for an application that there is not', { client_id: 'nobody' }],
      ['for no application', { client_id: undefined }],
      ['without a redirect URI', { redirect_uri: undefined }],
      ['for another host', { redirect_uri: 'https://evil.example/callback' }],
      ['for a path below', { redirect_uri: `${CALLBACK}/deeper` }],
      ['for a path above', { redirect_uri: 'https://wiki.example.com/' }],
      ['for a host that begins alike', { redirect_uri: 'https://wiki.example.com.evil.example/callback' }],
      ['for a user name in front', { redirect_uri: 'https://wiki.example.com@evil.example/callback' }],
      ['for an encoded slash', { redirect_uri: 'https://wiki.example.com%2Fcallback' }],
      ['for dots', { redirect_uri: 'https://wiki.example.com/x/../callback' }],
      ['for a fragment', { redirect_uri: `${CALLBACK}#x` }],
      ['for a query', { redirect_uri: `${CALLBACK}?next=https://evil.example` }],
      ['for another port', { redirect_uri: 'https://wiki.example.com:8443/callback' }],
      ['for another case', { redirect_uri: 'https://wiki.example.com/Callback' }],
      ['without TLS', { redirect_uri: 'http://wiki.example.com/callback' }],
      ['for a script', { redirect_uri: 'javascript:alert(1)//wiki.example.com/callback' }],
      ['for a pushed request that there is not', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ])('%s', async (_, parameters) => {
      const { client, browser } = await setUp(t)
      const page = await browser.get(authorizePath(client, parameters))
      expect(page.status).toBe(400)
      expect(page.location).toBeUndefined()
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.text).toMatch(/<code>invalid_request(_uri)?<\/code>/)
      expect(page.text).not.toContain('evil')
    })

    test('for repeated parameters, of which two readers might take different ones', async () => {
      const { client, browser } = await setUp(t)
      const twice = `${authorizePath(client)}&redirect_uri=https%3A%2F%2Fevil.example`
      expect((await browser.get(twice)).status).toBe(400)
      expect((await browser.get(`${authorizePath(client)}&state=other`)).status).toBe(400)
    })

    test('for a form with a megabyte in it, and for what is no form', async () => {
      const { client, browser } = await setUp(t)
      const [, query = ''] = authorizePath(client).split('?')
      const fields = Object.fromEntries(new URLSearchParams(query))
      const large = await browser.form('/oidc/authorize', { ...fields, state: 's'.repeat(1_000_000) })
      expect([large.status, large.location]).toEqual([400, undefined])
      const json = await browser.form('/oidc/authorize', {}, { 'content-type': 'application/json' })
      expect([json.status, json.location]).toEqual([400, undefined])
    })

    test('which is JSON for a program that asks for it', async () => {
      const { browser } = await setUp(t)
      const page = await browser.get('/oidc/authorize', { accept: 'application/json' })
      expect(page.status).toBe(400)
      expect(page.json).toEqual({
        error: 'invalid_request',
        error_description: 'The parameter client_id is missing.',
      })
    })
  })
})
