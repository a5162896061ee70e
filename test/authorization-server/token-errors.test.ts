/** Every refusal has the code, the status and the channel that its standard says. */
import { describe, expect, spyOn, test } from 'bun:test'
import { decodeJwt, generateKeyPair, SignJWT } from 'jose'
import { unavailable } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, post, SERVICE } from './application.ts'

const SERVICE_GRANT = { grant_type: 'client_credentials' }
const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })

describe.each(testDialects)('on $name', (dialect) => {
  test('one that tried by header is challenged by header (RFC 6749 §5.2)', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, SERVICE)
    const answer = await post(t, '/oidc/token', SERVICE_GRANT, basic(app.client.id, 'wrong'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="OAuth"')
  })

  test('a client is let in by the method that it registered and no other', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { ...SERVICE, token_endpoint_auth_method: 'client_secret_post' })
    expect((await app.token(SERVICE_GRANT)).status).toBe(200)
    const answer = await post(t, '/oidc/token', SERVICE_GRANT, basic(app.client.id, app.secret))
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
  })

  test('a public client introspects nothing', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { token_endpoint_auth_method: 'none' })
    const { access_token } = (await app.exchange()).body
    const answer = await app.introspect(access_token)
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
    expect(answer.headers.get('www-authenticate')).toBeNull()
    const parameters = { token: access_token }
    const byHeader = await post(t, '/oidc/introspect', parameters, basic(app.client.id, ''))
    expect([byHeader.status, byHeader.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="OAuth"'])
  })

  test('a service without scopes has a token without any, and is told of none (RFC 6749 §3.3)', async () => {
    await using t = await testServer({ dialect })
    const app = await application(t, { ...SERVICE, scope: 'openid' })
    const { status, body } = await app.token(SERVICE_GRANT)
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('scope')
    expect(decodeJwt(body.access_token)).not.toHaveProperty('scope')
    const { body: told } = await app.introspect(body.access_token)
    expect([told.active, 'scope' in told]).toEqual([true, false])
  })

  test('no token is issued that would be too long to be accepted', async () => {
    await using t = await testServer({ dialect })
    const scopes = Array.from({ length: 16 }, (_, number) => `${number}${'s'.repeat(240)}`)
    const audiences = ['a', 'b'].map((letter) => `https://reports.example.com/${letter.repeat(1_400)}`)
    const app = await application(t, { ...SERVICE, scope: scopes.join(' '), audiences })
    const ask = (scope: string) => {
      const form = new URLSearchParams({ ...app.credentials, ...SERVICE_GRANT, scope })
      for (const resource of audiences) form.append('resource', resource)
      return post(t, '/oidc/token', form.toString())
    }
    const refused = await ask(scopes.join(' '))
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_target'])
    const { body } = await ask(scopes.slice(0, 4).join(' '))
    expect((await app.introspect(body.access_token)).body.active).toBe(true)
  })

  describe('an assertion', () => {
    const assertion = async (claims: Record<string, unknown>, key: CryptoKey | Uint8Array, alg = 'ES256') =>
      new SignJWT(claims).setProtectedHeader({ alg }).sign(key)

    async function place(t: TestServer) {
      const { publicKey, privateKey } = await generateKeyPair('ES256')
      const jwk = await crypto.subtle.exportKey('jwk', publicKey)
      const app = await application(t, {
        ...SERVICE,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...jwk }] },
      })
      const now = Math.floor(t.clock.now().getTime() / 1_000)
      const claims = {
        iss: app.client.id,
        sub: app.client.id,
        aud: t.deps.config.oidc.issuer,
        jti: 'one',
        iat: now,
        exp: now + 60,
      }
      const send = (jwt: string) =>
        post(t, '/oidc/token', {
          ...SERVICE_GRANT,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: jwt,
        })
      return { privateKey, claims, send, jwk }
    }

    test('authenticates once (RFC 7523 §3)', async () => {
      await using t = await testServer({ dialect })
      const { privateKey, claims, send } = await place(t)
      const jwt = await assertion(claims, privateKey)
      const answers = await Promise.all(Array.from({ length: 8 }, () => send(jwt)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    })

    test('of another key, audience, time or algorithm is refused', async () => {
      await using t = await testServer({ dialect })
      const { privateKey, claims, send, jwk } = await place(t)
      const stranger = await generateKeyPair('ES256')
      const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
      const wrong = [
        await assertion(claims, stranger.privateKey),
        await assertion({ ...claims, aud: 'https://other.example.com' }, privateKey),
        await assertion({ ...claims, aud: [claims.aud, 'https://other.example.com'] }, privateKey),
        await assertion({ ...claims, exp: claims.iat - 60 }, privateKey),
        await assertion({ ...claims, exp: claims.iat + 90_000 }, privateKey),
        await assertion({ ...claims, iss: 'other' }, privateKey),
        // The public key taken for a shared secret.
        await assertion(claims, new TextEncoder().encode(JSON.stringify(jwk)), 'HS256'),
        unsigned,
      ]
      for (const jwt of wrong) {
        const { status, body } = await send(jwt)
        expect([status, body.error]).toEqual([401, 'invalid_client'])
      }
      expect((await send(await assertion(claims, privateKey))).status).toBe(200)
    })
  })

  // Pages and key sets were among what one could be for: nobody authenticates there.
  test.each([
    ['/oidc/token', 200, 200],
    ['/oidc/introspect', 401, 200],
    ['/oidc/revoke', 401, 401],
    ['/oidc/jwks', 401, 401],
    ['/device', 401, 401],
    ['/login', 401, 401],
  ])(
    'an assertion for %s answers %i at the token endpoint, %i at introspection',
    async (path, atToken, atIntrospection) => {
      await using t = await testServer({ dialect })
      const app = await application(t, { ...SERVICE, token_endpoint_auth_method: 'client_secret_jwt' })
      const { issuer } = t.deps.config.oidc
      const proof = async () => ({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT({ iss: app.client.id, sub: app.client.id, aud: issuer + path })
          .setProtectedHeader({ alg: 'HS512' })
          .setJti(crypto.randomUUID())
          .setExpirationTime(Math.floor(t.clock.now().getTime() / 1_000) + 60)
          .sign(new TextEncoder().encode(app.secret)),
      })
      const token = await post(t, '/oidc/token', { ...SERVICE_GRANT, ...(await proof()) })
      const introspection = await post(t, '/oidc/introspect', { token: 'x', ...(await proof()) })
      expect([token.status, introspection.status]).toEqual([atToken, atIntrospection])
    },
  )

  test('a client has its limit, and one that is not let in its address', async () => {
    await using t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', RATELIMIT_OIDC_TOKEN: '2/1m' },
    })
    const app = await application(t, SERVICE)
    const other = await application(t, SERVICE)
    for (let count = 0; count < 2; count++) expect((await app.token(SERVICE_GRANT)).status).toBe(200)
    const refused = await app.token(SERVICE_GRANT)
    expect([refused.status, refused.body.error]).toEqual([429, 'temporarily_unavailable'])
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect((await other.token(SERVICE_GRANT)).status).toBe(200)

    const guess = () => other.token({ ...SERVICE_GRANT, client_secret: 'wrong' })
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([401, 401, 429])
    expect((await other.token(SERVICE_GRANT)).status).toBe(200)
  })

  test('a store that is away is temporarily_unavailable, and a fault server_error that says nothing', async () => {
    await using t = await testServer({ dialect })
    const find = spyOn(t.deps.clients, 'find')
    const asked = { ...SERVICE_GRANT, client_id: 'x', client_secret: 'y' }
    find.mockRejectedValueOnce(unavailable('The database is away.', 5))
    const later = await post(t, '/oidc/token', asked)
    expect([later.status, later.body.error, later.headers.get('retry-after')]).toEqual([
      503,
      'temporarily_unavailable',
      '5',
    ])
    find.mockRejectedValueOnce(new Error('secret detail'))
    const fault = await post(t, '/oidc/token', asked)
    expect([fault.status, fault.body.error]).toEqual([500, 'server_error'])
    expect(JSON.stringify(fault.body)).not.toContain('secret detail')
  })
})
