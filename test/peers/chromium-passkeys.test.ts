import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import {
  type Chromium,
  startChromium,
  type VirtualAuthenticatorOptions,
  virtualAuthenticators,
} from '../support/chromium.ts'
import { testDialects } from '../support/databases.ts'
import { findChromium } from '../support/find-chromium.ts'
import { freePort } from '../support/programs.ts'
import { callPage, servePage, serveWithPage, sessionOf } from './passkey-page.ts'

const EMAIL = 'alice@example.com'
const SECOND_FACTOR = 'mfa'

/** A phone or computer that knows its user. */
const PLATFORM: VirtualAuthenticatorOptions = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
}
const SYNCED = { ...PLATFORM, defaultBackupEligibility: true, defaultBackupState: true }
/** A key to plug in that is touched, and knows nobody. */
const PLAIN_KEY: VirtualAuthenticatorOptions = { protocol: 'ctap2', transport: 'usb' }
const KEY_WITH_PIN: VirtualAuthenticatorOptions = {
  ...PLAIN_KEY,
  hasUserVerification: true,
  isUserVerified: true,
}
const U2F_KEY: VirtualAuthenticatorOptions = { protocol: 'u2f', transport: 'usb' }

let chromium: Chromium
describe.skipIf(findChromium() === undefined)('in a real browser', () => {
  beforeAll(async () => {
    chromium = await startChromium()
  }, 60_000)
  afterAll(() => chromium[Symbol.asyncDispose]())

  /** A browser at the page of a server, where Alice has signed in with her password. */
  async function atThePage(served: Awaited<ReturnType<typeof serveWithPage>>, url = served.url) {
    await withPassword(served.t, { email: EMAIL })
    const context = await chromium.open()
    const page = await context.newPage()
    await page.goto(`${url}/page`)
    const authenticators = await virtualAuthenticators(page)
    await byPassword(page)
    return { page, authenticators, [Symbol.asyncDispose]: () => context.close() }
  }

  const byPassword = (page: Page) =>
    callPage(page, 'post', '/auth/login', { email: EMAIL, password: PASSWORD })
  const signOut = (page: Page) => callPage(page, 'post', '/auth/logout')

  describe.each(testDialects)('on $name', (dialect) => {
    test.each([
      ['a platform authenticator', PLATFORM, ['hwk', 'user'], [SECOND_FACTOR, 'email', 'nothing']],
      ['a synced passkey', SYNCED, ['swk', 'user'], [SECOND_FACTOR, 'email', 'nothing']],
      ['a security key with a PIN', KEY_WITH_PIN, ['hwk', 'user'], [SECOND_FACTOR, 'email']],
      ['a security key', PLAIN_KEY, ['hwk', 'user'], [SECOND_FACTOR]],
      ['a U2F key', U2F_KEY, ['hwk', 'user'], [SECOND_FACTOR]],
    ])(
      '%s registers, and signs in as far as it can',
      async (_, options, amr, ways) => {
        await using served = await serveWithPage({ dialect })
        const { t } = served
        await using browser = await atThePage(served)
        const { page, authenticators } = browser
        const authenticator = await authenticators.add(options)

        const registered = await callPage(page, 'register', 'Mine')
        expect(registered).toMatchObject({
          credential: {
            name: 'Mine',
            is_attested: false,
            is_discoverable: options.hasResidentKey ?? false,
            is_multi_device: options === SYNCED,
            is_backed_up: options === SYNCED,
            transports: expect.arrayContaining([options.transport]),
          },
        })
        expect(registered.backup_codes).toHaveLength(10)
        expect(await sessionOf(t, registered.token)).toMatchObject({
          amr: ['pwd', ...amr, 'mfa'],
          acr: 'urn:authy2:acr:phr',
        })
        const [held] = await authenticator.credentials()
        expect(held?.isResidentCredential).toBe(options.hasResidentKey ?? false)

        let token = ''
        for (const way of ways) {
          await signOut(page)
          const question = way === SECOND_FACTOR ? await byPassword(page) : {}
          if (way === SECOND_FACTOR) {
            expect(question).toMatchObject({
              mfa_required: true,
              requires_webauthn: true,
              methods: ['webauthn', 'backup_code'],
            })
          }
          const { mfa_token } = question
          const input = way === SECOND_FACTOR ? { mfa_token } : way === 'email' ? { email: EMAIL } : {}
          const signedIn = await callPage(page, 'signIn', input)
          expect(signedIn).toMatchObject({ mfa_required: false, user: { email: EMAIL } })
          token = signedIn.token
          expect(await sessionOf(t, token)).toMatchObject({
            amr: [...(way === SECOND_FACTOR ? ['pwd'] : []), ...amr, 'mfa'],
            acr: 'urn:authy2:acr:phr',
          })
        }
        const { body } = await t.call('GET', '/auth/webauthn/credentials', { token })
        expect(body.data.credentials[0].last_used_at).toBe(t.clock.now().toISOString())
      },
      60_000,
    )
  })

  test('who is not recognised by their passkey does not get in by it alone', async () => {
    await using served = await serveWithPage()
    await using browser = await atThePage(served)
    const { page, authenticators } = browser
    const authenticator = await authenticators.add(PLATFORM)
    await callPage(page, 'register', 'Mine')
    await signOut(page)
    await authenticator.setUserVerified(false)
    for (const input of [{}, { email: EMAIL }]) {
      expect(await callPage(page, 'signIn', input)).toMatchObject({ failed: 'NotAllowedError' })
    }
    await authenticator.setUserVerified(true)
    expect(await callPage(page, 'signIn', {})).toMatchObject({ mfa_required: false })
  }, 60_000)

  test('a passkey for an address that nobody has is one that no browser has', async () => {
    await using served = await serveWithPage()
    await using browser = await atThePage(served)
    const { page, authenticators } = browser
    await authenticators.add(PLATFORM)
    await callPage(page, 'register', 'Mine')
    await signOut(page)
    const refused = await callPage(page, 'signIn', { email: 'nobody@example.com' })
    expect(refused).toMatchObject({ failed: 'NotAllowedError' })
  }, 60_000)

  test('several keys are told apart, and one is not registered twice', async () => {
    await using served = await serveWithPage()
    await using browser = await atThePage(served)
    const { page, authenticators } = browser
    const first = await authenticators.add(U2F_KEY)
    await callPage(page, 'register', 'First')
    expect(await callPage(page, 'register', 'Again')).toMatchObject({ failed: 'InvalidStateError' })
    await first.remove()
    await authenticators.add(PLATFORM)
    const { credential } = await callPage(page, 'register', 'Second')
    expect(credential.name).toBe('Second')

    await signOut(page)
    const { mfa_token } = await byPassword(page)
    const { token } = await callPage(page, 'signIn', { mfa_token })
    const { credentials } = (await served.t.call('GET', '/auth/webauthn/credentials', { token })).body.data
    const used = credentials.map(({ name, last_used_at }: Record<string, unknown>) => [
      name,
      last_used_at !== null,
    ])
    expect(used).toEqual([
      ['First', false],
      ['Second', true],
    ])
  }, 60_000)

  test('a copy of a key is found out by its counter', async () => {
    await using served = await serveWithPage()
    await using browser = await atThePage(served)
    const { page, authenticators } = browser
    const authenticator = await authenticators.add(U2F_KEY)
    await callPage(page, 'register', 'Mine')
    const [copied] = await authenticator.credentials()
    if (!copied) throw new Error('Nothing was registered')
    const signIn = async () => {
      await signOut(page)
      const { mfa_token } = await byPassword(page)
      return callPage(page, 'signIn', { mfa_token })
    }
    expect(await signIn()).toMatchObject({ mfa_required: false })
    await authenticator.replace({ ...copied, rpId: 'localhost' })
    expect(await signIn()).toMatchObject({ failed: 'Error' })
    expect(await eventsOf(served.t, 'webauthn.sign_count_regression')).toHaveLength(1)
  }, 60_000)

  test.each([
    ['asks where it is allowed to', true],
    ['is refused elsewhere', false],
  ])(
    'a page of another origin %s',
    async (_, isAllowed) => {
      const origin = `http://localhost:${freePort()}`
      const env = { CORS_ORIGINS: origin, ...(isAllowed ? { WEBAUTHN_ORIGINS: origin } : {}) }
      await using served = await serveWithPage({ env })
      await using other = servePage(origin, served.url)
      await using browser = await atThePage(served, other.url)
      const { page, authenticators } = browser
      await authenticators.add(PLATFORM)
      expect(await callPage(page, 'register', 'Mine')).toMatchObject(
        isAllowed ? { credential: { name: 'Mine' } } : { failed: 'Error' },
      )
      expect(await eventsOf(served.t, 'webauthn.register_failed')).toHaveLength(isAllowed ? 0 : 1)
    },
    60_000,
  )
})
