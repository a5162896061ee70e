/** Every error of the protected resource, in a challenge and in JSON. RFC 6750 §3, RFC 9449 §7.1 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPair } from 'jose'
import { accessTokenHash } from '../../src/protocol/oauth/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, type OAuthAnswer, post } from './application.ts'
import { createProver, type Prover } from './dpop-prover.ts'
import type { ErrorRow } from './error-table.ts'

const PATH = '/oidc/userinfo'
const STATUS: Readonly<Record<string, number>> = { invalid_request: 400, insufficient_scope: 403 }

interface Place {
  readonly t: TestServer
  readonly app: Application
  /** Of the key that `bound` is bound to. */
  readonly prover: Prover
  readonly token: string
  readonly bound: string
}
type Send = (place: Place) => Promise<OAuthAnswer>

const get = async (t: TestServer, headers: Record<string, string>): Promise<OAuthAnswer> => {
  const response = await t.app.handle(new Request(`${t.deps.config.publicUrl}${PATH}`, { headers }))
  return { status: response.status, headers: response.headers, body: await response.json() }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const withProof =
  (claims: (place: Place) => Record<string, unknown>, header: object = {}): Send =>
  async (place) => {
    const { t, bound, prover } = place
    const htu = t.deps.config.oidc.issuer + PATH
    const dpop = await prover({ htm: 'GET', htu, ath: accessTokenHash(bound), ...claims(place) }, header)
    return get(t, { authorization: `DPoP ${bound}`, dpop })
  }

const ERRORS: readonly ErrorRow<Send>[] = [
  ['RFC 6750 §3.1', 'a token that there is not', 'invalid_token', ({ t }) => get(t, bearer('a2t_nothing'))],
  ['RFC 6750 §2.1', 'a token of other characters', 'invalid_token', ({ t }) => get(t, bearer('a b'))],
  [
    'RFC 6750 §3.1',
    'a token of another resource',
    'invalid_token',
    async ({ t, app }) => {
      const { access_token } = (
        await app.exchange({ scope: ['email'], resources: ['https://reports.example.com'] })
      ).body
      return get(t, bearer(access_token))
    },
  ],
  [
    'RFC 6750 §3.1',
    'an ID token',
    'invalid_token',
    async ({ t, app }) => get(t, bearer((await app.exchange()).body.id_token)),
  ],
  [
    'RFC 6750 §3.1',
    'a refresh token',
    'invalid_token',
    async ({ t, app }) => get(t, bearer((await app.exchange()).body.refresh_token)),
  ],
  ['RFC 6750 §3.1', 'a session token', 'invalid_token', ({ t, app }) => get(t, bearer(app.person.token))],
  [
    'RFC 6750 §3.1',
    'a token that has expired',
    'invalid_token',
    async ({ t, token }) => {
      t.clock.advance(3_600)
      return get(t, bearer(token))
    },
  ],
  [
    'RFC 6750 §3.1',
    'a token that was revoked',
    'invalid_token',
    async ({ t, app, token }) => {
      await app.revoke(token)
      return get(t, bearer(token))
    },
  ],
  [
    'RFC 6750 §3.1',
    'a token without openid',
    'insufficient_scope',
    async ({ t, app }) => {
      const resources = [t.deps.config.oidc.issuer]
      return get(t, bearer((await app.exchange({ scope: ['email'], resources })).body.access_token))
    },
  ],
  [
    'RFC 6750 §3.1',
    'a token in two ways at once',
    'invalid_request',
    ({ t, token }) => post(t, PATH, { access_token: token }, bearer(token)),
  ],
  [
    'RFC 6750 §3.1',
    'a token twice',
    'invalid_request',
    ({ t, token }) => post(t, PATH, `access_token=${token}&access_token=${token}`),
  ],
  [
    'RFC 9449 §7.1',
    'a bound token as a bearer token',
    'invalid_token',
    ({ t, bound }) => get(t, bearer(bound)),
  ],
  [
    'RFC 9449 §7.1',
    'a free token as a bound one',
    'invalid_token',
    ({ t, token }) => get(t, { authorization: `DPoP ${token}`, dpop: 'x' }),
  ],
  [
    'RFC 9449 §7.1',
    'a bound token without a proof',
    'invalid_dpop_proof',
    ({ t, bound }) => get(t, { authorization: `DPoP ${bound}` }),
  ],
  ['RFC 9449 §4.3', 'a proof for another method', 'invalid_dpop_proof', withProof(() => ({ htm: 'POST' }))],
  [
    'RFC 9449 §4.3',
    'a proof for another address',
    'invalid_dpop_proof',
    withProof(() => ({ htu: 'https://a.example' })),
  ],
  [
    'RFC 9449 §4.3',
    'a proof for another host',
    'invalid_dpop_proof',
    withProof(() => ({ htu: `https://evil.example${PATH}` })),
  ],
  [
    'RFC 9449 §4.3',
    'a proof for another token',
    'invalid_dpop_proof',
    withProof(() => ({ ath: accessTokenHash('x') })),
  ],
  ['RFC 9449 §4.3', 'a proof for no token', 'invalid_dpop_proof', withProof(() => ({ ath: undefined }))],
  ['RFC 9449 §4.3', 'a proof without an id', 'invalid_dpop_proof', withProof(() => ({ jti: undefined }))],
  [
    'RFC 9449 §11.1',
    'a proof that is too old',
    'invalid_dpop_proof',
    withProof(({ t }) => ({ iat: seconds(t) - 61 })),
  ],
  [
    'RFC 9449 §11.1',
    'a proof from the future',
    'invalid_dpop_proof',
    withProof(({ t }) => ({ iat: seconds(t) + 61 })),
  ],
  ['RFC 9449 §4.3', 'a proof of another type', 'invalid_dpop_proof', withProof(() => ({}), { typ: 'jwt' })],
  [
    'RFC 9449 §7.1',
    'a proof of another key',
    'invalid_dpop_proof',
    async (place) => {
      const prover = createProver(place.t, await generateKeyPair('ES256'))
      return withProof(() => ({}))({ ...place, prover })
    },
  ],
]

const seconds = (t: TestServer) => Math.floor(t.clock.now().getTime() / 1_000)

describe.each(testDialects)('userinfo on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const arrange = async (): Promise<Place> => {
    const app = await application(t, { audiences: ['https://reports.example.com'] })
    const prover = createProver(t, await generateKeyPair('ES256'))
    const htu = `${t.deps.config.oidc.issuer}/oidc/token`
    const dpop = await prover({ htm: 'POST', htu, nonce: t.deps.dpopProofs.nonce() })
    const { access_token: token } = (await app.exchange()).body
    const { access_token: bound } = (await app.exchange({}, { dpop })).body
    return { t, app, prover, token, bound }
  }

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, send) => {
    const { status, headers, body } = await send(await arrange())
    expect([status, body]).toEqual([
      STATUS[code] ?? 401,
      { error: code, error_description: expect.any(String) },
    ])
    const challenge = headers.get('www-authenticate') ?? ''
    expect(challenge).toMatch(new RegExp(`^(Bearer|DPoP) error="${code}", error_description="[^"]+"`))
    if (code === 'insufficient_scope') expect(challenge).toContain('scope="openid"')
    if (code === 'invalid_dpop_proof') expect(challenge).toMatch(/^DPoP .*algs="ES256 /)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('takes a right proof, once', async () => {
    const place = await arrange()
    const proof = { jti: 'once' }
    expect((await withProof(() => proof)(place)).status).toBe(200)
    expect((await withProof(() => proof)(place)).body.error).toBe('invalid_dpop_proof')
  })

  test.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['a scheme that is none of ours', { authorization: 'Basic eDp5' }],
  ])('of %s is told how to send one, and of no error (RFC 6750 §3.1)', async (_, headers) => {
    const answer = await get(t, headers)
    expect([answer.status, answer.body]).toEqual([401, {}])
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer resource_metadata="http:\/\/localhost:5000\/.well-known\/oauth-protected-resource", DPoP .*algs="ES256 /,
    )
  })

  test('takes no token by the query (RFC 6750 §2.3)', async () => {
    const { token } = await arrange()
    const response = await t.app.handle(
      new Request(`${t.deps.config.publicUrl}${PATH}?access_token=${token}`),
    )
    expect(response.status).toBe(401)
  })
})
