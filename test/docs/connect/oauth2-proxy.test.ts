import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { systemRandom } from '../../../src/kernel/index.ts'
import { followGuide, type Guide } from './guide.ts'
import { type Replayed, signInLike } from './replay.ts'

const TIMEOUT_MS = 120_000
const NONCE = 'p3Jkq0s4uI7kKYwr3Z0rH2m7iS1cRrVgQm8aDDkXb9U'

interface Settings {
  readonly oidc_issuer_url: string
  readonly redirect_url: string
  readonly scope: string
  readonly code_challenge_method: string
  readonly oidc_groups_claim: string
  readonly allowed_groups: readonly string[]
}

let guide: Guide
let settings: Settings
let environment: string
let provider: Readonly<Record<string, string>>
let bob: Replayed
beforeAll(async () => {
  guide = await followGuide('docs/connect/oauth2-proxy.md')
  settings = Bun.TOML.parse(await guide.read('oauth2-proxy.cfg')) as Settings
  environment = await guide.read('oauth2-proxy.env')
  const discovery = await fetch(`${settings.oidc_issuer_url}/.well-known/openid-configuration`)
  provider = (await discovery.json()) as Record<string, string>
  bob = await signInLike(guide, {
    authorize: provider.authorization_endpoint ?? '',
    token: provider.token_endpoint ?? '',
    redirectUri: settings.redirect_url,
    parameters: {
      approval_prompt: 'force', // of Google's OAuth; nobody else knows it
      nonce: NONCE,
      scope: settings.scope,
      state: `${NONCE}:${encodeURIComponent('/releases?page=2')}`,
    },
    verifier: systemRandom.bytes(72).toBase64({ alphabet: 'base64url', omitPadding: true }),
    environment,
    variables: ['OAUTH2_PROXY_CLIENT_ID', 'OAUTH2_PROXY_CLIENT_SECRET'],
  })
}, TIMEOUT_MS)
afterAll(() => guide?.[Symbol.asyncDispose]())

test('oauth2-proxy finds itself the endpoints, and PKCE as it is told to use it', () => {
  expect(provider.issuer).toBe(settings.oidc_issuer_url)
  expect(provider.code_challenge_methods_supported).toContain(settings.code_challenge_method)
})

test('the ID token verifies, names a verified address and a department that may pass', async () => {
  const keys = createRemoteJWKSet(new URL(provider.jwks_uri ?? ''))
  const { payload } = await jwtVerify(bob.tokens.id_token ?? '', keys, {
    issuer: settings.oidc_issuer_url,
    audience: bob.id,
    algorithms: ['RS256'], // what it takes unless told otherwise
  })
  expect(payload).toMatchObject({ email: 'bob@acme-corp.com', email_verified: true, nonce: NONCE })
  expect(payload[settings.oidc_groups_claim]).toEqual([...settings.allowed_groups])
})

test('its tokens are renewed while the session lives', async () => {
  const response = await fetch(provider.token_endpoint ?? '', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${bob.id}:${bob.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: bob.tokens.refresh_token ?? '' }),
  })
  expect(await response.json()).toMatchObject({
    id_token: expect.any(String),
    refresh_token: expect.any(String),
  })
})

test('the key of its cookies is one that it takes: 32 bytes in Base64 for URLs', () => {
  const [, key = ''] = /^OAUTH2_PROXY_COOKIE_SECRET=(.+)$/m.exec(environment) ?? []
  expect(key).toMatch(/^[\w-]{43}=$/)
})
