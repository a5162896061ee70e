/** Requests and answers that somebody on the way has changed, kept or taken elsewhere. RFC 9700 §4 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPair } from 'jose'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, post, REDIRECT_URI, refreshOf, SERVICE } from './application.ts'
import { authorizePath, VERIFIER } from './browser.ts'
import { createProver, type Prover } from './dpop-prover.ts'
import { agree, begin, setUp, signIn, signInToClient } from './setting.ts'

describe.each(testDialects)('on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const seconds = () => Math.floor(t.clock.now().getTime() / 1_000)

  // RFC 9207 §2: else a client of several servers could be made to hand one's code to another.
  test('every answer says who it is from (mix-up)', async () => {
    const setting = await setUp(t)
    const { issuer } = t.deps.config.oidc
    const issuerOf = (location: string) => new URL(location).searchParams.get('iss')
    const refused = await setting.browser.step(await begin(setting), 'abort')
    expect(issuerOf(refused.json.data.location)).toBe(issuer)
    const id = await begin(setting)
    await signIn(setting, id)
    const { data } = (await agree(setting, id)).json
    expect(issuerOf(data.location)).toBe(issuer)
    const form = await setting.browser.get(authorizePath(setting.client, { response_mode: 'form_post' }))
    expect(form.text).toContain(`name="iss" value="${issuer}"`)
  })

  describe('PKCE (RFC 9700 §4.8)', () => {
    const OPTIONAL = { pkce_required: false }
    const redeem = async (settings: object, asked: object, code_verifier: string | undefined) => {
      const setting = await setUp(t, settings)
      const code = (await signInToClient(setting, { ...asked })).searchParams.get('code') ?? ''
      const { code_verifier: _, ...exchange } = exchangeOf(code, '')
      return post(t, '/oidc/token', {
        ...exchange,
        client_id: setting.client.id,
        client_secret: setting.client.secret,
        ...(code_verifier === undefined ? {} : { code_verifier }),
      })
    }
    const NONE = { code_challenge: undefined, code_challenge_method: undefined }

    test.each<[string, object, string | undefined, number]>([
      ['is left out by a client that may', NONE, undefined, 200],
      ['is left out of the request on its way', NONE, VERIFIER, 400],
      ['is left out of the exchange', {}, undefined, 400],
      ['is answered by the challenge', {}, 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 400],
      ['is answered rightly', {}, VERIFIER, 200],
    ])('%s', async (_, asked, verifier, status) => {
      const answer = await redeem(OPTIONAL, asked, verifier)
      expect([answer.status, answer.body.error]).toEqual([
        status,
        status === 200 ? undefined : 'invalid_grant',
      ])
    })
  })

  test('of a pushed request nothing is changed by what stands beside its reference (RFC 9126 §4)', async () => {
    const setting = await setUp(t)
    const { client } = setting
    const whole = Object.fromEntries(new URLSearchParams(authorizePath(client).split('?')[1]))
    const pushed = await post(t, '/oidc/par', { ...whole, client_secret: client.secret })
    const { request_uri } = pushed.body
    const changed = { request_uri, scope: 'openid profile', redirect_uri: 'https://evil.example', state: 'x' }
    const location = await signInToClient(setting, changed)
    expect(location.href).toStartWith(REDIRECT_URI)
    expect(location.searchParams.get('state')).toBe('af0ifjsldkj')
    const exchange = {
      ...exchangeOf(location.searchParams.get('code') ?? '', VERIFIER),
      client_id: client.id,
    }
    const tokens = await post(t, '/oidc/token', { ...exchange, client_secret: client.secret })
    expect(tokens.body.scope).toBe('openid email')
  })

  describe('a DPoP proof at the token endpoint (RFC 9449 §4.3)', () => {
    const htu = () => `${t.deps.config.oidc.issuer}/oidc/token`
    const arrange = async () => {
      const prover = createProver(t, await generateKeyPair('ES256'))
      const prove = (over: object = {}, header: object = {}) =>
        prover({ htm: 'POST', htu: htu(), nonce: t.deps.dpopProofs.nonce(), ...over }, header)
      return { app: await application(t, SERVICE), prove }
    }
    const GRANT = { grant_type: 'client_credentials' }

    test.each<[string, () => object, object?, string?]>([
      ['for another method', () => ({ htm: 'GET' })],
      ['for another endpoint', () => ({ htu: `${t.deps.config.oidc.issuer}/oidc/par` })],
      ['for another host', () => ({ htu: 'https://evil.example/oidc/token' })],
      ['for no address', () => ({ htu: undefined })],
      ['that is too old', () => ({ iat: seconds() - 61 })],
      ['from the future', () => ({ iat: seconds() + 61 })],
      ['of no time', () => ({ iat: undefined })],
      ['of no id', () => ({ jti: '' })],
      ['of an id of a kilobyte', () => ({ jti: 'x'.repeat(1_024) })],
      ['of another type', () => ({}), { typ: 'at+jwt' }],
      ['without its key', () => ({}), { jwk: undefined }],
      ['with a key that does not fit', () => ({}), { jwk: { kty: 'oct', k: 'AAAA' } }],
      ['without the nonce that is demanded', () => ({ nonce: undefined }), {}, 'use_dpop_nonce'],
      ['with a nonce of its own making', () => ({ nonce: 'x' }), {}, 'use_dpop_nonce'],
    ])('%s is refused', async (_, over, header = {}, error = 'invalid_dpop_proof') => {
      const { app, prove } = await arrange()
      const answer = await app.token(GRANT, { dpop: await prove(over(), header) })
      expect([answer.status, answer.body.error]).toEqual([400, error])
      expect(answer.headers.get('dpop-nonce')).toBe(t.deps.dpopProofs.nonce())
    })

    test('counts once, whoever brings it', async () => {
      const { app, prove } = await arrange()
      const other = await application(t, SERVICE)
      const dpop = await prove()
      const answers = await Promise.all([app, other, app, other].map((by) => by.token(GRANT, { dpop })))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const refused = answers.filter(({ status }) => status !== 200)
      expect(refused.map(({ body }) => body.error)).toEqual(Array(3).fill('invalid_dpop_proof'))
    })

    test('with a nonce that is out is told the next', async () => {
      const { app, prove } = await arrange()
      const dpop = await prove({ iat: seconds() + 600 })
      t.clock.advance(600)
      expect((await app.token(GRANT, { dpop })).body.error).toBe('use_dpop_nonce')
    })

    test('of another key redeems neither the code nor the refresh token that are bound to one', async () => {
      const keyed = async (): Promise<Prover> => createProver(t, await generateKeyPair('ES256'))
      const [own, stolen] = [await keyed(), await keyed()]
      const proofOf = async (by: Prover) => ({
        dpop: await by({ htm: 'POST', htu: htu(), nonce: t.deps.dpopProofs.nonce() }),
      })
      const app = await application(t, { token_endpoint_auth_method: 'none' })
      const first = await app.exchange({}, await proofOf(own))
      expect(first.body.token_type).toBe('DPoP')
      const refresh = refreshOf(first.body.refresh_token)
      for (const headers of [await proofOf(stolen), {}]) {
        expect((await app.token(refresh, headers)).body.error).toBe('invalid_grant')
      }
      expect((await app.token(refresh, await proofOf(own))).status).toBe(200)

      const bound = await app.code({ dpopThumbprint: 'x'.repeat(43) })
      const redeemed = await app.token(exchangeOf(bound.code, bound.verifier), await proofOf(own))
      expect(redeemed.body.error).toBe('invalid_grant')
    })
  })
})
