import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as oidc from 'openid-client'
import { cleanUp } from '../../src/jobs/clean-up.ts'
import { clientCalls } from '../clients/requests.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { answerOf, authorizePath, interactionOf } from './browser.ts'
import { agree, type Setting, setUp, signIn } from './setting.ts'

const REDIRECT_URI = 'https://wiki.example.com/callback'

/** An application built on openid-client, which knows issuer, id and secret and nothing else. */
async function discover(
  t: TestServer,
  { client }: Pick<Setting, 'client'>,
  authentication?: oidc.ClientAuth,
): Promise<oidc.Configuration> {
  const issuer = new URL(t.deps.config.oidc.issuer)
  const metadata = { client_secret: client.secret, [oidc.clockTolerance]: 5, ...skew(t) }
  return oidc.discovery(issuer, client.id, metadata, authentication, {
    execute: [oidc.allowInsecureRequests],
    [oidc.customFetch]: (url, options) => t.app.handle(new Request(url, options as RequestInit)),
  })
}

/** The server's clock stands still in another year than this process's. */
const skew = (t: TestServer) => ({
  [oidc.clockSkew]: Math.floor((t.deps.clock.now().getTime() - Date.now()) / 1_000),
})

/** The person does what is asked, wherever they are sent. */
async function act(setting: Setting, url: URL): Promise<URL> {
  const sent = await setting.browser.get(url.pathname + url.search)
  const id = interactionOf(sent)
  const signedIn = await signIn(setting, id)
  const { data } = signedIn.json.data.next === 'interaction' ? (await agree(setting, id)).json : signedIn.json
  return new URL(data.location)
}

