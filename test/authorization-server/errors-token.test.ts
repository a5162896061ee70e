/** Every error of the token endpoint but those of its grants, in JSON. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPair } from 'jose'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, type OAuthAnswer, post } from './application.ts'
import { createProver } from './dpop-prover.ts'
import { type ErrorRow, expectJsonError } from './error-table.ts'

const SERVICE = { grant_type: 'client_credentials' }
const PATH = '/oidc/token'

type Send = (app: Application, t: TestServer) => Promise<OAuthAnswer>

const basic = (text: string) => ({ authorization: `Basic ${text}` })
const right = ({ client, secret }: Application) => basic(btoa(`${client.id}:${secret}`))
async function withProof(app: Application, t: TestServer, claims: object): Promise<OAuthAnswer> {
  const prove = createProver(t, await generateKeyPair('ES256', { extractable: true }))
  const htu = t.deps.config.oidc.issuer + PATH
  return app.token(SERVICE, { dpop: await prove({ htm: 'POST', htu, ...claims }) })
}

const ERRORS: readonly ErrorRow<Send>[] = [
  // The request
  ['RFC 6749 §5.2', 'no grant type', 'invalid_request', (app) => app.token({})],
  [
    'RFC 6749 §3.1',
    'a grant type without a value',
    'invalid_request',
    (app) => app.token({ grant_type: '' }),
  ],
  [
    'RFC 6749 §5.2',
    'an unknown grant type',
    'unsupported_grant_type',
    (app) => app.token({ grant_type: 'password' }),
  ],
  [
    'RFC 6749 §5.2',
    'a grant type that is none of the client’s',
    'unauthorized_client',
    async (_, t) => (await application(t)).token(SERVICE),
  ],
  [
    'RFC 6749 §3.2',
    'a repeated parameter',
    'invalid_request',
    (app, t) => post(t, PATH, 'grant_type=client_credentials&scope=a&scope=a', right(app)),
  ],
  [
    'RFC 6749 §3.2',
    'parameters in JSON',
    'invalid_request',
    (app, t) =>
      post(t, PATH, '{"grant_type":"client_credentials"}', {
        ...right(app),
        'content-type': 'application/json',
      }),
  ],
  [
    'RFC 6749 appendix B',
    'an escape that is none',
    'invalid_request',
    (app, t) => post(t, PATH, 'grant_type=%zz', right(app)),
  ],
  [
    'RFC 6749 §3.2',
    'parameters in the query, which counts for nothing',
    'invalid_request',
    (app, t) => post(t, `${PATH}?grant_type=client_credentials`, 'x=1', right(app)),
  ],
  // The client
  ['RFC 6749 §5.2', 'no client', 'invalid_client', (_, t) => post(t, PATH, SERVICE)],
  [
    'RFC 6749 §5.2',
    'an unknown client',
    'invalid_client',
    (_, t) => post(t, PATH, { ...SERVICE, client_id: 'nobody', client_secret: 'x' }),
  ],
  [
    'RFC 6749 §5.2',
    'a wrong secret',
    'invalid_client',
    (app) => app.token({ ...SERVICE, client_secret: 'a2c_x' }),
  ],
  [
    'RFC 6749 §5.2',
    'a confidential client without its secret',
    'invalid_client',
    ({ client }, t) => post(t, PATH, { ...SERVICE, client_id: client.id }),
  ],
  [
    'RFC 6749 §2.3',
    'two ways of authenticating at once',
    'invalid_request',
    (app) => app.token(SERVICE, right(app)),
  ],
  [
    'RFC 6749 §2.3',
    'another client in the body than in the header',
    'invalid_request',
    (app, t) => post(t, PATH, { ...SERVICE, client_id: 'another' }, right(app)),
  ],
  [
    'RFC 7617 §2',
    'a header that is not Base64',
    'invalid_client',
    (_, t) => post(t, PATH, SERVICE, basic('%%%')),
  ],
  [
    'RFC 7617 §2',
    'a header without a secret',
    'invalid_client',
    (_, t) => post(t, PATH, SERVICE, basic(btoa('x'))),
  ],
  [
    'RFC 6749 §5.2',
    'a bearer token for a client',
    'invalid_client',
    (_, t) => post(t, PATH, SERVICE, { authorization: 'Bearer x' }),
  ],
  [
    'RFC 7521 §4.2.1',
    'an assertion of an unknown type',
    'invalid_client',
    (_, t) => post(t, PATH, { ...SERVICE, client_assertion: 'x', client_assertion_type: 'urn:x' }),
  ],
  // The scope and the audience
  [
    'RFC 6749 §5.2',
    'a scope that is not open to it',
    'invalid_scope',
    (app) => app.token({ ...SERVICE, scope: 'admin:write' }),
  ],
  ['RFC 6749 §5.2', 'a malformed scope', 'invalid_scope', (app) => app.token({ ...SERVICE, scope: 'a"b' })],
  [
    'RFC 6749 §5.2',
    'the scopes of people for a service',
    'invalid_scope',
    (app) => app.token({ ...SERVICE, scope: 'openid organizations:read' }),
  ],
  [
    'RFC 6749 §5.2',
    'a scope of the REST API for an application itself, which has it for people',
    'invalid_scope',
    async (_, t) =>
      (await application(t, { grant_types: ['client_credentials', 'authorization_code'] })).token({
        ...SERVICE,
        scope: 'organizations:read',
      }),
  ],
  [
    'RFC 8707 §2',
    'a resource that is not open to it',
    'invalid_target',
    (app) => app.token({ ...SERVICE, resource: 'https://other.example' }),
  ],
  [
    'RFC 8707 §2',
    'resources that no token has room for',
    'invalid_target',
    ({ credentials }, t) => {
      const form = new URLSearchParams({ ...credentials, ...SERVICE })
      for (const letter of 'ab')
        form.append('resource', `https://reports.example.com/${letter.repeat(2_000)}`)
      return post(t, PATH, form.toString())
    },
  ],
  [
    'RFC 8707 §2',
    'a resource that is no URI',
    'invalid_target',
    (app) => app.token({ ...SERVICE, resource: 'x' }),
  ],
  // DPoP
  ['RFC 9449 §5', 'a proof that is none', 'invalid_dpop_proof', (app) => app.token(SERVICE, { dpop: 'x' })],
  [
    'RFC 9449 §4.3',
    'two proofs',
    'invalid_dpop_proof',
    (app) => app.token(SERVICE, { dpop: 'a.b.c, a.b.c' }),
  ],
  ['RFC 9449 §8', 'a proof without a nonce', 'use_dpop_nonce', (app, t) => withProof(app, t, {})],
  [
    'RFC 9449 §8',
    'a proof with a nonce that is none',
    'use_dpop_nonce',
    (app, t) => withProof(app, t, { nonce: 'AAAA' }),
  ],
  [
    'RFC 9449 §5.2',
    'a client that has to prove a key, and does not',
    'invalid_dpop_proof',
    async (_, t) =>
      (
        await application(t, {
          grant_types: ['client_credentials'],
          scope: 'a',
          dpop_bound_access_tokens: true,
        })
      ).token(SERVICE),
  ],
]

describe.each(testDialects)('the token endpoint on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, send) => {
    const app = await application(t, {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scope: 'openid profile email reports:read',
      audiences: ['https://reports.example.com'],
    })
    const answer = await send(app, t)
    expectJsonError(answer, { status: code === 'invalid_client' ? 401 : 400, code })
    if (code === 'use_dpop_nonce') {
      const nonce = answer.headers.get('dpop-nonce') ?? ''
      expect((await withProof(app, t, { nonce })).status).toBe(200)
    }
  })
})
