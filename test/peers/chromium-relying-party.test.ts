/** Applications built on openid-client, and a person with a real browser on the hosted pages. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import type { Page } from 'playwright-core'
import { systemClock } from '../../src/kernel/index.ts'
import { PASSWORD, withPassword } from '../authentication/people.ts'
import { clientCalls } from '../clients/requests.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { type Chromium, startChromium, untilHeaded } from '../support/chromium.ts'
import { testDialects } from '../support/databases.ts'
import { findChromium } from '../support/find-chromium.ts'
import { serveWithPage } from './passkey-page.ts'
import {
  type Manner,
  type RelyingParty,
  type RelyingPartyClient,
  startRelyingParty,
} from './relying-party.ts'

const EMAIL = 'bob@acme-corp.com'
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

let chromium: Chromium
let application: RelyingParty
describe.skipIf(findChromium() === undefined)('an application, and a person with a browser', () => {
  beforeAll(async () => {
    chromium = await startChromium()
    application = startRelyingParty()
  }, 60_000)
  afterAll(async () => {
    await application[Symbol.asyncDispose]()
    await chromium[Symbol.asyncDispose]()
  })

  describe.each(testDialects)('on $name', (dialect) => {
    let served: Awaited<ReturnType<typeof serveWithPage>>
    beforeAll(async () => {
      served = await serveWithPage({
        dialect,
        clock: systemClock, // the application's is this machine's
        env: { OUTBOUND_ALLOW: '127.0.0.0/8,::1' },
      })
      await withPassword(served.t, { email: EMAIL, fullName: 'Bob Builder' })
    })
    afterAll(() => served[Symbol.asyncDispose]())

    const register = async (settings: object = {}) => {
      const tenant = await foundTenant(served.t)
      return clientCalls(served.t, tenant).make({
        client_name: 'Wiki',
        redirect_uris: [application.callback],
        post_logout_redirect_uris: [application.goodbye],
        scope: 'openid profile email offline_access',
        access: { members_only: false },
        ...settings,
      })
    }

    const withSecret = async (settings: object = {}, manner: Manner = {}) => {
      const { id, secret } = await register(settings)
      const client: RelyingPartyClient = { id, metadata: { client_secret: secret } }
      return application.configure(served.url, client, manner)
    }

    const withKey = async (settings: object = {}, manner: Manner = {}) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
      const { id } = await register({
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
        ...settings,
      })
      const authentication = oidc.PrivateKeyJwt({ key: privateKey, kid: 'one' })
      return application.configure(served.url, { id, authentication }, manner)
    }

    test.each<[string, boolean, () => ReturnType<typeof withSecret>]>([
      ['by a secret', true, () => withSecret()],
      ['by a secret, in a browser without scripts', false, () => withSecret()],
      ['by form_post', true, () => withSecret({}, { responseMode: 'form_post' })],
      [
        'by form_post, in a browser without scripts',
        false,
        () => withSecret({}, { responseMode: 'form_post' }),
      ],
      [
        'by a pushed request',
        true,
        () => withSecret({ require_pushed_authorization_requests: true }, { isPushed: true }),
      ],
      ['by a key of its own', true, () => withKey()],
      [
        'by a key, pushed, with DPoP',
        false,
        () => withKey({ dpop_bound_access_tokens: true }, { isPushed: true, hasDpop: true }),
      ],
      [
        'with PKCE alone',
        true,
        async () => {
          const { id } = await register({ token_endpoint_auth_method: 'none' })
          return application.configure(served.url, { id, authentication: oidc.None() })
        },
      ],
    ])('signs somebody in %s', async (_, javaScriptEnabled, configure) => {
      const { config, signedIn } = await configure()
      await using person = await openBrowser({ javaScriptEnabled })
      await signInAndAgree(person.page, javaScriptEnabled)
      const { tokens, dpop } = await signedIn
      const claims = tokens.claims()
      expect(claims).toMatchObject({ iss: served.url, amr: ['pwd'] })
      const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''))
      const { payload } = await jwtVerify(tokens.access_token, jwks, { issuer: served.url, typ: 'at+jwt' })
      expect(payload.sub).toBe(claims?.sub)
      const options = dpop && { DPoP: dpop }
      const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '', options)
      expect(userinfo).toMatchObject({ email: EMAIL, name: 'Bob Builder' })
      expect(person.complaints).toEqual([])
    })

    test('goes on without the person, and ends what it was given', async () => {
      const { config, signedIn } = await withSecret({}, { scope: 'openid offline_access' })
      await using person = await openBrowser()
      await signInAndAgree(person.page)
      const { tokens } = await signedIn
      const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
      expect(await oidc.tokenIntrospection(config, fresh.access_token)).toMatchObject({ active: true })
      await oidc.tokenRevocation(config, fresh.refresh_token ?? '')
      expect((await oidc.tokenIntrospection(config, fresh.access_token)).active).toBe(false)
      expect(oidc.refreshTokenGrant(config, fresh.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    })

    test('is told when the person does not agree', async () => {
      await withSecret()
      await using person = await openBrowser()
      await signIn(person.page)
      await person.page.click('button:has-text("Deny")')
      await person.page.waitForURL(`${application.callback}**`)
      await untilHeaded(person.page, 'Failed: access_denied')
    })

    test('signs the person out here, too, and every other application is told', async () => {
      await using notices = listenForLogout()
      const { config, signedIn } = await withSecret({ backchannel_logout_uri: notices.url })
      await using person = await openBrowser()
      await signInAndAgree(person.page)
      const { tokens } = await signedIn
      const address = oidc.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: application.goodbye,
      })
      await person.page.goto(address.href)
      await untilHeaded(person.page, 'Bye')
      expect(await sessionsOf(person.page)).toEqual([])
      await served.t.deps.outbox.runOnce()
      const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''))
      const [token = ''] = notices.tokens
      const { payload } = await jwtVerify(token, jwks, { issuer: served.url, typ: 'logout+jwt' })
      expect(payload).toMatchObject({ sid: tokens.claims()?.sid })
    })

    test('asks the person before it signs them out by a link', async () => {
      const { config, signedIn } = await withSecret()
      await using person = await openBrowser()
      await signInAndAgree(person.page)
      await signedIn
      const address = oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: application.goodbye })
      await person.page.goto(address.href)
      await untilHeaded(person.page, 'Sign out?')
      await person.page.click('button:has-text("Stay signed in")')
      await untilHeaded(person.page, 'You are signed in')
      await person.page.goto(address.href)
      await person.page.click('button:has-text("Sign out")')
      await person.page.waitForURL(application.goodbye)
      expect(await sessionsOf(person.page)).toEqual([])
    })

    test('runs on a device, which the person lets in from their browser', async () => {
      const { id, secret } = await register({ grant_types: ['authorization_code', DEVICE_GRANT] })
      const config = await oidc.discovery(new URL(served.url), id, { client_secret: secret }, undefined, {
        execute: [oidc.allowInsecureRequests],
      })
      const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid email' })
      await using person = await openBrowser({ javaScriptEnabled: false })
      const { page } = person
      await page.goto(device.verification_uri_complete ?? '')
      await fillIn(page)
      expect(await page.inputValue('#user_code')).toBe(device.user_code)
      await page.click('button:has-text("Go on")')
      expect(await page.textContent('.secret')).toBe(device.user_code)
      await page.click('button:has-text("Connect")')
      await untilHeaded(page, 'Connected')
      const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 })
      expect(tokens.claims()).toMatchObject({ iss: served.url })
    })

    const sessionsOf = async (page: Page) => {
      const cookies = await page.context().cookies(served.url)
      return cookies.filter(({ name }) => name === 'authy2_session')
    }
  })
})

/** A window of its own; what the browser complained about is kept: nothing that a page does may be against its own policy. */
async function openBrowser(options: { javaScriptEnabled?: boolean } = {}) {
  const context = await chromium.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

async function fillIn(page: Page): Promise<void> {
  await page.fill('#email', EMAIL)
  await page.fill('#password', PASSWORD)
  await page.click('button:has-text("Sign in")')
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${application.url}/login`)
  await fillIn(page)
}

async function signInAndAgree(page: Page, javaScriptEnabled = true): Promise<void> {
  await signIn(page)
  await page.click('button:has-text("Allow")')
  // Without scripts a form does not send itself; a link that is followed at once needs none.
  if (!javaScriptEnabled && (await page.locator('#hand-over').count()) > 0)
    await page.click('#hand-over button')
  await page.waitForURL('**/home')
  await untilHeaded(page, 'Home of the application')
}

function listenForLogout() {
  const tokens: string[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      tokens.push(new URLSearchParams(await request.text()).get('logout_token') ?? '')
      return new Response(null, { status: 200 })
    },
  })
  return {
    tokens,
    url: `http://127.0.0.1:${server.port}/signed-out`,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}
