/** What access tokens open, and for how long: userinfo, introspection and the REST API. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  calculateJwkThumbprint,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { rotateDueKeys } from '../../src/keys/index.ts'
import { accessTokenHash } from '../../src/protocol/oauth/index.ts'
import { revokeSessions } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, post, SERVICE } from './application.ts'

const userinfo = (t: TestServer, headers: Record<string, string>, method = 'GET') =>
  t.app.handle(new Request(`${t.deps.config.publicUrl}/oidc/userinfo`, { method, headers }))
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe.each(testDialects)('on $name', (dialect) => {
  describe('userinfo', () => {
    test('tells what the scopes open and what was asked for by name, by GET and by POST', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, {
        scope: 'openid email roles groups organizations',
        claims: { employee_mail: 'email' },
      })
      const claims = {
        userinfo: [{ name: 'organizations', isEssential: true, values: [] }],
        idToken: [],
      }
      const { access_token } = (await app.exchange({ scope: ['openid', 'email', 'roles'], claims })).body
      const answer = await userinfo(t, bearer(access_token))
      expect(answer.headers.get('cache-control')).toBe('no-store')
      const { email, id } = app.person.user
      const { slug } = app.organization
      const told = await answer.json()
      expect(told).toEqual({
        sub: id,
        email,
        email_verified: true,
        employee_mail: email,
        roles: [`${slug}:owner`],
        organizations: [{ id: app.organization.id, slug, role: 'owner', departments: [] }],
      })
      expect((await post(t, '/oidc/userinfo', { access_token })).body).toEqual(told)
    })

    test('takes a token in a form and in no other body (RFC 6750 §2.2)', async () => {
      await using t = await testServer({ dialect })
      const { access_token } = (await (await application(t)).exchange()).body
      for (const type of ['text/plain', 'text/plain; x=application/x-www-form-urlencoded']) {
        const answer = await post(t, '/oidc/userinfo', { access_token }, { 'content-type': type })
        expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
          401,
          expect.stringContaining('Bearer'),
        ])
      }
      const form = { 'content-type': 'Application/X-WWW-Form-URLEncoded; charset=utf-8' }
      expect((await post(t, '/oidc/userinfo', { access_token }, form)).status).toBe(200)
    })

    test('is a signed JWT for a client that registered an algorithm', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t, { userinfo_signed_response_alg: 'EdDSA' })
      const { access_token } = (await app.exchange()).body
      const answer = await userinfo(t, bearer(access_token))
      expect(answer.headers.get('content-type')).toBe('application/jwt')
      const [key] = (await t.deps.signingKeys.publicKeys()).filter(({ alg }) => alg === 'EdDSA')
      const { payload } = await jwtVerify(await answer.text(), await importJWK({ ...key }), {
        audience: app.client.id,
        currentDate: t.clock.now(),
      })
      expect(payload.sub).toBe(app.person.user.id)
    })

    test('challenges who has no token, a bad one, or one without openid (RFC 6750 §3)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const none = await userinfo(t, {})
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer resource_metadata="[^"]+", DPoP .*algs="ES256 /),
      ])
      const bad = await userinfo(t, bearer('a2t_nothing'))
      expect(bad.status).toBe(401)
      expect(bad.headers.get('www-authenticate')).toStartWith('Bearer error="invalid_token"')
      const { access_token } = (
        await app.exchange({ scope: ['email'], resources: [t.deps.config.oidc.issuer] })
      ).body
      const lacking = await userinfo(t, bearer(access_token))
      expect(lacking.status).toBe(403)
      expect(lacking.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
      const twice = await post(t, '/oidc/userinfo', { access_token }, bearer(access_token))
      expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request'])
    })
  })

  test('pairwise subjects are the same everywhere and another for each sector', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { subject_type: 'pairwise' })
    const first = (await app.exchange()).body
    const again = (await app.exchange()).body
    const { sub } = decodeJwt(first.id_token)
    expect(sub).not.toBe(app.person.user.id)
    expect(decodeJwt(again.id_token).sub).toBe(sub)
    expect(decodeJwt(first.access_token).sub).toBe(sub)
    expect((await app.introspect(first.access_token)).body.sub).toBe(sub)
    expect(await (await userinfo(t, bearer(first.access_token))).json()).toMatchObject({ sub })
  })

  test('a text that only names a token opens nothing, and ends nothing', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const { access_token } = (await app.exchange()).body
    const [head = '', body = '', signature = ''] = access_token.split('.')
    const part = (text: string) => Buffer.from(text).toString('base64url')
    const { jti } = decodeJwt(access_token)
    const texts = [
      `${head}.${body}.${signature.split('').reverse().join('')}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}.${part(JSON.stringify({ jti }))}.${signature}`,
      `.${body}.`,
      String(jti),
      ...['{', '[]', '{"jti":1}', '{"jti":""}', '{"jti":"x"}', '\u00ff'].map(
        (claims) => `${head}.${part(claims)}.x`,
      ),
      `${head}.!.${signature}`,
      '..',
    ]
    for (const token of texts) {
      expect([token, (await app.introspect(token)).body]).toEqual([token, { active: false }])
      expect([token, (await app.revoke(token)).status]).toEqual([token, 200])
    }
    expect((await app.introspect(access_token)).body.active).toBe(true)
  })

  test('an opaque token is as good as a signed one, and says nothing by itself', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { access_token_format: 'opaque' })
    const { access_token } = (await app.exchange()).body
    expect(access_token).toStartWith('a2t_')
    expect((await userinfo(t, bearer(access_token))).status).toBe(200)
    expect((await app.introspect(access_token)).body).toMatchObject({
      active: true,
      sub: app.person.user.id,
      aud: [t.deps.config.oidc.issuer],
    })
  })

  test('to another client a token is none, unless it is for a resource of its own (RFC 7662 §4)', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, SERVICE)
    const stranger = await application(t, { ...SERVICE, audiences: ['https://other.example.com'] })
    const resource = await application(t, SERVICE)
    const { access_token } = (await app.token({ grant_type: 'client_credentials' })).body
    expect((await stranger.introspect(access_token)).body).toEqual({ active: false })
    expect((await resource.introspect(access_token)).body).toMatchObject({ active: true, sub: app.client.id })
    const revoked = await stranger.revoke(access_token)
    expect([revoked.status, revoked.body.error]).toEqual([400, 'invalid_grant'])
    expect((await app.introspect(access_token)).body.active).toBe(true)
    t.clock.advance(3_600)
    expect((await app.introspect(access_token)).body).toEqual({ active: false })
  })

  test('revoking a refresh token ends what came of it; of what is unknown nothing is said', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const { access_token, refresh_token } = (await app.exchange()).body
    expect((await app.introspect(refresh_token)).body).toMatchObject({
      active: true,
      client_id: app.client.id,
    })
    expect((await app.revoke(refresh_token)).status).toBe(200)
    expect((await app.introspect(access_token)).body).toEqual({ active: false })
    expect((await app.introspect(refresh_token)).body).toEqual({ active: false })
    expect((await app.revoke(refresh_token)).status).toBe(200)
    expect((await app.revoke('whatever')).status).toBe(200)
  })

  test('what this server did not issue is nothing, whoever signed it', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const { access_token } = (await app.exchange()).body
    const claims = decodeJwt(access_token)
    const [header = '', payload = '', signature = ''] = access_token.split('.')
    const stranger = await generateKeyPair('ES256')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = (extra: object) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...extra })
        .sign(stranger.privateKey)
    const forged = [
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${header}.${encode({ ...claims, scope: 'openid admin:write' })}.${signature}`,
      `${access_token}=`,
      await signed({ kid: '../../etc/passwd' }),
      await signed({ jwk: await exportJWK(stranger.publicKey) }),
      await signed({ jku: 'https://attacker.example.com/keys' }),
    ]
    for (const token of forged) {
      expect((await userinfo(t, bearer(token))).status).toBe(401)
      expect((await app.introspect(token)).body).toEqual({ active: false })
    }
  })

  // Who verified a token by the published keys refused it, and this server went on with it.
  test('what a stolen key signed ends with that key, also what it signed last; refresh tokens go on', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t)
    const other = await application(t, { access_token_signing_alg: 'EdDSA' })
    const opaque = await application(t, { access_token_format: 'opaque' })
    const scope = ['openid', 'organizations:read']
    const first = (await app.exchange({ scope })).body
    const rest = await Promise.all([other, opaque].map(async (one) => (await one.exchange({ scope })).body))
    const isGood = async (one: typeof app, token: string): Promise<boolean[]> => [
      (await one.introspect(token)).body.active,
      (await userinfo(t, bearer(token))).status === 200,
      (await t.call('GET', '/users/me/organizations', { token })).status === 200,
    ]
    const origin = { actor: SYSTEM, log: silentLog }
    await t.deps.signingKeys.rotate(origin, { algorithm: 'ES256', isCompromised: true })
    t.clock.advance(14)
    const last = (await app.exchange({ scope })).body
    expect(await isGood(app, first.access_token)).toEqual([true, true, true])
    t.clock.advance(1)
    for (const token of [first.access_token, last.access_token]) {
      expect(await isGood(app, token)).toEqual([false, false, false])
    }
    expect(await isGood(other, rest[0].access_token)).toEqual([true, true, true])
    expect(await isGood(opaque, rest[1].access_token)).toEqual([true, true, true])
    const renewed = (await app.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token }))
      .body
    expect(await isGood(app, renewed.access_token)).toEqual([true, true, true])
    // Nor does it come back once nothing is left of the key.
    await rotateDueKeys({ ...t.deps, log: silentLog })
    expect(await isGood(app, first.access_token)).toEqual([false, false, false])
    expect(await isGood(app, renewed.access_token)).toEqual([true, true, true])
  })

  test('an ordinary rotation ends no token, not even of a retired key', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { ...SERVICE, access_token_lifetime: 86_400 })
    await t.deps.signingKeys.rotate({ actor: SYSTEM, log: silentLog })
    t.clock.advance(86_300)
    const { access_token } = (await app.token({ grant_type: 'client_credentials' })).body
    t.clock.advance(3_600)
    await rotateDueKeys({ ...t.deps, log: silentLog })
    expect((await app.introspect(access_token)).body.active).toBe(true)
  })

  describe('the REST API', () => {
    const SCOPE = ['openid', 'organizations:read']

    test('takes a token for it by scope, in the organization of its application only', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { access_token: token } = (await app.exchange({ scope: SCOPE })).body
      const { organizations } = (await t.call('GET', '/users/me/organizations', { token })).body.data
      expect(organizations.map(({ id }: { id: string }) => id)).toEqual([app.organization.id])
      expect((await t.call('GET', `/organizations/${app.organization.id}`, { token })).status).toBe(200)

      const { organization: other } = (
        await t.call('POST', '/organizations', { token: app.person.token, body: { name: 'Other' } })
      ).body.data
      expect((await t.call('GET', `/organizations/${other.id}`, { token })).status).toBe(404)
      const lacking = await t.call('GET', '/users/me', { token })
      expect([lacking.status, lacking.body.message]).toEqual([
        403,
        'This access token lacks the scope profile:read.',
      ])
      const made = await t.call('POST', '/users/me/api-keys', { token, body: { name: 'Key', scopes: [] } })
      expect([made.status, made.body.message]).toEqual([
        403,
        'An access token may not do this. Sign in instead.',
      ])
    })

    test('refuses one for something else, of a service, of a session that has ended, or revoked', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const service = await application(t, SERVICE)
      const path = `/organizations/${app.organization.id}`
      const statusOf = async (token: string) => (await t.call('GET', path, { token })).status
      const { access_token: forUserinfo } = (await app.exchange()).body
      expect(await statusOf(forUserinfo)).toBe(401)
      const { access_token: ofService } = (await service.token({ grant_type: 'client_credentials' })).body
      expect(await statusOf(ofService)).toBe(401)
      const { access_token: revoked } = (await app.exchange({ scope: SCOPE })).body
      expect(await statusOf(revoked)).toBe(200)
      await app.revoke(revoked)
      expect(await statusOf(revoked)).toBe(401)
      const { access_token: ended } = (await app.exchange({ scope: SCOPE })).body
      await t.write((ctx) => revokeSessions(ctx, { userId: app.person.user.id }))
      expect(await statusOf(ended)).toBe(401)
    })

    test('refuses one by cookie, and that of somebody suspended', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { access_token: token } = (await app.exchange({ scope: [...SCOPE, 'offline_access'] })).body
      const cookie = await t.call('GET', '/users/me/organizations', {
        headers: { cookie: `authy2_session=${token}` },
      })
      expect(cookie.status).toBe(401)
      await t.write(async ({ tx }) => {
        await tx.update(tx.t.user).set({ status: 'suspended' }).where(eq(tx.t.user.id, app.person.user.id))
      })
      expect((await t.call('GET', '/users/me/organizations', { token })).status).toBe(401)
    })

    test('takes one that is bound to a key with a fresh proof of it, and nothing less (RFC 9449 §7)', async () => {
      await using t = await testServer({ dialect })
      const app = await application(t)
      const { publicKey, privateKey } = await generateKeyPair('ES256')
      const jwk = await exportJWK(publicKey)
      const prove = (claims: Record<string, unknown>, jti: string) =>
        new SignJWT({ jti, iat: Math.floor(t.clock.now().getTime() / 1_000), ...claims })
          .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
          .sign(privateKey)
      const nonce = t.deps.dpopProofs.nonce()
      const issuer = t.deps.config.oidc.issuer
      const atToken = { htm: 'POST', htu: `${issuer}/oidc/token` }
      const asks = await app.exchange({ scope: SCOPE }, { dpop: await prove(atToken, 'a') })
      expect([asks.status, asks.body.error]).toEqual([400, 'use_dpop_nonce'])
      expect(asks.headers.get('dpop-nonce')).toBe(nonce)
      const issued = await app.exchange({ scope: SCOPE }, { dpop: await prove({ ...atToken, nonce }, 'b') })
      const token: string = issued.body.access_token
      expect(issued.body.token_type).toBe('DPoP')
      expect(decodeJwt(token).cnf).toEqual({ jkt: await calculateJwkThumbprint(jwk) })

      const path = '/users/me/organizations'
      const atApi = {
        htm: 'GET',
        htu: `${t.deps.config.publicUrl}/api/v1${path}`,
        ath: accessTokenHash(token),
      }
      const send = async (dpop: string | undefined, scheme = 'DPoP') =>
        (
          await t.call('GET', path, {
            headers: { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) },
          })
        ).status
      const proof = await prove(atApi, 'c')
      expect(await send(proof)).toBe(200)
      expect(await send(proof)).toBe(401) // replayed
      expect(await send(undefined)).toBe(401)
      expect(await send(await prove(atApi, 'd'), 'Bearer')).toBe(401)
      expect(await send(await prove({ ...atApi, ath: accessTokenHash('other') }, 'e'))).toBe(401)
      expect(await send(await prove({ ...atApi, htm: 'POST' }, 'f'))).toBe(401)
      t.clock.advance(61)
      expect(await send(await prove({ ...atApi, iat: 1_893_456_000 }, 'g'))).toBe(401)
    })
  })
})
