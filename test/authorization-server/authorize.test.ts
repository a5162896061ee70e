import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { answerOf, authorizePath, Browser, interactionOf, VERIFIER } from './browser.ts'
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

  // It was answered where it was, and so without the session: whoever was signed in was asked to do so again.
  test('keeps a form that is too long for an address, for the GET that brings the cookies along, once', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const long = { ui_locales: 'de '.repeat(3_000), state: 's'.repeat(4_096) }
    const [, query = ''] = authorizePath(setting.client, long).split('?')
    const foreign = new Browser(() => t)
    const send = (over: Record<string, string> = {}) =>
      foreign.form('/oidc/authorize', { ...Object.fromEntries(new URLSearchParams(query)), ...over })
    const sent = await send()
    const { pathname = '', search = '' } = sent.location ?? {}
    expect([sent.status, pathname, search.length < 300]).toEqual([303, '/oidc/authorize', true])
    const answered = await setting.browser.get(pathname + search)
    expect(answerOf(answered)).toMatchObject({ code: expect.stringMatching(/^a2x_/), state: long.state })
    expect((await setting.browser.get(pathname + search)).status).toBe(400)

    // What is wrong with it is told at once, to the client or on a page.
    expect(answerOf(await send({ scope: 'admin:write' })).error).toBe('invalid_scope')
    const elsewhere = await send({ redirect_uri: 'https://evil.example/' })
    expect([elsewhere.status, elsewhere.location]).toEqual([400, undefined])
    const fresh = new Browser(() => t)
    const again = await send({ prompt: 'login' })
    expect(
      interactionOf(await fresh.get(`${again.location?.pathname}${again.location?.search}`)),
    ).toBeString()
  })

  // It was told that consent is required, however often the person had agreed.
  test('without a word to the person leaves offline access aside, and the token says so (Core §11)', async () => {
    const setting = await setUp(t)
    const scope = 'openid offline_access'
    await signInToClient(setting, { scope })
    const page = await setting.browser.get(authorizePath(setting.client, { scope, prompt: 'none' }))
    const exchange = {
      grant_type: 'authorization_code',
      code: answerOf(page).code ?? '',
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    }
    const authorization = `Basic ${btoa(`${setting.client.id}:${setting.client.secret}`)}`
    expect((await setting.browser.form('/oidc/token', exchange, { authorization })).json.scope).toBe('openid')
    const more = { scope: `${scope} profile`, prompt: 'none' }
    const asked = await setting.browser.get(authorizePath(setting.client, more))
    expect(asked.location?.searchParams.get('error')).toBe('consent_required')
  })

  // By GET it would have become another request: what is no escape is escaped on the way.
  test.each([
    ['login_hint', 'x'.repeat(33_000)],
    ['nonce', '\0'],
  ])('tells the client at once of a form with a %s that cannot be read', async (name, value) => {
    const { client, browser } = await setUp(t)
    const [, query = ''] = authorizePath(client).split('?')
    const fields = { ...Object.fromEntries(new URLSearchParams(query)), [name]: value }
    const page = await browser.form('/oidc/authorize', fields)
    expect(page.location?.href).toStartWith(CALLBACK)
    expect(answerOf(page)).toMatchObject({ error: 'invalid_request', state: 'af0ifjsldkj' })
  })

  describe('shows a page, and redirects nowhere,', () => {
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
