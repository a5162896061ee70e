import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { findOrCreateGrant } from '../../src/authorization-server/index.ts'
import { TOKEN_TYPES } from '../../src/protocol/oauth/index.ts'
import { revokeSessions } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, post } from './application.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

describe.each(testDialects)('on $name', (dialect) => {
  describe('a device', () => {
    const DEVICE = {
      redirect_uris: [],
      grant_types: [DEVICE_CODE, 'refresh_token'] as ('refresh_token' | typeof DEVICE_CODE)[],
      token_endpoint_auth_method: 'none' as const,
    }
    const begin = (t: TestServer, app: Application) =>
      post(t, '/oidc/device', { ...app.credentials, scope: 'openid email' })
    const poll = (app: Application, code: string) => app.token({ grant_type: DEVICE_CODE, device_code: code })
    const answer = (t: TestServer, app: Application, status: 'approved' | 'denied') =>
      t.write(async (ctx) => {
        const { user, sessionId } = app.person
        const grant = await findOrCreateGrant(ctx, {
          client: { ...app.client, secrets: [] },
          userId: user.id,
          scopes: ['openid', 'email'],
        })
        const { deviceAuthorization } = ctx.tx.t
        await ctx.tx.update(deviceAuthorization).set({
          status,
          userId: user.id,
          grantId: grant.id,
          sessionId,
          authTime: ctx.now,
          acr: 'urn:authy2:acr:1fa',
          amr: ['pwd'],
        })
      })

    test('waits, is told when it asks too often, and gets its tokens once', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, DEVICE)
      const begun = await begin(t, app)
      expect(begun.body).toMatchObject({
        user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
        verification_uri: `${t.deps.config.oidc.issuer}/device`,
        expires_in: 600,
        interval: 5,
      })
      const code: string = begun.body.device_code
      const errorOf = async () => (await poll(app, code)).body.error
      expect(await errorOf()).toBe('authorization_pending')
      expect(await errorOf()).toBe('slow_down')
      t.clock.advance(9)
      expect(await errorOf()).toBe('slow_down') // from then on it is ten seconds, and then fifteen
      t.clock.advance(15)
      expect(await errorOf()).toBe('authorization_pending')

      await answer(t, app, 'approved')
      const answers = await Promise.all(Array.from({ length: 8 }, () => poll(app, code)))
      const [tokens, ...more] = answers.filter(({ status }) => status === 200)
      expect(more).toEqual([])
      expect(decodeJwt(tokens?.body.id_token).sub).toBe(app.person.user.id)
      expect(tokens?.body.refresh_token).toStartWith('a2r_')
    })

    test('is refused when the person refuses, when it is too late, and by any other client', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, DEVICE)
      const other = await application(t, DEVICE)
      const { device_code } = (await begin(t, app)).body
      expect((await poll(other, device_code)).body.error).toBe('invalid_grant')
      expect((await poll(app, 'a2e_nothing')).body.error).toBe('invalid_grant')
      await answer(t, app, 'denied')
      expect((await poll(app, device_code)).body.error).toBe('access_denied')
      const late = (await begin(t, app)).body
      t.clock.advance(600)
      expect((await poll(app, late.device_code)).body.error).toBe('expired_token')
    })
  })

  describe('a token exchange', () => {
    const GATEWAY = {
      grant_types: ['authorization_code', EXCHANGE] as ('authorization_code' | typeof EXCHANGE)[],
      scope: 'openid email organizations:read',
      audiences: ['https://files.example.com'],
    }
    const exchange = (app: Application, token: string, kind: keyof typeof TOKEN_TYPES, rest = {}) =>
      app.token({
        grant_type: EXCHANGE,
        subject_token: token,
        subject_token_type: TOKEN_TYPES[kind],
        ...rest,
      })

    test.each(['session', 'access_token', 'id_token'] as const)(
      'gives for a token of kind %s one that may less, and ends with it',
      async (kind) => {
        await using t = await testServer({ dialect })
        const app = await application(t, GATEWAY)
        const { access_token, id_token } = (await app.exchange({ scope: ['openid', 'email'] })).body
        const tokens = { session: app.person.token, access_token, id_token }
        const answer = await exchange(app, tokens[kind], kind, {
          scope: 'email',
          audience: 'https://files.example.com',
        })
        expect(answer.body).toMatchObject({
          scope: 'email',
          issued_token_type: TOKEN_TYPES.access_token,
          token_type: 'Bearer',
        })
        expect(answer.body.refresh_token).toBeUndefined()
        expect(decodeJwt(answer.body.access_token)).toMatchObject({
          sub: app.person.user.id,
          aud: 'https://files.example.com',
        })
        expect((await app.introspect(answer.body.access_token)).body.active).toBe(true)
        await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))
        expect((await app.introspect(answer.body.access_token)).body.active).toBe(false)
        expect((await exchange(app, tokens[kind], kind)).body.error).toBe('invalid_request')
      },
    )

    // It gave every scope that is open to the client, of which its person had been asked about one.
    test('gives for an ID token what its person has agreed to, and ends with that', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, GATEWAY)
      const { id_token } = (await app.exchange({ scope: ['openid'] })).body
      const wider = await exchange(app, id_token, 'id_token', { scope: 'openid organizations:read' })
      expect([wider.status, wider.body.error]).toEqual([400, 'invalid_scope'])
      const same = (await exchange(app, id_token, 'id_token')).body
      expect(same.scope).toBe('openid')
      await t.write(({ tx }) => tx.delete(tx.t.grant))
      expect((await app.introspect(same.access_token)).body.active).toBe(false)
      expect((await exchange(app, id_token, 'id_token')).body.error).toBe('invalid_request')
    })

    test('takes the ID token of a client that knows people by subjects of its own, and tells it of no session by its id', async () => {
      await using t = await testServer({ dialect })
      const sector = {
        subject_type: 'pairwise',
        sector_identifier_uri: 'https://wiki.example.com/sector.json',
      }
      const app = await application(t, { ...GATEWAY, ...sector } as typeof GATEWAY)
      const { id_token, access_token } = (await app.exchange({ scope: ['openid', 'email'] })).body
      const { sid, sub } = decodeJwt(id_token)
      expect(decodeJwt(access_token)).toMatchObject({ sid, sub })
      expect(sid).not.toBe(app.person.sessionId)
      const answer = await exchange(app, id_token, 'id_token')
      expect([answer.status, answer.body.scope]).toEqual([200, 'openid email'])
      await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))
      expect((await exchange(app, id_token, 'id_token')).body.error).toBe('invalid_request')
    })

    // Once it also gave what lets an application act as the person in all of their organizations.
    test('gives for an ID token all claims that are open to a client whose people are not asked', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, { ...GATEWAY, consent: 'first_party' })
      const { id_token } = (await app.exchange({ scope: ['openid'] })).body
      const more = await exchange(app, id_token, 'id_token', { scope: 'openid email' })
      expect(more.body.scope).toBe('openid email')
      const asThem = await exchange(app, id_token, 'id_token', { scope: 'openid organizations:read' })
      expect([asThem.status, asThem.body.error]).toEqual([400, 'invalid_scope'])
    })

    test('never widens, never lengthens, and takes nobody else’s token', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, GATEWAY)
      const other = await application(t, { ...GATEWAY, audiences: ['https://other.example.com'] })
      const { access_token, id_token } = (await app.exchange({ scope: ['openid', 'email'] })).body
      const wider = await exchange(app, access_token, 'access_token', { scope: 'email organizations:read' })
      expect(wider.body.error).toBe('invalid_scope')
      t.clock.advance(3_000)
      expect((await exchange(app, access_token, 'access_token')).body.expires_in).toBe(600)
      for (const [token, kind] of [
        [access_token, 'access_token'],
        [id_token, 'id_token'],
        ['a2s_nothing', 'session'],
        [access_token, 'id_token'],
      ] as const) {
        const answer = await exchange(other, token, kind)
        expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
      }
      const refresh = await exchange(app, access_token, 'access_token', {
        requested_token_type: TOKEN_TYPES.refresh_token,
      })
      expect(refresh.body.error).toBe('invalid_request')
      t.clock.advance(600)
      expect((await exchange(app, access_token, 'access_token')).body.error).toBe('invalid_request')
    })

    test('does nothing for a session that may only enrol a second factor', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, GATEWAY)
      await t.write(async ({ tx }) => {
        const { session } = tx.t
        await tx.update(session).set({ isComplianceOnly: true }).where(eq(session.id, app.person.sessionId))
      })
      expect((await exchange(app, app.person.token, 'session')).body.error).toBe('invalid_request')
    })
  })
})
