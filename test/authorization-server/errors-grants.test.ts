/** Every error of the grants of the token endpoint, in JSON. Of replay see token-replay.test.ts. */
import { afterAll, beforeAll, describe, test } from 'bun:test'
import { TOKEN_TYPES } from '../../src/protocol/oauth/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import {
  type Application,
  application,
  exchangeOf,
  type OAuthAnswer,
  post,
  refreshOf,
} from './application.ts'
import { type ErrorRow, expectJsonError } from './error-table.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

type Send = (app: Application, t: TestServer) => Promise<OAuthAnswer>

const device = async (app: Application, t: TestServer, parameters: Record<string, string> = {}) =>
  (await post(t, '/oidc/device', { ...app.credentials, ...parameters })).body.device_code
const poll = (app: Application, device_code: string) => app.token({ grant_type: DEVICE_CODE, device_code })
const exchange = (app: Application, parameters: Record<string, string> = {}) =>
  app.token({
    grant_type: EXCHANGE,
    subject_token: app.person.token,
    subject_token_type: TOKEN_TYPES.session,
    ...parameters,
  })
/** A right code, with something else that is wrong. */
const redeem =
  (over: Record<string, string>): Send =>
  async (app) => {
    const { code, verifier } = await app.code()
    return app.token({ ...exchangeOf(code, verifier), ...over })
  }
const answered = async (app: Application, t: TestServer, status: 'denied' | 'pending'): Promise<string> => {
  const code = await device(app, t)
  await t.write(({ tx }) => tx.update(tx.t.deviceAuthorization).set({ status }))
  return code
}

const ERRORS: readonly ErrorRow<Send>[] = [
  // Codes
  ['RFC 6749 §4.1.3', 'no code', 'invalid_request', (app) => app.token({ grant_type: 'authorization_code' })],
  [
    'RFC 6749 §4.1.3',
    'no redirect URI, nor a challenge in its place',
    'invalid_request',
    async (app) => {
      const { code } = await app.code({ codeChallenge: undefined })
      return app.token({ grant_type: 'authorization_code', code })
    },
  ],
  [
    'RFC 6749 §4.1.3',
    'another redirect URI',
    'invalid_grant',
    redeem({ redirect_uri: 'https://wiki.example.com/x' }),
  ],
  ['RFC 6749 §5.2', 'a code that there is not', 'invalid_grant', redeem({ code: 'a2x_nothing' })],
  ['RFC 6749 §5.2', 'a code that is none', 'invalid_grant', redeem({ code: 'x'.repeat(4_000) })],
  ['RFC 7636 §4.6', 'no verifier', 'invalid_grant', redeem({ code_verifier: '' })],
  ['RFC 7636 §4.6', 'another verifier', 'invalid_grant', redeem({ code_verifier: 'x'.repeat(43) })],
  [
    'RFC 7636 §4.1',
    'a verifier that is too short',
    'invalid_grant',
    redeem({ code_verifier: 'x'.repeat(42) }),
  ],
  [
    'RFC 8707 §2.2',
    'a resource that was not asked for',
    'invalid_target',
    redeem({ resource: 'https://a.example' }),
  ],
  // Refresh tokens
  ['RFC 6749 §6', 'no refresh token', 'invalid_request', (app) => app.token({ grant_type: 'refresh_token' })],
  [
    'RFC 6749 §5.2',
    'a refresh token that there is not',
    'invalid_grant',
    (app) => app.token(refreshOf('a2r_x')),
  ],
  [
    'RFC 6749 §6',
    'a scope beyond what was granted',
    'invalid_scope',
    async (app) => {
      const { refresh_token } = (await app.exchange({ scope: ['openid'] })).body
      return app.token({ ...refreshOf(refresh_token), scope: 'openid email' })
    },
  ],
  [
    'RFC 8707 §2.2',
    'a resource beyond what was granted',
    'invalid_target',
    async (app) => {
      const { refresh_token } = (await app.exchange()).body
      return app.token({ ...refreshOf(refresh_token), resource: 'https://reports.example.com' })
    },
  ],
  // Devices
  ['RFC 8628 §3.4', 'no device code', 'invalid_request', (app) => app.token({ grant_type: DEVICE_CODE })],
  ['RFC 8628 §3.5', 'a device code that there is not', 'invalid_grant', (app) => poll(app, 'a2e_x')],
  [
    'RFC 8628 §3.5',
    'a person who has not answered yet',
    'authorization_pending',
    async (app, t) => poll(app, await answered(app, t, 'pending')),
  ],
  [
    'RFC 8628 §3.5',
    'a device that asks too often',
    'slow_down',
    async (app, t) => {
      const code = await device(app, t)
      await poll(app, code)
      return poll(app, code)
    },
  ],
  [
    'RFC 8628 §3.5',
    'a person who refuses',
    'access_denied',
    async (app, t) => poll(app, await answered(app, t, 'denied')),
  ],
  [
    'RFC 8628 §3.5',
    'a device code that is over',
    'expired_token',
    async (app, t) => {
      const code = await device(app, t)
      t.clock.advance(600)
      return poll(app, code)
    },
  ],
  // Token exchange
  ['RFC 8693 §2.1', 'no subject token', 'invalid_request', (app) => exchange(app, { subject_token: '' })],
  [
    'RFC 8693 §2.1',
    'a subject token of no type',
    'invalid_request',
    (app) => exchange(app, { subject_token_type: '' }),
  ],
  [
    'RFC 8693 §2.1',
    'a subject token of an unknown type',
    'invalid_request',
    (app) => exchange(app, { subject_token_type: 'urn:x' }),
  ],
  [
    'RFC 8693 §2.2.2',
    'a subject token that is none',
    'invalid_request',
    (app) => exchange(app, { subject_token: 'a2s_x' }),
  ],
  ['RFC 8693 §2.1', 'an actor', 'invalid_request', (app) => exchange(app, { actor_token: 'x' })],
  [
    'RFC 8693 §2.1',
    'a kind of token that is not issued',
    'invalid_request',
    (app) => exchange(app, { requested_token_type: TOKEN_TYPES.refresh_token }),
  ],
  [
    'RFC 8693 §2.2.2',
    'an audience that is not open to it',
    'invalid_target',
    (app) => exchange(app, { audience: 'https://other.example' }),
  ],
  [
    'RFC 8693 §2.1',
    'a scope that is not open to it',
    'invalid_scope',
    (app) => exchange(app, { scope: 'admin:write' }),
  ],
]

describe.each(testDialects)('the grants on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test.each([...ERRORS])('%s: %s (%s)', async (_section, _what, code, send) => {
    const app = await application(t, {
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE, EXCHANGE],
      audiences: ['https://reports.example.com'],
    })
    expectJsonError(await send(app, t), { status: 400, code })
  })
})
