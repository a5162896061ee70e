import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { freePort } from '../../support/programs.ts'
import { followGuide, type Guide } from './guide.ts'
import { runExample } from './program.ts'

const TIMEOUT_MS = 120_000

const port = freePort()

let guide: Guide
beforeAll(async () => {
  guide = await followGuide('README.md', { replacing: { 3000: port } })
}, TIMEOUT_MS)
afterAll(() => guide?.[Symbol.asyncDispose]())

test(
  'the portal of the README signs Bob in on the hosted pages',
  async () => {
    await using portal = runExample(guide, 'portal.ts')
    await portal.says(/^Open /)
    const application = `http://localhost:${port}`

    const answer = await guide.bob(application).signIn(application)
    expect(answer.url.pathname).toBe('/auth/callback')
    expect(JSON.parse(answer.text)).toMatchObject({
      iss: guide.issuer,
      aud: 'acme-portal-001',
      name: 'Bob Builder',
      email: 'bob@acme-corp.com',
      email_verified: true,
      roles: expect.arrayContaining(['acme-corp:member']),
      amr: ['pwd'],
    })

    const forged = await guide.bob(application).open(answer.url)
    expect([forged.status, forged.text]).toEqual([400, 'The sign-in failed'])
  },
  TIMEOUT_MS,
)

test(
  'what openid-client gets by issuer, id and secret alone verifies against the published keys',
  async () => {
    const config = await oidc.discovery(
      new URL(guide.issuer),
      'acme-portal-001',
      'acme_secret_portal_2024',
      undefined,
      { execute: [oidc.allowInsecureRequests] },
    )
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    const expectedState = oidc.randomState()
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: 'http://localhost:3000/auth/callback',
      scope: 'openid profile email offline_access',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    })
    const { url: answer } = await guide.bob().signIn(url)
    const tokens = await oidc.authorizationCodeGrant(config, answer, { pkceCodeVerifier, expectedState })

    const { jwks_uri = '' } = config.serverMetadata()
    const keys = createRemoteJWKSet(new URL(jwks_uri))
    const { issuer } = guide
    const idToken = await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: 'acme-portal-001' })
    expect([idToken.protectedHeader.alg, idToken.payload.email]).toEqual(['RS256', 'bob@acme-corp.com'])
    const access = await jwtVerify(tokens.access_token, keys, { issuer, audience: issuer, typ: 'at+jwt' })
    expect(access.protectedHeader.alg).toBe('ES256')
    expect(access.payload).toMatchObject({ sub: idToken.payload.sub ?? '', client_id: 'acme-portal-001' })

    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
    await jwtVerify(renewed.access_token, keys, { issuer, audience: issuer, typ: 'at+jwt' })
  },
  TIMEOUT_MS,
)
