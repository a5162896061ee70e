/**
 * The npm package oidc-provider in memory. As its documentation sets it up, save for what makes it do the same as
 * Authy2: refresh tokens for who may refresh, rotated at each use; JWT access tokens of services.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import Provider from 'oidc-provider'
import { MapAdapter } from './map-adapter.ts'

const port = Number(process.env.PEER_PORT)
const issuer = `http://127.0.0.1:${port}`
const redirectUri = 'https://wiki.example.com/callback'
const account = 'bench'
const scope = 'openid profile email'

const jwkOf = (privateKey: KeyObject, alg: string) => ({
  ...privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
})
const application = (algorithm: string) => ({
  client_id: algorithm,
  client_secret: 'bench-secret',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [redirectUri],
  id_token_signed_response_alg: algorithm,
})

const provider = new Provider(issuer, {
  adapter: MapAdapter,
  jwks: {
    keys: [
      jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256'),
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ES256'),
    ],
  },
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    application('RS256'),
    application('ES256'),
  ],
  scopes: ['openid', 'profile', 'email', 'reports:read'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false, // profile and email in the ID token, as there
  findAccount: (_: unknown, accountId: string) => ({
    accountId,
    claims: () => ({ sub: accountId, name: 'Bench Mark', email: 'bench@example.com', email_verified: true }),
  }),
  issueRefreshToken: (_: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
    client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: { AuthorizationCode: 600, Grant: 3600, AccessToken: 600, IdToken: 600, RefreshToken: 3600 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      // A person's tokens are for userinfo, and then they cannot be JWTs there.
      defaultResource: ({ oidc }: { oidc: { client: { clientId: string } } }) =>
        oidc.client.clientId === 'bench' ? 'https://reports.example.com' : undefined,
      getResourceServerInfo: () => ({
        scope: 'reports:read',
        audience: 'https://reports.example.com',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
})

/** `GET /codes?client=RS256&challenge=…&count=1000`: authorization codes, as if somebody had just agreed. */
provider.use(async (ctx, next) => {
  if (ctx.path !== '/codes') return next()
  const query = new URLSearchParams(ctx.querystring)
  const client = await provider.Client.find(query.get('client') ?? '')
  const codes: string[] = []
  while (codes.length < Number(query.get('count'))) {
    const grant = new provider.Grant({ accountId: account, clientId: query.get('client') })
    grant.addOIDCScope(scope)
    const code = new provider.AuthorizationCode({
      accountId: account,
      client,
      grantId: await grant.save(),
      redirectUri,
      scope,
      codeChallenge: query.get('challenge'),
      codeChallengeMethod: 'S256',
      authTime: Math.floor(Date.now() / 1000),
    })
    codes.push(await code.save())
  }
  ctx.body = JSON.stringify(codes)
})
provider.listen(port, '127.0.0.1')
