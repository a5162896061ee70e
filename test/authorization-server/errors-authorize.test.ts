/** Every error of the authorization endpoint that is told to the client, by each channel. */
import { afterAll, beforeAll, describe, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { withTotp } from '../authentication/factors.ts'
import { createKey, jwtBy, unsigned } from '../protocol/oauth/jwts.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { REDIRECT_URI } from './application.ts'
import { authorizePath } from './browser.ts'
import { type ErrorRow, expectErrorByBrowser, type Mode } from './error-table.ts'
import { type Setting, setUp, signInToClient } from './setting.ts'

type Parameters = Readonly<Record<string, string | undefined>>

interface Request {
  /** Beside those of a request that nothing is wrong with. */
  readonly sent?: Parameters
  /** As it stands after these in the query. */
  readonly raw?: string
  /** Of the client. */
  readonly settings?: object
  /** What has happened in this browser before. */
  readonly before?: (setting: Setting, t: TestServer) => Promise<unknown>
}

const signedIn = (setting: Setting) => signInToClient(setting)
const essential = (acr: string) => JSON.stringify({ id_token: { acr: { essential: true, value: acr } } })
const key = createKey()
const signing = { jwks: { keys: [key.jwk] } }

const ERRORS: readonly ErrorRow<Request>[] = [
  ...(
    [
      ['a parameter twice', '&nonce=a&nonce=b'],
      ['one that nobody knows twice', '&anything=a&anything=b'],
      ['a scope twice, once without a value', '&scope='],
      ['an escape that is none', '&login_hint=%zz'],
      ['bytes that are no text', '&nonce=%ff'],
      ['a NUL', '&nonce=%00'],
      ['a name that cannot be read', '&%zz=1'],
    ] as const
  ).map(([what, raw]): ErrorRow<Request> => ['RFC 6749 §4.1.2.1', what, 'invalid_request', { raw }]),
  ['RFC 6749 §4.1.2.1', 'no response type', 'invalid_request', { sent: { response_type: undefined } }],
  [
    'RFC 6749 §4.1.2.1',
    'a state that is too long to keep',
    'invalid_request',
    { sent: { nonce: 'n'.repeat(5_000) } },
  ],
  [
    'RFC 6749 §4.1.2.1',
    'a client of another grant',
    'unauthorized_client',
    { settings: { grant_types: ['client_credentials'], scope: 'openid' } },
  ],
  [
    'RFC 6749 §4.1.2.1',
    'the implicit grant',
    'unsupported_response_type',
    { sent: { response_type: 'token' } },
  ],
  [
    'OAuth Multiple Response Types §3',
    'the hybrid flow',
    'unsupported_response_type',
    { sent: { response_type: 'code id_token' } },
  ],
  [
    'RFC 6749 §4.1.2.1',
    'a scope that is not open to it',
    'invalid_scope',
    { sent: { scope: 'admin:write' } },
  ],
  ['RFC 6749 §4.1.2.1', 'a malformed scope', 'invalid_scope', { sent: { scope: 'openid "email"' } }],
  [
    'RFC 6749 §4.1.2.1',
    'a person whom the organization does not let in',
    'access_denied',
    {
      sent: { prompt: 'none' },
      before: async (setting, t) => {
        await signInToClient(setting)
        await t.write(({ tx }) =>
          tx
            .update(tx.t.client)
            .set({ access: { membersOnly: true, roles: [], departmentIds: [] } })
            .where(eq(tx.t.client.id, setting.client.id)),
        )
      },
    },
  ],
  ['RFC 7636 §4.4.1', 'no code challenge', 'invalid_request', { sent: { code_challenge: undefined } }],
  [
    'RFC 7636 §4.4.1',
    'neither challenge nor method',
    'invalid_request',
    { sent: { code_challenge: undefined, code_challenge_method: undefined } },
  ],
  [
    'RFC 7636 §4.4.1',
    'a challenge that is the verifier',
    'invalid_request',
    { sent: { code_challenge_method: 'plain' } },
  ],
  [
    'RFC 7636 §4.3',
    'the same, as no method says',
    'invalid_request',
    { sent: { code_challenge_method: undefined } },
  ],
  [
    'RFC 7636 §4.4.1',
    'an unknown transformation',
    'invalid_request',
    { sent: { code_challenge_method: 'S512' } },
  ],
  [
    'RFC 7636 §4.2',
    'a challenge that is no hash',
    'invalid_request',
    { sent: { code_challenge: 'x'.repeat(42) } },
  ],
  [
    'RFC 8707 §2',
    'a resource that is not open to it',
    'invalid_target',
    { sent: { resource: 'https://other.example' } },
  ],
  ['RFC 8707 §2', 'a resource that is no URI', 'invalid_target', { sent: { resource: 'nothing' } }],
  [
    'RFC 8707 §2',
    'a resource with a fragment',
    'invalid_target',
    { sent: { resource: 'https://a.example#b' } },
  ],
  ['RFC 9101 §6.2', 'a request object that is no JWT', 'invalid_request_object', { sent: { request: 'x' } }],
  [
    'RFC 9101 §5',
    'a client that has to sign, and does not',
    'invalid_request',
    { settings: { ...signing, require_signed_request_object: true } },
  ],
  [
    'OpenID Connect Core §3.1.2.6',
    'a request object that nobody signed',
    'request_not_supported',
    { sent: { request: unsigned({ alg: 'none' }, {}) } },
  ],
  [
    'OpenID Connect Core §3.1.2.6',
    'a request object to be fetched',
    'request_uri_not_supported',
    { sent: { request_uri: 'https://evil.example/request.jwt' } },
  ],
  [
    'OpenID Connect Core §3.1.2.6',
    'a client that describes itself',
    'registration_not_supported',
    { sent: { registration: '{}' } },
  ],
  [
    'RFC 9126 §5',
    'a client that has to push its requests, and does not',
    'invalid_request',
    { settings: { require_pushed_authorization_requests: true } },
  ],
  ['RFC 9449 §10', 'a thumbprint that is none', 'invalid_request', { sent: { dpop_jkt: 'x' } }],
  ['OpenID Connect Core §3.1.2.1', 'an unknown prompt', 'invalid_request', { sent: { prompt: 'hello' } }],
  [
    'OpenID Connect Core §3.1.2.1',
    'none beside another prompt',
    'invalid_request',
    { sent: { prompt: 'none login' } },
  ],
  [
    'OpenID Connect Core §3.1.2.1',
    'a max_age that is no number',
    'invalid_request',
    { sent: { max_age: 'soon' } },
  ],
  [
    'OpenID Connect Core §3.1.2.1',
    'a hint that is no ID token',
    'invalid_request',
    { sent: { id_token_hint: 'x.y.z' } },
  ],
  ['OpenID Connect Core §5.5', 'claims that are not JSON', 'invalid_request', { sent: { claims: '{' } }],
  ['OpenID Connect Core §3.1.2.6', 'nobody signed in', 'login_required', { sent: { prompt: 'none' } }],
  [
    'OpenID Connect Core §3.1.2.6',
    'somebody whose sign-in is too old',
    'login_required',
    {
      sent: { prompt: 'none', max_age: '5' },
      before: async (setting, t) => {
        await signInToClient(setting)
        t.clock.advance(6)
      },
    },
  ],
  [
    'OpenID Connect Core §3.1.2.6',
    'somebody who has not agreed to it yet',
    'consent_required',
    { sent: { prompt: 'none', scope: 'openid profile' }, before: signedIn },
  ],
  [
    'OpenID Connect Core §3.1.2.6',
    'somebody who has to prove a second factor',
    'interaction_required',
    {
      sent: { prompt: 'none', claims: essential('urn:authy2:acr:2fa') },
      before: async (setting, t) => {
        await signInToClient(setting)
        await withTotp(t, setting.user)
      },
    },
  ],
  [
    'Unmet Authentication Requirements §2',
    'somebody who has no second factor to prove',
    'unmet_authentication_requirements',
    { sent: { claims: essential('urn:authy2:acr:2fa') }, before: signedIn },
  ],
]

/** What a request object says that is signed by the client and fits; and what may be wrong with it. RFC 9101 §4, §6 */
const OBJECTS: readonly (readonly [string, Readonly<Record<string, unknown>>, object?])[] = [
  ['of another issuer', { iss: 'another' }],
  ['for another server', { aud: 'https://other.example' }],
  ['of another client', { client_id: 'another' }],
  ['that could be used to authenticate (§10.8)', { sub: 'own' }],
  ['inside of which is another', { request: 'x' }],
  ['inside of which is a reference', { request_uri: 'https://evil.example' }],
  ['that has expired', { exp: 1_893_455_000 }],
  ['from the future', { iat: 1_893_460_000 }],
  ['that is not valid yet', { nbf: 1_893_460_000 }],
  ['of another type', {}, { typ: 'at+jwt' }],
  ['with critical members', {}, { crit: ['b64'], b64: true }],
]

describe.each(testDialects)('on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  describe.each<Mode>(['query', 'fragment', 'form_post'])('by %s the client is told of', (mode) => {
    test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, request) => {
      const setting = await setUp(t, request.settings)
      await request.before?.(setting, t)
      const page = await setting.browser.get(
        authorizePath(setting.client, { response_mode: mode, ...request.sent }) + (request.raw ?? ''),
      )
      expectErrorByBrowser(t, page, { mode, code, callback: REDIRECT_URI })
    })
  })

  test('an unknown response mode is told by that of the response type', async () => {
    const { client, browser } = await setUp(t)
    const page = await browser.get(authorizePath(client, { response_mode: 'web_message' }))
    expectErrorByBrowser(t, page, { mode: 'query', code: 'invalid_request', callback: REDIRECT_URI })
  })

  test.each([...OBJECTS])('a request object %s is told of', async (_, claims, header = {}) => {
    const { client, browser } = await setUp(t, signing)
    const request = await jwtBy(
      key.privateKey,
      { kid: key.keyId, ...header },
      {
        iss: client.id,
        aud: t.deps.config.oidc.issuer,
        client_id: client.id,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        ...claims,
        ...(claims.sub === undefined ? {} : { sub: client.id }),
      },
    )
    const page = await browser.get(authorizePath(client, { request }))
    expectErrorByBrowser(t, page, { mode: 'query', code: 'invalid_request_object', callback: REDIRECT_URI })
  })
})
