import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  ASYMMETRIC_ALGORITHMS,
  IMPLICIT_RESPONSE_TYPES,
  parseParameters,
  RESPONSE_TYPES,
} from '../../../src/protocol/oauth/index.ts'
import {
  type AuthorizationClient,
  AuthorizationError,
  parseAuthorizationRequest,
  readAuthorizationRequest,
} from '../../../src/protocol/oidc/index.ts'
import { createKey, jwtBy, NOW, SECONDS, unsigned } from '../oauth/jwts.ts'
import { isTotal, refusal } from '../oauth/refusal.ts'

const CALLBACK = 'https://portal.example/cb'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const client: AuthorizationClient = {
  clientId: 'portal',
  redirectUris: [CALLBACK, 'http://127.0.0.1/callback'],
  offeredResponseTypes: ['code'],
  responseTypes: ['code'],
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  defaultScopes: [],
  requiresPkce: true,
  allowsPlainPkce: false,
  requiresPushedRequests: false,
  requiresSignedRequests: false,
  defaultMaxAgeSeconds: undefined,
  defaultAcrValues: [],
}
const minimal = {
  response_type: 'code',
  client_id: 'portal',
  redirect_uri: CALLBACK,
  scope: 'openid',
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
type Fields = Readonly<Record<string, string>>
const parametersOf = (fields: Fields) => parseParameters(new URLSearchParams(fields).toString())
const parse = (over: Fields = {}, of: Partial<AuthorizationClient> = {}) =>
  parseAuthorizationRequest(parametersOf({ ...minimal, ...over }), { ...client, ...of })

/** The code of the refusal, and where it may be told. */
async function refused(attempt: () => unknown) {
  const error = await refusal(attempt)
  expect(error).toBeInstanceOf(AuthorizationError)
  return [error.code, error instanceof AuthorizationError ? error.channel : undefined] as const
}
const channel = { redirectUri: CALLBACK, mode: 'query', state: 'xyz' } as const

describe('a request', () => {
  test('needs little', () => {
    expect(parse()).toEqual({
      clientId: 'portal',
      redirectUri: CALLBACK,
      responseMode: 'query',
      state: 'xyz',
      scope: ['openid'],
      resources: [],
      codeChallenge: { method: 'S256', challenge: CHALLENGE },
      prompt: [],
      acr: { values: [], isEssential: false },
      claims: { userinfo: [], idToken: [] },
      uiLocales: [],
    })
  })

  test('may say much (OpenID Connect Core §3.1.2.1)', () => {
    const said = {
      response_mode: 'form_post',
      scope: 'openid email admin',
      resource: 'https://api.example.com/',
      dpop_jkt: THUMBPRINT,
      nonce: 'n',
      prompt: 'login consent',
      max_age: '3600',
      acr_values: 'urn:authy2:acr:2fa urn:authy2:acr:1fa',
      id_token_hint: 'a.b.c',
      login_hint: 'bob@acme-corp.com',
      display: 'popup',
      ui_locales: 'de-AT de en <script>',
      unknown: 'no matter',
    }
    expect(parse(said)).toMatchObject({
      responseMode: 'form_post',
      scope: ['openid', 'email'],
      resources: ['https://api.example.com/'],
      dpopThumbprint: THUMBPRINT,
      nonce: 'n',
      prompt: ['login', 'consent'],
      maxAgeSeconds: 3_600,
      acr: { values: ['urn:authy2:acr:2fa', 'urn:authy2:acr:1fa'], isEssential: false },
      idTokenHint: 'a.b.c',
      loginHint: 'bob@acme-corp.com',
      display: 'popup',
      uiLocales: ['de-AT', 'de', 'en'],
    })
  })

  test('can be kept as JSON', () => {
    const request = parse({ max_age: '0', claims: '{"id_token":{"acr":{"essential":true,"values":["a"]}}}' })
    expect(JSON.parse(JSON.stringify(request))).toEqual(request)
  })

  test('goes to whatever port an app listens on', () => {
    const redirect_uri = 'http://127.0.0.1:51004/callback'
    expect(parse({ redirect_uri }).redirectUri).toBe(redirect_uri)
  })

  test('without a code challenge is for clients that may leave it out', () => {
    const { code_challenge, code_challenge_method, ...without } = minimal
    const request = parseAuthorizationRequest(parametersOf(without), { ...client, requiresPkce: false })
    expect(request.codeChallenge).toBeUndefined()
  })

  test('takes what is registered for what it does not say', () => {
    const registered = { defaultMaxAgeSeconds: 60, defaultAcrValues: ['a'], defaultScopes: ['profile'] }
    expect(parse({ scope: '' }, registered)).toMatchObject({
      scope: ['profile'],
      maxAgeSeconds: 60,
      acr: { values: ['a'], isEssential: false },
    })
    expect(parse({ max_age: '5', acr_values: 'b' }, registered)).toMatchObject({
      maxAgeSeconds: 5,
      acr: { values: ['b'] },
    })
  })

  test('leaves aside a display and locales that are not known: they are wishes', () => {
    expect(parse({ display: 'hologram', ui_locales: '_ -' })).toMatchObject({ uiLocales: [] })
  })
})

describe('claims asked for by name (OpenID Connect Core §5.5)', () => {
  const asking = (claims: unknown, over: Fields = {}) => parse({ ...over, claims: JSON.stringify(claims) })

  test('are kept as far as their scopes are open to the client', () => {
    expect(asking({ userinfo: { email: { essential: true }, groups: null, nickname: null } }).claims).toEqual(
      {
        userinfo: [
          { name: 'email', isEssential: true, values: [] },
          { name: 'nickname', isEssential: false, values: [] },
        ],
        idToken: [],
      },
    )
  })

  test('say how strongly, and who it must be (§5.5.1.1)', () => {
    const request = asking(
      { id_token: { acr: { essential: true, values: ['a', 'b', 1] }, sub: { value: 'user-1' } } },
      { acr_values: 'c' },
    )
    expect(request.acr).toEqual({ values: ['a', 'b'], isEssential: true })
    expect(request.subject).toBe('user-1')
  })

  test('have no meaning without openid', () => {
    expect(asking({ id_token: { sub: { value: 'x' } } }, { scope: 'email' }).subject).toBeUndefined()
    expect(parse({ scope: 'email', claims: '{' }).claims).toEqual({ userinfo: [], idToken: [] })
  })

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a member that is a text', '{"userinfo":"email"}'],
    ['a claim that is a text', '{"userinfo":{"email":"essential"}}'],
    ['an essential that is a text', '{"userinfo":{"email":{"essential":"true"}}}'],
    ['values that are no list', '{"userinfo":{"email":{"values":"x"}}}'],
    ['two subjects', '{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}'],
    [
      'sixty claims',
      JSON.stringify({ userinfo: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [i, null])) }),
    ],
    ['nine kilobytes', JSON.stringify({ userinfo: { ['x'.repeat(9_000)]: null } })],
  ])('are refused as %s', async (_, claims) => {
    expect(await refused(() => parse({ claims }))).toEqual(['invalid_request', channel])
  })

  test('with the names of the language are claims nobody has', () => {
    expect(
      parse({ claims: '{"userinfo":{"__proto__":null,"constructor":null}}' }).claims.userinfo,
    ).toHaveLength(2)
  })
})

