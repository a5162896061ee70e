/** The endpoints as a certified client library sees them, which was written by somebody else. */
import { describe, expect, test } from 'bun:test'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, REDIRECT_URI, SERVICE } from './application.ts'

/** The library signs assertions and proofs by the real time. */
const now = () => new Date().toISOString()

async function discover(t: TestServer) {
  const options = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, init: RequestInit) => t.app.handle(new Request(url, init)),
  }
  const issuer = new URL(t.deps.config.oidc.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  const response = await t.app.handle(new Request(as.jwks_uri ?? ''))
  const jwks = (await response.json()) as JSONWebKeySet
  return { as, options, keys: createLocalJWKSet(jwks) }
}

describe.each(testDialects)('on $name', (dialect) => {
  test.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'] as const)(
    'a service gets a token by %s, and introspects and revokes it',
    async (method) => {
      await using t = await testServer({ dialect, now: now() })
      const { publicKey, privateKey } = await generateKeyPair('ES256')
      const keys =
        method === 'private_key_jwt' ? { jwks: { keys: [{ ...(await exportJWK(publicKey)) }] } } : {}
      const app = await application(t, { ...SERVICE, ...keys, token_endpoint_auth_method: method })
      const { as, options, keys: published } = await discover(t)
      const client: oauth.Client = { client_id: app.client.id }
      const by = {
        client_secret_basic: () => oauth.ClientSecretBasic(app.secret),
        client_secret_post: () => oauth.ClientSecretPost(app.secret),
        client_secret_jwt: () => oauth.ClientSecretJwt(app.secret),
        private_key_jwt: () => oauth.PrivateKeyJwt(privateKey),
      }[method]()

      const { access_token } = await oauth.processClientCredentialsResponse(
        as,
        client,
        await oauth.clientCredentialsGrantRequest(as, client, by, { scope: 'reports:read' }, options),
      )
      const { payload, protectedHeader } = await jwtVerify(access_token, published, {
        typ: 'at+jwt',
        issuer: as.issuer,
        audience: 'https://reports.example.com',
      })
      expect(protectedHeader.alg).toBe('ES256')
      expect(payload).toMatchObject({ sub: app.client.id, client_id: app.client.id, scope: 'reports:read' })

      const ask = async () =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, by, access_token, options),
        )
      expect(await ask()).toMatchObject({ active: true, jti: payload.jti, scope: 'reports:read' })
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, by, access_token, options),
      )
      expect(await ask()).toEqual({ active: false })
    },
  )

  test('a person signs in by code, asks who they are, and refreshes', async () => {
    await using t = await testServer({ dialect, now: now() })
    const app = await application(t)
    const { as, options, keys } = await discover(t)
    const client: oauth.Client = { client_id: app.client.id }
    const by = oauth.ClientSecretBasic(app.secret)
    const { code, verifier } = await app.code({
      nonce: 'n-0S6',
      scope: ['openid', 'profile', 'email', 'offline_access'],
    })
    const callback = oauth.validateAuthResponse(
      as,
      client,
      new URLSearchParams({ code, state: 's', iss: as.issuer }),
      's',
    )
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      by,
      callback,
      REDIRECT_URI,
      verifier,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: 'n-0S6',
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(as, response, options)
    const { payload } = await jwtVerify(tokens.id_token ?? '', keys, {
      issuer: as.issuer,
      audience: app.client.id,
    })
    expect(payload).toMatchObject({
      sub: app.person.user.id,
      sid: app.person.sessionId,
      email: app.person.user.email,
      email_verified: true,
      acr: 'urn:authy2:acr:1fa',
      amr: ['pwd'],
      nonce: 'n-0S6',
    })

    const info = await oauth.processUserInfoResponse(
      as,
      client,
      app.person.user.id,
      await oauth.userInfoRequest(as, client, tokens.access_token, options),
    )
    expect(info.email).toBe(app.person.user.email)

    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, by, tokens.refresh_token ?? '', options),
    )
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    const again = await jwtVerify(refreshed.id_token ?? '', keys)
    expect(again.payload.nonce).toBeUndefined()
    expect(again.payload.auth_time).toBe(payload.auth_time)
  })

  test('a public client binds its tokens to a key, after it was told a nonce', async () => {
    await using t = await testServer({ dialect, now: now() })
    const app = await application(t, { token_endpoint_auth_method: 'none' })
    const { as, options } = await discover(t)
    const client: oauth.Client = { client_id: app.client.id }
    const keyPair = await oauth.generateKeyPair('ES256')
    const DPoP = oauth.DPoP(client, keyPair)
    const { code, verifier } = await app.code()
    const callback = oauth.validateAuthResponse(as, client, new URLSearchParams({ code, iss: as.issuer }))
    const exchange = async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          oauth.None(),
          callback,
          REDIRECT_URI,
          verifier,
          {
            ...options,
            DPoP,
          },
        ),
      )
    const refusal = await exchange().catch((error: unknown) => error)
    expect(oauth.isDPoPNonceError(refusal)).toBe(true)
    const tokens = await exchange()
    expect(tokens.token_type).toBe('dpop')

    const withProof = await oauth.userInfoRequest(as, client, tokens.access_token, { ...options, DPoP })
    expect((await oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, withProof)).sub).toBe(
      app.person.user.id,
    )
    const stolen = await oauth.userInfoRequest(as, client, tokens.access_token, options)
    expect(stolen.status).toBe(401)

    const refresh = (proof: oauth.DPoPHandle | undefined) =>
      oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', {
        ...options,
        ...(proof ? { DPoP: proof } : {}),
      })
    expect((await refresh(undefined)).status).toBe(400)
    expect((await refresh(DPoP)).status).toBe(200)
  })
})