describe.each(testDialects)('a relying party on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const checks = async () => {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    return {
      pkceCodeVerifier,
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
      challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    }
  }
  type Checks = Awaited<ReturnType<typeof checks>>

  const parametersOf = ({ challenge, expectedState, expectedNonce }: Checks) => ({
    redirect_uri: REDIRECT_URI,
    scope: 'openid email',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })

  test('signs a person in by code and PKCE', async () => {
    const setting = await setUp(t)
    const config = await discover(t, setting)
    const { challenge, ...expected } = await checks()
    const url = oidc.buildAuthorizationUrl(config, parametersOf({ challenge, ...expected }))
    const tokens = await oidc.authorizationCodeGrant(config, await act(setting, url), expected)
    expect(tokens.claims()).toMatchObject({
      sub: setting.user.id,
      aud: setting.client.id,
      acr: 'urn:authy2:acr:1fa',
      amr: ['pwd'],
      email: setting.email,
    })
    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, setting.user.id)
    expect(userinfo).toMatchObject({ sub: setting.user.id, email: setting.email })
  })

  test('pushes its request before (RFC 9126), and what was pushed is good once', async () => {
    const setting = await setUp(t, { require_pushed_authorization_requests: true })
    const config = await discover(t, setting)
    const { challenge, ...expected } = await checks()
    const parameters = parametersOf({ challenge, ...expected })
    const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters)
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const answer = await act(setting, url)

    const again = await setting.browser.get(url.pathname + url.search)
    expect([again.status, again.location]).toEqual([400, undefined])
    const tokens = await oidc.authorizationCodeGrant(config, answer, expected)
    expect(tokens.claims()?.sub).toBe(setting.user.id)

    const direct = oidc.buildAuthorizationUrl(config, parameters)
    const refused = await setting.browser.get(direct.pathname + direct.search)
    expect(answerOf(refused)).toMatchObject({ error: 'invalid_request' })
  })

  describe('with keys of its own', () => {
    const withKeys = async (settings: object = {}) => {
      const { publicKey, privateKey } = await generateKey()
      const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'own', alg: 'ES256' }
      const setting = await setUp(t, {
        jwks: { keys: [jwk] },
        token_endpoint_auth_method: 'private_key_jwt',
        ...settings,
      })
      const key = { key: privateKey, kid: 'own' }
      const config = await discover(t, setting, oidc.PrivateKeyJwt(key, assertionClock(t)))
      return { setting, config, key }
    }

    test('signs its request (RFC 9101), of which alone the signed part counts', async () => {
      const { setting, config, key } = await withKeys({ require_signed_request_object: true })
      const { challenge, ...expected } = await checks()
      const parameters = parametersOf({ challenge, ...expected })
      const url = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key, assertionClock(t))
      url.searchParams.set('scope', 'openid email profile')
      url.searchParams.set('redirect_uri', 'https://evil.example')
      const tokens = await oidc.authorizationCodeGrant(config, await act(setting, url), expected)
      expect(tokens.scope).toBe('openid email')
    })

    test('pushes what it has signed', async () => {
      const { setting, config, key } = await withKeys()
      const { challenge, ...expected } = await checks()
      const signed = await oidc.buildAuthorizationUrlWithJAR(
        config,
        parametersOf({ challenge, ...expected }),
        key,
        assertionClock(t),
      )
      const request = signed.searchParams.get('request') ?? ''
      const url = await oidc.buildAuthorizationUrlWithPAR(config, { request })
      const tokens = await oidc.authorizationCodeGrant(config, await act(setting, url), expected)
      expect(tokens.claims()?.sub).toBe(setting.user.id)
    })

    test('has no use for the request object of another one', async () => {
      const { setting, config, key } = await withKeys()
      const other = await withKeys()
      const { challenge, ...expected } = await checks()
      const parameters = parametersOf({ challenge, ...expected })
      const url = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key, assertionClock(t))
      url.searchParams.set('client_id', other.setting.client.id)
      url.searchParams.set('redirect_uri', REDIRECT_URI)
      const page = await setting.browser.get(url.pathname + url.search)
      expect(answerOf(page)).toMatchObject({ error: 'invalid_request_object' })
    })
  })

  test('binds what it pushes to a key (RFC 9449 §10.1), which the exchange has to prove', async () => {
    const setting = await setUp(t)
    const config = await discover(t, setting)
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'), proofClock(t))
    const { challenge, ...expected } = await checks()
    const url = await oidc.buildAuthorizationUrlWithPAR(config, parametersOf({ challenge, ...expected }), {
      DPoP,
    })
    const answer = await act(setting, url)
    const tokens = await oidc.authorizationCodeGrant(config, answer, expected, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
  })

  describe('at the PAR endpoint', () => {
    const push = async (setting: Setting, fields: Record<string, string>, secret = setting.client.secret) => {
      const basic = btoa(`${setting.client.id}:${secret}`)
      const page = await setting.browser.form('/oidc/par', fields, { authorization: `Basic ${basic}` })
      return { status: page.status, error: page.json.error, json: page.json, headers: page.headers }
    }
    const WHOLE = {
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }

    test('is answered 201 with a reference for ninety seconds', async () => {
      const setting = await setUp(t)
      const { status, json, headers } = await push(setting, WHOLE)
      expect(status).toBe(201)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(json).toEqual({
        request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
        expires_in: 90,
      })
    })

    test.each<[string, Record<string, string>, number, string]>([
      ['a redirect URI of somebody else', { redirect_uri: 'https://evil.example' }, 400, 'invalid_request'],
      ['no code challenge', { code_challenge: '' }, 400, 'invalid_request'],
      ['a pushed request in the pushed request', { request_uri: 'urn:x' }, 400, 'invalid_request'],
      ['a scope that is not open', { scope: 'admin:write' }, 400, 'invalid_scope'],
      ['another client', { client_id: 'another' }, 400, 'invalid_request'],
    ])('is refused for %s, as JSON', async (_, fields, status, error) => {
      const setting = await setUp(t)
      expect(await push(setting, { ...WHOLE, ...fields })).toMatchObject({ status, error })
    })

    test('is refused for a wrong secret', async () => {
      const setting = await setUp(t)
      expect(await push(setting, WHOLE, 'wrong')).toMatchObject({ status: 401, error: 'invalid_client' })
    })

    test('gives a reference that no other client can use or burn, and that ends', async () => {
      await using own = await testServer({ dialect })
      const setting = await setUp(own)
      const other = await clientCalls(own, setting.tenant).make()
      const { json } = await push(setting, WHOLE)
      const path = (id: string) =>
        `/oidc/authorize?${new URLSearchParams({ client_id: id, request_uri: json.request_uri })}`
      expect((await setting.browser.get(path(other.id))).status).toBe(400)
      own.clock.advance(89)
      expect(interactionOf(await setting.browser.get(path(setting.client.id)))).toBeString()
      const late = await push(setting, WHOLE)
      own.clock.advance(91)
      const query = new URLSearchParams({ client_id: setting.client.id, request_uri: late.json.request_uri })
      expect((await setting.browser.get(`/oidc/authorize?${query}`)).status).toBe(400)
    })

    test('gives a reference that twenty can open, of which one gets a code', async () => {
      const setting = await setUp(t)
      await act(setting, new URL(authorizePath(setting.client, { scope: 'openid' }), 'https://x.example'))
      const { json } = await push(setting, { ...WHOLE, prompt: 'consent' })
      const query = new URLSearchParams({ client_id: setting.client.id, request_uri: json.request_uri })
      const opened = Array.from({ length: 20 }, () => setting.browser.get(`/oidc/authorize?${query}`))
      const ids = (await Promise.all(opened)).map(interactionOf)
      const answers = await Promise.all(ids.map((id) => agree(setting, id)))
      const outcomes = answers.map(({ json }) => new URL(json.data.location).searchParams.get('error'))
      expect(outcomes.filter((error) => error === null)).toHaveLength(1)
      expect(outcomes.filter((error) => error === 'invalid_request_uri')).toHaveLength(19)
      expect((await setting.browser.get(`/oidc/authorize?${query}`)).status).toBe(400)
    })

    // prompt=none leaves nobody anything to come back to: its error was told again and again.
    test('gives a reference that an error at once spends, of ten that ask one', async () => {
      const setting = await setUp(t)
      const { json } = await push(setting, { ...WHOLE, prompt: 'none' })
      const query = new URLSearchParams({ client_id: setting.client.id, request_uri: json.request_uri })
      const ask = () => setting.browser.get(`/oidc/authorize?${query}`)
      const answers = await Promise.all(Array.from({ length: 10 }, ask))
      const told = answers.map((page) => (page.location ? answerOf(page).error : 'a page'))
      expect(told.filter((error) => error === 'login_required')).toHaveLength(1)
      expect((await ask()).status).toBe(400)
    })

    test('gives a reference that a refusal spends, and that lasts as long as the sign-in begun with it', async () => {
      await using own = await testServer({ dialect })
      const setting = await setUp(own)
      const path = async () => {
        const { json } = await push(setting, WHOLE)
        const query = new URLSearchParams({ client_id: setting.client.id, request_uri: json.request_uri })
        return `/oidc/authorize?${query}`
      }
      const refused = await path()
      await setting.browser.step(interactionOf(await setting.browser.get(refused)), 'abort')
      expect((await setting.browser.get(refused)).status).toBe(400)

      const id = interactionOf(await setting.browser.get(await path()))
      own.clock.advance(3_000)
      await cleanUp.run(own.deps, { signal: new AbortController().signal, now: own.clock.now() })
      await signIn(setting, id)
      const { json } = await agree(setting, id)
      expect(new URL(json.data.location).searchParams.get('code')).toBeString()
    })
  })
})

const generateKey = () =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])

/** What is signed says the time of the server's clock. */
const inServerTime = (t: TestServer) => (payload: Record<string, unknown>) => {
  const now = Math.floor(t.deps.clock.now().getTime() / 1_000)
  Object.assign(payload, { iat: now, exp: now + 60 })
  if ('nbf' in payload) payload.nbf = now
}
const assertionClock = (t: TestServer) => ({
  [oidc.modifyAssertion]: (_header: unknown, payload: Record<string, unknown>) => inServerTime(t)(payload),
})
const proofClock = (t: TestServer) => ({
  [oidc.modifyAssertion]: (_header: unknown, payload: Record<string, unknown>) => {
    payload.iat = Math.floor(t.deps.clock.now().getTime() / 1_000)
  },
})
