/** Whoever reads a JWT here reads none that was forged: client assertions, request objects, DPoP proofs, own tokens. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { TOKEN_TYPES } from '../../src/protocol/oauth/index.ts'
import { createKey, jwtBy } from '../protocol/oauth/jwts.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, post, REDIRECT_URI, SERVICE } from './application.ts'
import { answerOf, authorizePath, Browser } from './browser.ts'
import { forgedJwts, type Genuine } from './forged-jwts.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const key = createKey()

describe.each(testDialects)('on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const now = () => Math.floor(t.clock.now().getTime() / 1_000)
  const times = () => ({ iat: now(), exp: now() + 60 })
  const genuineBy = ({ header, claims }: Genuine) => jwtBy(key.privateKey, header, claims)

  test('no client is authenticated by an assertion that', async () => {
    const keys = { jwks: { keys: [key.jwk] }, token_endpoint_auth_method: 'private_key_jwt' as const }
    const { client } = await application(t, { ...SERVICE, ...keys })
    const aud = t.deps.config.oidc.issuer
    const genuine = (): Genuine => ({
      key,
      header: { kid: key.keyId },
      claims: { iss: client.id, sub: client.id, aud, jti: crypto.randomUUID(), ...times() },
    })
    const send = (client_assertion: string) =>
      post(t, '/oidc/token', {
        grant_type: 'client_credentials',
        client_assertion_type: ASSERTION_TYPE,
        client_assertion,
      })
    for (const [what, forged] of Object.entries(await forgedJwts(genuine()))) {
      const { status, body } = await send(forged)
      expect([what, status, body.error]).toEqual([what, 401, 'invalid_client'])
    }
    const { claims, header } = genuine()
    for (const over of [
      { jti: undefined },
      { exp: undefined },
      { aud: undefined },
      { aud: [] },
      { sub: 'x' },
    ]) {
      const { status } = await send(await jwtBy(key.privateKey, header, { ...claims, ...over }))
      expect([over, status]).toEqual([over, 401])
    }
    const right = await genuineBy(genuine())
    expect((await send(right)).status).toBe(200)
    expect((await send(right)).body.error).toBe('invalid_client') // used before (RFC 7523 §3)
  })

  // WebCrypto refused the key, and left its error to the next request that made an HMAC, whosever that was: 500.
  test('nobody else notices a DPoP proof whose key is no point of its curve', async () => {
    const mobile = await application(t, { token_endpoint_auth_method: 'none' })
    const service = await application(t, SERVICE)
    const jwk = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
    const proof = await jwtBy(key.privateKey, { typ: 'dpop+jwt', jwk }, { jti: 'j', htm: 'POST', iat: now() })
    const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: mobile.client.id }
    const refused = await post(t, '/oidc/token', form, { dpop: proof })
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_dpop_proof'])
    expect((await service.token({ grant_type: 'client_credentials' })).status).toBe(200)
  })

  test('nobody calls where a header points to', async () => {
    const fetched = spyOn(t.deps.outbound, 'send')
    const json = spyOn(t.deps.outbound, 'fetchJson')
    const { client } = await application(t, { jwks: { keys: [key.jwk] } })
    const header = { jku: 'https://evil.example/jwks', x5u: 'https://evil.example/cert' }
    const request = await jwtBy(key.privateKey, header, { iss: client.id })
    await new Browser(() => t).get(authorizePath(client, { request }))
    expect([fetched.mock.calls, json.mock.calls]).toEqual([[], []])
  })

  test('no request is read from an object that', async () => {
    const { client } = await application(t, { jwks: { keys: [key.jwk] } })
    const other = await application(t, { jwks: { keys: [createKey().jwk] } })
    const browser = new Browser(() => t)
    const claims = {
      iss: client.id,
      aud: t.deps.config.oidc.issuer,
      client_id: client.id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...times(),
    }
    const genuine: Genuine = { key, header: { kid: key.keyId }, claims }
    const errorOf = async (request: string, of: { id: string } = client) =>
      answerOf(await browser.get(authorizePath(of, { request }))).error
    for (const [what, forged] of Object.entries(await forgedJwts(genuine))) {
      const expected = what === 'nobody signed' ? 'request_not_supported' : 'invalid_request_object'
      expect([what, await errorOf(forged)]).toEqual([what, expected])
    }
    const right = await genuineBy(genuine)
    expect(await errorOf(right)).toBe('login_required') // read, and nobody is signed in
    expect(await errorOf(right, other.client)).toBe('invalid_request_object')
    const asOther = { ...claims, iss: other.client.id, client_id: other.client.id }
    expect(await errorOf(await jwtBy(key.privateKey, {}, asOther), other.client)).toBe(
      'invalid_request_object',
    )
  })

  describe('a token of this server', () => {
    /** One that was issued, and forgeries of it with its own claims, by a key that is not the server's. */
    const forgeriesOf = async (token: string) => {
      const claims = { ...decodeJwt(token), iat: now() }
      const { alg: _, ...header } = decodeProtectedHeader(token)
      return forgedJwts({ key, header, claims })
    }

    test('that opens userinfo is no other', async () => {
      const app = await application(t)
      const { access_token } = (await app.exchange()).body
      for (const [what, token] of Object.entries(await forgeriesOf(access_token))) {
        const headers = { authorization: `Bearer ${token}` }
        const userinfo = await t.app.handle(new Request('http://localhost/oidc/userinfo', { headers }))
        expect([what, userinfo.status]).toEqual([what, 401])
        expect([what, (await app.introspect(token)).body]).toEqual([what, { active: false }])
      }
    })

    const hints = async (app: Application) => forgeriesOf((await app.exchange()).body.id_token)

    test('that hints at somebody is no other', async () => {
      const app = await application(t, { post_logout_redirect_uris: [REDIRECT_URI] })
      const browser = new Browser(() => t)
      browser.cookies.set('authy2_session', app.person.token)
      for (const [what, id_token_hint] of Object.entries(await hints(app))) {
        const asked = await browser.get(authorizePath(app.client, { id_token_hint }))
        expect([what, answerOf(asked).error]).toEqual([what, 'invalid_request'])
        const query = new URLSearchParams({ id_token_hint, post_logout_redirect_uri: REDIRECT_URI })
        const signedOut = await browser.get(`/oidc/logout?${query}`)
        expect([what, signedOut.status, signedOut.location]).toEqual([what, 400, undefined])
      }
      expect(await t.deps.authenticate(app.person.token, true)).toBeDefined()
    })

    test('that is exchanged is no other', async () => {
      const app = await application(t, { grant_types: ['authorization_code', EXCHANGE] })
      for (const [what, subject_token] of Object.entries(await hints(app))) {
        for (const type of ['id_token', 'access_token'] as const) {
          const asked = { grant_type: EXCHANGE, subject_token, subject_token_type: TOKEN_TYPES[type] }
          const { status, body } = await app.token(asked)
          expect([what, status, body.error]).toEqual([what, 400, 'invalid_request'])
        }
      }
    })
  })
})
