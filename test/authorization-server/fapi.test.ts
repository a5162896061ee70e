/** What a client of the FAPI 2.0 Security Profile is held to, whatever it registered or an administrator said. */
import { describe, expect, test } from 'bun:test'
import { and, eq } from 'drizzle-orm'
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { authorizationClient } from '../../src/authorization-server/authorization-client.ts'
import { readRequest } from '../../src/authorization-server/open-request.ts'
import type { NewClient, StoredClient } from '../../src/clients/index.ts'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import {
  isFapiClient,
  OAuthError,
  parseParameters,
  parseRegistration,
} from '../../src/protocol/oauth/index.ts'
import { clientCalls } from '../clients/requests.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, REDIRECT_URI } from './application.ts'
import { createProver } from './dpop-prover.ts'

const ORIGIN = { actor: SYSTEM, log: silentLog }

const keyPair = (algorithm = 'ES256') => generateKeyPair(algorithm, { extractable: true })
type Keys = Awaited<ReturnType<typeof keyPair>>

const profile = async ({ publicKey }: Keys): Promise<Partial<NewClient>> => ({
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [await exportJWK(publicKey)] },
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
})

async function setUp(t: TestServer, settings: Partial<NewClient> = {}, algorithm?: string) {
  const keys = await keyPair(algorithm)
  const app = await application(t, { ...(await profile(keys)), ...settings })
  const prove = createProver(t, await keyPair())
  const seconds = () => Math.floor(t.clock.now().getTime() / 1_000)
  const issuer = t.deps.config.oidc.issuer
  const assertion = () =>
    new SignJWT({ iss: app.client.id, sub: app.client.id, aud: issuer, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime(seconds() + 60)
      .sign(keys.privateKey)
  const token = async (parameters: Record<string, string>) =>
    app.token(
      {
        ...parameters,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(),
      },
      { dpop: await prove({ htm: 'POST', htu: `${issuer}/oidc/token`, nonce: t.deps.dpopProofs.nonce() }) },
    )
  return { ...app, keys, token, seconds, stored: { ...app.client, secrets: [] } as StoredClient }
}

const algorithmOf = (jwt: string) => decodeProtectedHeader(jwt).alg

describe.each(testDialects)('a client of the FAPI 2.0 Security Profile on $name', (dialect) => {
  test('uses PKCE with S256, whatever its settings say; others as they are set up (§5.3.2.2)', async () => {
    await using t = await testServer({ dialect })
    const lax = { pkce_required: false, pkce_plain_allowed: true }
    const ruled = ({ client }: Awaited<ReturnType<typeof application>>) => {
      const { requiresPkce, allowsPlainPkce } = authorizationClient({ ...client, secrets: [] }, t.deps.config)
      return { requiresPkce, allowsPlainPkce }
    }
    expect(ruled(await setUp(t, lax))).toEqual({ requiresPkce: true, allowsPlainPkce: false })
    expect(ruled(await application(t, lax))).toEqual({ requiresPkce: false, allowsPlainPkce: true })
  })

  test('has a minute for its codes, however long others have (§5.3.2.1)', async () => {
    await using t = await testServer({ dialect, env: { OIDC_AUTHORIZATION_CODE_LIFETIME: '10m' } })
    const fapi = await setUp(t)
    const other = await application(t)
    const codes = [await fapi.code(), await fapi.code(), await other.code()] as const
    const redeem = (app: Pick<typeof fapi, 'token'>, { code, verifier }: (typeof codes)[number]) =>
      app.token(exchangeOf(code, verifier))
    t.clock.advance(59)
    expect((await redeem(fapi, codes[0])).status).toBe(200)
    t.clock.advance(1)
    expect((await redeem(fapi, codes[1])).body.error).toBe('invalid_grant')
    expect((await redeem(other, codes[2])).status).toBe(200)
  })

  test('is given no JWT by RS256, also where that was registered before it was refused (§5.4.1)', async () => {
    await using t = await testServer({ dialect })
    const fapi = await setUp(t, { scope: 'openid' })
    await t.write(async ({ tx }) => {
      const { client } = tx.t
      const metadata = { ...fapi.client.metadata, id_token_signed_response_alg: 'RS256' as const }
      const isIt = and(eq(client.id, fapi.client.id), eq(client.accessTokenAlgorithm, 'ES256'))
      await tx.update(client).set({ metadata, accessTokenAlgorithm: 'RS256' }).where(isIt)
    })
    const { code, verifier } = await fapi.code({ scope: ['openid'] })
    const { body } = await fapi.token(exchangeOf(code, verifier))
    expect([algorithmOf(body.id_token), algorithmOf(body.access_token)]).toEqual(['ES256', 'ES256'])
    const other = (await (await application(t)).exchange()).body
    expect(algorithmOf(other.id_token)).toBe('RS256')
  })

  test.each([
    ['PS256', undefined],
    ['RS256', 'invalid_request_object'],
  ])('has a request object by %s: %s', async (alg, refusal) => {
    await using t = await testServer({ dialect })
    const parameters = { response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid' }
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }
    const ask = async (app: { stored: StoredClient; keys: Keys; seconds: () => number }) => {
      const { id } = app.stored
      const request = await new SignJWT({ ...parameters, ...challenge, client_id: id, iss: id })
        .setProtectedHeader({ alg })
        .setAudience(t.deps.config.oidc.issuer)
        .setExpirationTime(app.seconds() + 60)
        .sign(app.keys.privateKey)
      const form = parseParameters(new URLSearchParams({ client_id: id, request }).toString())
      return readRequest(t.deps, ORIGIN, { client: app.stored, parameters: form, isPushed: true }).then(
        () => undefined,
        (error: unknown) => (error instanceof OAuthError ? error.code : error),
      )
    }
    expect(await ask(await setUp(t, {}, alg))).toBe(refusal)
    expect(await ask(await setUp(t, { dpop_bound_access_tokens: false }, alg))).toBeUndefined()
  })

  test('cannot be set up for RS256, and has ES256 where nothing is said', async () => {
    await using t = await testServer({ dialect })
    const { call, create } = clientCalls(t, await foundTenant(t))
    const fapi = await profile(await keyPair())
    const made = (await create(fapi)).body.data.client
    expect(made.id_token_signed_response_alg).toBe('ES256')
    for (const member of ['id_token_signed_response_alg', 'userinfo_signed_response_alg']) {
      expect((await create({ ...fapi, [member]: 'RS256' })).status).toBe(400)
      expect((await create({ [member]: 'RS256' })).status).toBe(201)
    }
    const access = await create({ ...fapi, access_token_signing_alg: 'RS256' })
    expect(access.body.error.details.fields).toHaveProperty('access_token_signing_alg')
    const { client_id } = (await create()).body.data.client
    const { data } = (await call('PATCH', `/${client_id}`, fapi)).body
    expect(data.client.id_token_signed_response_alg).toBe('ES256')
  })
})

test('a registration says the same', async () => {
  const fapi = { redirect_uris: [REDIRECT_URI], ...(await profile(await keyPair())) }
  const registered = parseRegistration(fapi)
  expect([isFapiClient(registered), registered.id_token_signed_response_alg]).toEqual([true, 'ES256'])
  for (const member of ['token_endpoint_auth_signing_alg', 'request_object_signing_alg']) {
    expect(() => parseRegistration({ ...fapi, [member]: 'RS256' })).toThrow('FAPI')
    expect(parseRegistration({ ...fapi, [member]: 'PS256' })).toMatchObject({ [member]: 'PS256' })
  }
})
