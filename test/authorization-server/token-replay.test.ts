import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { endUserAccess } from '../../src/access/index.ts'
import { findOrCreateGrant } from '../../src/authorization-server/index.ts'
import { cleanUp } from '../../src/jobs/clean-up.ts'
import { createToken, DAY, HOUR, hex, sha256, systemRandom } from '../../src/kernel/index.ts'
import { revokeSessions } from '../../src/sessions/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, REDIRECT_URI, refreshOf, SERVICE } from './application.ts'

const isActive = async (app: Awaited<ReturnType<typeof application>>, token: string) =>
  (await app.introspect(token)).body.active

/** How many codes a clean-up takes. */
const cleaned = async (t: TestServer): Promise<unknown> =>
  (await cleanUp.run(t.deps, { signal: new AbortController().signal, now: t.clock.now() }))
    ?.authorization_codes

describe.each(testDialects)('on $name', (dialect) => {
  describe('an authorization code', () => {
    test.each([8, 20])('of %i simultaneous exchanges succeeds once', async (count) => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { code, verifier } = await app.code()
      const answers = await Promise.all(
        Array.from({ length: count }, () => app.token(exchangeOf(code, verifier))),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const refused = answers.filter(({ status }) => status !== 200)
      expect(new Set(refused.map(({ body }) => body.error))).toEqual(new Set(['invalid_grant']))
    })

    test('used twice ends everything that came of it (RFC 6749 §4.1.2)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { code, verifier } = await app.code()
      const first = (await app.token(exchangeOf(code, verifier))).body
      const second = (await app.token(refreshOf(first.refresh_token))).body
      expect(await isActive(app, second.access_token)).toBe(true)

      const replay = await app.token(exchangeOf(code, verifier))
      expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant'])
      for (const token of [first.access_token, second.access_token, second.refresh_token]) {
        expect(await isActive(app, token)).toBe(false)
      }
      expect((await app.token(refreshOf(second.refresh_token))).body.error).toBe('invalid_grant')
      const [event] = await eventsOf(t, 'oidc.code_reuse')
      expect(event).toMatchObject({
        outcome: 'failure',
        actorKind: 'client',
        actorId: app.client.id,
        targetId: app.person.user.id,
        organizationId: app.organization.id,
      })
    })

    // Clean-up took it a minute after it was issued, and whoever came later was told of an unknown code.
    test('is known as spent as long as anything that came of it can be alive (RFC 9700 §4.5)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { code, verifier } = await app.code()
      await app.code() // nobody comes for it
      const { body } = await app.token(exchangeOf(code, verifier))
      t.clock.advance(HOUR)
      expect(await cleaned(t)).toBe(1)
      const refreshed = (await app.token(refreshOf(body.refresh_token))).body

      const replay = await app.token(exchangeOf(code, verifier))
      expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant'])
      expect(await isActive(app, refreshed.access_token)).toBe(false)
      expect((await app.token(refreshOf(refreshed.refresh_token))).body.error).toBe('invalid_grant')
      expect(await eventsOf(t, 'oidc.code_reuse')).toHaveLength(1)
    })

    test.each([
      ['the access token, where it is not refreshed', ['authorization_code'], 600],
      ['the last access token of its refresh token', ['authorization_code', 'refresh_token'], DAY + 600],
    ] as const)('goes with %s', async (_what, types, lifetimeSeconds) => {
      await using t = await testServer({ dialect })
      const lifetimes = { access_token_lifetime: 600, refresh_token_lifetime: DAY }
      const app = await application(t, { grant_types: [...types], scope: 'openid', ...lifetimes })
      await app.exchange({ scope: ['openid'] })
      t.clock.advance(lifetimeSeconds - 1)
      expect(await cleaned(t)).toBe(0)
      t.clock.advance(1)
      expect(await cleaned(t)).toBe(1)
    })

    test('survives whoever has it without the rest: another client, verifier, redirect URI or resource', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const other = await application(t)
      const { code, verifier } = await app.code()
      const right = exchangeOf(code, verifier)
      const attempts = await Promise.all([
        other.token(right),
        app.token({ ...right, code_verifier: 'x'.repeat(43) }),
        app.token({ grant_type: 'authorization_code', code, redirect_uri: right.redirect_uri }),
        app.token({ ...right, redirect_uri: 'https://wiki.example.com/callback/' }),
        app.token({ ...right, redirect_uri: 'https://wiki.example.com/Callback' }),
      ])
      expect(attempts.map(({ status, body }) => [status, body.error])).toEqual(
        attempts.map(() => [400, 'invalid_grant']),
      )
      const elsewhere = await app.token({ ...right, resource: 'https://other.example.com' })
      expect([elsewhere.status, elsewhere.body.error]).toEqual([400, 'invalid_target'])
      expect((await app.token(right)).status).toBe(200)
    })

    test('is exchanged without its redirect URI where a challenge stands for that (OAuth 2.1 §4.1.3)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const without = { grant_type: 'authorization_code' }
      const { code, verifier } = await app.code()
      const exchange = { ...without, code, code_verifier: verifier }
      const other = await app.token({ ...exchange, redirect_uri: 'https://wiki.example.com/other' })
      expect(other.body.error).toBe('invalid_grant')
      expect((await app.token({ ...without, code })).body.error).toBe('invalid_grant')
      expect((await app.token(exchange)).status).toBe(200)

      const challenge = 'x'.repeat(43)
      const plain = await app.code({ codeChallenge: { method: 'plain', challenge } })
      const bare = await app.code({ codeChallenge: undefined })
      for (const sent of [
        { ...without, code: plain.code, code_verifier: challenge },
        { ...without, code: bare.code },
      ]) {
        expect((await app.token(sent)).body.error).toBe('invalid_request')
        expect((await app.token({ ...sent, redirect_uri: REDIRECT_URI })).status).toBe(200)
      }
    })

    test('with a verifier that nothing was asked for with is refused (RFC 9700 §4.8.2)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { code, verifier } = await app.code({ codeChallenge: undefined })
      expect((await app.token(exchangeOf(code, verifier))).body.error).toBe('invalid_grant')
    })

    test('expires, and ends with the session and with the user', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const late = await app.code()
      t.clock.advance(60)
      expect((await app.token(exchangeOf(late.code, late.verifier))).body.error).toBe('invalid_grant')

      const ended = await app.code()
      await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))
      expect((await app.token(exchangeOf(ended.code, ended.verifier))).body.error).toBe('invalid_grant')
    })
  })

  describe('a refresh token', () => {
    test('used twice ends its family, and that is recorded (RFC 9700 §4.14.2)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const first = (await app.exchange()).body
      const second = (await app.token(refreshOf(first.refresh_token))).body
      t.clock.advance(10)
      expect((await app.token(refreshOf(first.refresh_token))).body.error).toBe('invalid_grant')
      expect((await app.token(refreshOf(second.refresh_token))).body.error).toBe('invalid_grant')
      expect(await isActive(app, second.access_token)).toBe(false)
      const events = await eventsOf(t, 'oidc.refresh_reuse')
      expect(events).toHaveLength(1)
      const { grant_id: grant } = decodeJwt(second.access_token)
      expect(events[0]?.details).toMatchObject({
        client_id: app.client.id,
        family: expect.any(String),
        grant,
      })
    })

    test('presented again within ten seconds gets the same successor, until that was used', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const first = (await app.exchange()).body
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => app.token(refreshOf(first.refresh_token))),
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const successors = new Set(answers.map(({ body }) => body.refresh_token))
      expect(successors.size).toBe(1)
      const [successor] = successors
      expect((await app.token(refreshOf(successor))).status).toBe(200)
      expect((await app.token(refreshOf(first.refresh_token))).body.error).toBe('invalid_grant')
    })

    test('of a family is the one in one row, however often it is used', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      let token: string = (await app.exchange()).body.refresh_token
      for (let use = 0; use < 3; use++) token = (await app.token(refreshOf(token))).body.refresh_token
      const { reader } = t.deps.database
      const [row, ...more] = await reader.select().from(reader.t.refreshToken)
      expect(more).toEqual([])
      expect(row?.digest).toEqual(sha256(token))
      expect(new TextDecoder('latin1').decode(row?.sealed ?? undefined)).not.toContain(token)
    })

    test('that was forged is nothing, unless it names a family, whose real ones have then been seen', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { refresh_token } = (await app.exchange()).body
      const [row] = await t.write(({ tx }) => tx.select().from(tx.t.refreshToken))
      const name = Buffer.from(row?.id.replaceAll('-', '') ?? '', 'hex')
      for (const forged of [
        createToken('refresh', systemRandom),
        createToken('refresh', systemRandom, systemRandom.bytes(16)),
        createToken('refresh', systemRandom, systemRandom.bytes(32)),
        createToken('session', systemRandom, name),
      ]) {
        expect((await app.token(refreshOf(forged))).body.error).toBe('invalid_grant')
        expect((await app.revoke(forged)).status).toBe(200)
      }
      const guessed = createToken('refresh', systemRandom, name)
      expect(await isActive(app, guessed)).toBe(false)
      const other = await application(t)
      expect((await other.token(refreshOf(guessed))).body.error).toBe('invalid_grant')
      expect(await isActive(app, refresh_token)).toBe(true)
      expect((await app.token(refreshOf(guessed))).body.error).toBe('invalid_grant')
      expect(await isActive(app, refresh_token)).toBe(false)
      expect(await eventsOf(t, 'oidc.refresh_reuse')).toHaveLength(1)
    })

    test('that names no family, as they once did, goes on as any other', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      /** As the upgrade leaves what was issued before. */
      const old = async () => {
        const { refresh_token } = (await app.exchange()).body
        const text = createToken('refresh', systemRandom)
        const digest = sha256(text)
        await t.write(async ({ tx }) => {
          const { refreshToken, accessToken } = tx.t
          const isIt = eq(refreshToken.digest, sha256(refresh_token))
          const [row] = await tx
            .update(refreshToken)
            .set({ id: hex(digest), digest })
            .where(isIt)
            .returning()
          await tx
            .update(accessToken)
            .set({ familyId: hex(digest) })
            .where(eq(accessToken.grantId, row?.grantId ?? ''))
        })
        return text
      }
      const first = await old()
      expect(await isActive(app, first)).toBe(true)
      const second = (await app.token(refreshOf(first))).body
      expect((await app.token(refreshOf(first))).body.refresh_token).toBe(second.refresh_token) // a retry
      const third = (await app.token(refreshOf(second.refresh_token))).body
      expect(await isActive(app, third.refresh_token)).toBe(true)
      expect((await app.token(refreshOf(first))).body.error).toBe('invalid_grant')
      for (const token of [third.refresh_token, second.access_token, third.access_token]) {
        expect(await isActive(app, token)).toBe(false)
      }

      const unwanted = await old()
      await app.revoke(unwanted)
      expect((await app.token(refreshOf(unwanted))).body.error).toBe('invalid_grant')
    })

    test('is of one client only, narrows its scope and never widens it', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const other = await application(t)
      const { refresh_token } = (await app.exchange()).body
      expect((await other.token(refreshOf(refresh_token))).body.error).toBe('invalid_grant')
      const wider = await app.token({ ...refreshOf(refresh_token), scope: 'openid organizations:read' })
      expect([wider.status, wider.body.error]).toEqual([400, 'invalid_scope'])
      const narrower = await app.token({ ...refreshOf(refresh_token), scope: 'openid' })
      expect([narrower.status, narrower.body.scope]).toEqual([200, 'openid'])
      const back = await app.token(refreshOf(narrower.body.refresh_token))
      expect(back.body.scope).toBe('openid profile email')
    })

    test('lives no longer than the first of its family, however often it is used', async () => {
      await using t = await testServer({
        dialect,
        env: { SESSION_IDLE_TIMEOUT: '30d', MAX_SESSION_DURATION: '30d' },
      })
      const app = await application(t, { refresh_token_lifetime: 3_600 })
      let token: string = (await app.exchange({ scope: ['openid', 'offline_access'] })).body.refresh_token
      t.clock.advance(3_599)
      token = (await app.token(refreshOf(token))).body.refresh_token
      t.clock.advance(1)
      expect((await app.token(refreshOf(token))).body.error).toBe('invalid_grant')
    })

    test('ends with the session, save for offline_access, which ends with the user', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const online = (await app.exchange()).body
      const offline = (await app.exchange({ scope: ['openid', 'offline_access'] })).body
      await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))

      expect(await isActive(app, online.access_token)).toBe(false)
      expect((await app.token(refreshOf(online.refresh_token))).body.error).toBe('invalid_grant')
      expect(await isActive(app, offline.access_token)).toBe(true)
      const next = await app.token(refreshOf(offline.refresh_token))
      expect(next.status).toBe(200)

      await t.write(async (ctx) => {
        const { user } = ctx.tx.t
        await ctx.tx.update(user).set({ status: 'suspended' }).where(eq(user.id, app.person.user.id))
      })
      expect(await isActive(app, next.body.access_token)).toBe(false)
      expect((await app.token(refreshOf(next.body.refresh_token))).body.error).toBe('invalid_grant')
    })

    test('does not come back when a suspended user does', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { refresh_token } = (await app.exchange({ scope: ['openid', 'offline_access'] })).body
      await t.write((ctx) => endUserAccess(ctx, { userId: app.person.user.id, reason: 'suspended' }))
      expect((await app.token(refreshOf(refresh_token))).body.error).toBe('invalid_grant')
    })

    test('ends with the grant, and with the membership that the application is for', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { refresh_token, access_token } = (await app.exchange()).body
      await t.write(async ({ tx }) => {
        const isIt = eq(tx.t.member.userId, app.person.user.id)
        await tx.update(tx.t.member).set({ status: 'suspended' }).where(isIt)
      })
      expect((await app.token(refreshOf(refresh_token))).body.error).toBe('invalid_grant')
      await t.write(async ({ tx }) => void (await tx.delete(tx.t.grant)))
      expect(await isActive(app, access_token)).toBe(false)
    })
  })

  test('what is issued, refreshed and revoked is recorded, by which client and for whom', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const { refresh_token } = (await app.exchange()).body
    const next = (await app.token(refreshOf(refresh_token))).body
    await app.revoke(next.refresh_token)
    for (const action of ['oidc.token', 'oidc.refresh', 'oidc.revoke']) {
      const [event, ...more] = await eventsOf(t, action)
      expect(more).toEqual([])
      expect(event).toMatchObject({
        outcome: 'success',
        actorKind: 'client',
        actorId: app.client.id,
        targetType: 'user',
        targetId: app.person.user.id,
        organizationId: app.organization.id,
      })
      expect(JSON.stringify(event)).not.toMatch(/a2[rtx]_|eyJ/)
    }
    const service = await application(t, SERVICE)
    await service.token({ grant_type: 'client_credentials' })
    const [, event] = await eventsOf(t, 'oidc.token')
    expect(event).toMatchObject({
      targetType: 'client',
      targetId: service.client.id,
      details: { grant_type: 'client_credentials', scope: ['reports:read', 'reports:write'] },
    })
  })

  test('a client that nobody registered is kept with its first grant, and gets tokens like any other', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const id = 'https://tool.example.com/client.json'
    const client = { ...app.client, id, organizationId: null, origin: 'document' as const, secrets: [] }
    const grants = await Promise.all(
      [1, 2].map(() =>
        t.write((ctx) => findOrCreateGrant(ctx, { client, userId: app.person.user.id, scopes: ['openid'] })),
      ),
    )
    const wider = await t.write((ctx) =>
      findOrCreateGrant(ctx, { client, userId: app.person.user.id, scopes: ['email', 'openid'] }),
    )
    expect(grants.map((grant) => grant.id)).toEqual([wider.id, wider.id])
    expect(wider.scopes).toEqual(['openid', 'email'])
  })
})