describe('told on a page, never by redirect (RFC 6749 §4.1.2.1)', () => {
  test.each([
    ['no redirect URI', ''],
    ['one that is not registered', 'https://evil.example/cb'],
    ['one that begins like a registered one', `${CALLBACK}.evil.example`],
    ['one with a fragment', `${CALLBACK}#x`],
    ['script', 'javascript:alert(1)'],
  ])('%s', async (_, redirect_uri) => {
    expect(await refused(() => parse({ redirect_uri }))).toEqual(['invalid_request', undefined])
  })

  test('also when something else is wrong as well', async () => {
    const over = { redirect_uri: 'https://evil.example', response_type: 'token', scope: 'x' }
    expect(await refused(() => parse(over))).toEqual(['invalid_request', undefined])
  })
})

describe('told to the client by redirect', () => {
  test.each([
    ['no response type', { response_type: '' }, 'invalid_request'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['a hybrid flow', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['an unknown response mode', { response_mode: 'web_message' }, 'invalid_request'],
    ['no scope', { scope: '' }, 'invalid_scope'],
    ['a scope that is not open', { scope: 'admin' }, 'invalid_scope'],
    ['a malformed scope', { scope: 'open"id' }, 'invalid_scope'],
    ['no code challenge', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['a plain code challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a code challenge without a method', { code_challenge_method: '' }, 'invalid_request'],
    ['a malformed code challenge', { code_challenge: 'x' }, 'invalid_request'],
    ['a relative resource', { resource: '/api' }, 'invalid_target'],
    ['a thumbprint that is none', { dpop_jkt: 'x' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'dance' }, 'invalid_request'],
    ['prompt none beside another', { prompt: 'none login' }, 'invalid_request'],
    ['an age in words', { max_age: 'soon' }, 'invalid_request'],
    ['a negative age', { max_age: '-1' }, 'invalid_request'],
    ['an age beyond numbers', { max_age: '1e3' }, 'invalid_request'],
    ['a nonce of 5,000 characters', { nonce: 'x'.repeat(5_000) }, 'invalid_request'],
    ['a login hint of 400 characters', { login_hint: 'x'.repeat(400) }, 'invalid_request'],
  ] as const)('%s', async (_, over, code) => {
    expect(await refused(() => parse(over as Fields))).toEqual([code, channel])
  })

  test('a grant that is not the client’s', async () => {
    const attempt = () => parse({}, { responseTypes: [] })
    expect(await refused(attempt)).toEqual(['unauthorized_client', channel])
  })

  test('in the mode and with the state that it asked for', async () => {
    const over = { response_mode: 'form_post', prompt: 'dance', state: '"><b>' }
    expect(await refused(() => parse(over))).toEqual([
      'invalid_request',
      { redirectUri: CALLBACK, mode: 'form_post', state: '"><b>' },
    ])
  })
})

describe('a request for tokens through the browser', () => {
  const offered = { offeredResponseTypes: RESPONSE_TYPES, responseTypes: IMPLICIT_RESPONSE_TYPES }
  const asked = { response_type: 'id_token', nonce: 'n', code_challenge: '', scope: 'openid offline_access' }

  test('goes by the fragment or a form, and outlives nothing', () => {
    expect(parse(asked, offered)).toMatchObject({
      responseType: 'id_token',
      responseMode: 'fragment',
      scope: ['openid'],
    })
    expect(parse({ ...asked, response_mode: 'form_post' }, offered).responseMode).toBe('form_post')
    expect(parse({ ...asked, response_type: 'token id_token' }, offered).responseType).toBe('id_token token')
  })

  test.each([
    ['without a nonce', { nonce: '' }, offered, 'invalid_request'],
    ['by a query', { response_mode: 'query' }, offered, 'invalid_request'],
    ['without openid', { scope: 'email' }, offered, 'invalid_scope'],
    ['of a client of codes', {}, { ...offered, responseTypes: ['code'] }, 'unauthorized_client'],
  ] as const)('%s is refused in the fragment', async (_, over, of, code) => {
    const attempt = () => parse({ ...asked, ...over } as Fields, of)
    expect(await refused(attempt)).toEqual([code, { ...channel, mode: 'fragment' }])
  })

  test('is not known to a server that offers codes alone', async () => {
    const attempt = () => parse(asked, { responseTypes: IMPLICIT_RESPONSE_TYPES })
    expect(await refused(attempt)).toEqual(['unsupported_response_type', channel])
  })
})

test('whatever is asked for is read or refused in the words of OAuth, and never leads elsewhere', async () => {
  const names = [
    ...Object.keys(minimal),
    'response_mode',
    'prompt',
    'max_age',
    'claims',
    'ui_locales',
    'resource',
  ]
  const fields = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.json()), {
    noNullPrototype: true,
  })
  await fc.assert(
    fc.asyncProperty(fields, async (over) => {
      expect(
        await isTotal(() => {
          try {
            return parse(over)
          } catch (error) {
            if (error instanceof AuthorizationError && error.channel)
              expect(client.redirectUris).toContain(error.channel.redirectUri)
            throw error
          }
        }),
      ).toBe(true)
    }),
    { numRuns: 500 },
  )
})

describe('a request object', () => {
  const key = createKey()
  const expectation = {
    issuer: 'https://id.example.com',
    keys: { jwks: { keys: [key.jwk] } },
    algorithms: ASYMMETRIC_ALGORITHMS,
    now: NOW,
    isPushed: false,
  }
  const claims = { ...minimal, iss: 'portal', aud: 'https://id.example.com', exp: SECONDS + 60 }
  const read = (
    fields: Fields,
    over: Partial<typeof expectation> = {},
    of: Partial<AuthorizationClient> = {},
  ) => readAuthorizationRequest(parametersOf(fields), { ...client, ...of }, { ...expectation, ...over })
  const signed = (over: Readonly<Record<string, unknown>> = {}) =>
    jwtBy(key.privateKey, {}, { ...claims, ...over })

  test('takes the place of all that stands beside it (RFC 9101 §6.3)', async () => {
    const request = await read({
      ...minimal,
      request: await signed({ scope: 'openid email', state: undefined }),
      redirect_uri: 'https://evil.example/cb',
      prompt: 'none',
      nonce: 'injected',
    })
    expect(request).toMatchObject({ redirectUri: CALLBACK, scope: ['openid', 'email'], prompt: [] })
    expect([request.state, request.nonce]).toEqual([undefined, undefined])
  })

  test('says where its own errors go', async () => {
    const request = await signed({ state: 'inside', prompt: 'dance' })
    expect(await refused(() => read({ client_id: 'portal', request }))).toEqual([
      'invalid_request',
      { ...channel, state: 'inside' },
    ])
  })

  test('that does not open is told by what stands beside it, or on a page', async () => {
    const request = await signed({ aud: 'https://other.example.com' })
    expect(await refused(() => read({ ...minimal, request }))).toEqual(['invalid_request_object', channel])
    expect(await refused(() => read({ client_id: 'portal', request }))).toEqual([
      'invalid_request_object',
      undefined,
    ])
    const elsewhere = { client_id: 'portal', redirect_uri: 'https://evil.example', request }
    expect(await refused(() => read(elsewhere))).toEqual(['invalid_request_object', undefined])
  })

  test('without a signature is not supported', async () => {
    const request = unsigned({ alg: 'none' }, claims)
    expect(await refused(() => read({ ...minimal, request }))).toEqual(['request_not_supported', channel])
  })

  test('of another client is none', async () => {
    const other = createKey()
    const request = await jwtBy(other.privateKey, {}, { ...claims, iss: 'other', client_id: 'other' })
    const keys = { jwks: { keys: [other.jwk] } }
    expect(await refused(() => read({ ...minimal, request }, { keys }))).toEqual([
      'invalid_request_object',
      channel,
    ])
  })

  test.each([
    [
      'by reference is not fetched',
      { request_uri: 'https://portal.example/r.jwt' },
      {},
      'request_uri_not_supported',
    ],
    ['cannot be a reference when it is pushed', { request_uri: 'x' }, { isPushed: true }, 'invalid_request'],
    ['registers nobody', { registration: '{}' }, {}, 'registration_not_supported'],
  ] as const)('%s', async (_, over, how, code) => {
    expect(await refused(() => read({ ...minimal, ...over } as Fields, how))).toEqual([code, channel])
  })

  test('is needed where the client registered it so', async () => {
    const of = { requiresSignedRequests: true }
    expect(await refused(() => read(minimal, {}, of))).toEqual(['invalid_request', channel])
    expect(await read({ client_id: 'portal', request: await signed() }, {}, of)).toMatchObject({
      state: 'xyz',
    })
  })

  test('and so is pushing it (RFC 9126 §6)', async () => {
    const of = { requiresPushedRequests: true }
    expect(await refused(() => read(minimal, {}, of))).toEqual(['invalid_request', channel])
    expect(await read(minimal, { isPushed: true }, of)).toMatchObject({ state: 'xyz' })
  })
})
