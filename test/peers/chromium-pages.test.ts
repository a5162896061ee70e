/** Whether everybody can use the hosted pages, and what only a real browser does with them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import AxeBuilder from '@axe-core/playwright'
import type { BrowserContextOptions, ConsoleMessage, Page } from 'playwright-core'
import { CLIENT_SCRIPTS } from '../../src/pages/client-scripts.ts'
import { pageHeaders } from '../../src/pages/headers.ts'
import { LOCALES } from '../../src/pages/locale.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { NONCE, renderSample } from '../pages/rendering.ts'
import { sample, samples } from '../pages/samples.ts'
import { type Chromium, startChromium, untilHeaded, virtualAuthenticators } from '../support/chromium.ts'
import { findChromium } from '../support/find-chromium.ts'
import { serveWithPage } from './passkey-page.ts'

const EMAIL = 'bob@acme-corp.com'
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'
const PHONE = { width: 390, height: 844 }
/** Longer than between the two presses of somebody who is used to pressing twice. */
const SLOW_MILLISECONDS = 500
const DESK = { width: 1280, height: 900 }

let chromium: Chromium
describe.skipIf(findChromium() === undefined)('the pages in a real browser', () => {
  beforeAll(async () => {
    chromium = await startChromium()
  }, 60_000)
  afterAll(() => chromium[Symbol.asyncDispose]())

  describe('every page', () => {
    /** Each sample at an address of its own, sent as the server sends it. */
    let server: ReturnType<typeof Bun.serve>
    const forms: string[] = []
    let light: Page
    let dark: Page
    beforeAll(async () => {
      server = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        async fetch(request) {
          const { pathname, searchParams } = new URL(request.url)
          if (request.method === 'POST') {
            forms.push(pathname)
            await Bun.sleep(SLOW_MILLISECONDS)
            return new Response(renderSample(sample('email-verified')), {
              headers: pageHeaders({ nonce: NONCE }),
            })
          }
          const script = CLIENT_SCRIPTS.find(({ path }) => path === pathname)
          if (script) return new Response(script.source, { headers: { 'content-type': script.type } })
          const page = samples()[pathname.slice(1)]
          if (!page) return new Response(null, { status: 404 })
          const locale = LOCALES.find((known) => known === searchParams.get('locale')) ?? 'en'
          return new Response(renderSample(page, { locale }), { headers: pageHeaders({ nonce: NONCE }) })
        },
      })
      light = await window({ colorScheme: 'light', viewport: DESK })
      dark = await window({ colorScheme: 'dark', viewport: PHONE })
    })
    afterAll(() => server.stop(true))

    const window = async (options: BrowserContextOptions) => {
      const page = await (await chromium.open(options)).newPage()
      // Pictures of strangers: whether they are there is none of our business.
      await page.route(/^https:/, (route) => route.fulfill({ contentType: 'image/svg+xml', body: PICTURE }))
      return page
    }
    const address = (name: string, locale = 'en') => `${server.url.origin}/${name}?locale=${locale}`
    // Those that hand over leave at once.
    const names = Object.keys(samples()).filter((name) => !name.startsWith('hand-over'))

    test.each(names)(
      '%s has nothing serious against it, on a desk in light and on a phone in dark',
      async (name) => {
        for (const page of [light, dark]) {
          const complaints: string[] = []
          const listen = (message: ConsoleMessage) => {
            if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
          }
          page.on('console', listen)
          await page.goto(address(name))
          const { violations } = await new AxeBuilder({ page })
            .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
            .analyze()
          const found = violations.map(({ id, nodes }) => [id, nodes[0]?.html])
          expect(found).toEqual([])
          page.off('console', listen)
          expect(complaints).toEqual([])
        }
      },
    )

    test.each(LOCALES)('is as wide as the window, down to 320 pixels, in %s', async (locale) => {
      for (const width of [320, 390, 768]) {
        await dark.setViewportSize({ width, height: 800 })
        for (const name of names) {
          await dark.goto(address(name, locale))
          const overflow = await dark.evaluate('document.documentElement.scrollWidth - innerWidth')
          expect([name, width, overflow]).toEqual([name, width, 0])
        }
      }
      await dark.setViewportSize(PHONE)
    })

    test('shows where the keyboard is, on everything that it reaches', async () => {
      await light.goto(address('sign-in'))
      const reached: string[] = []
      for (let step = 0; step < 12; step++) {
        await light.keyboard.press('Tab')
        const outline = await light.evaluate(
          'document.activeElement === document.body ? "" : document.activeElement.tagName + " " + getComputedStyle(document.activeElement).outlineStyle',
        )
        if (typeof outline === 'string' && outline !== '') reached.push(outline)
      }
      expect(reached.length).toBeGreaterThan(4)
      expect(reached.filter((outline) => !outline.endsWith('solid'))).toEqual([])
    })

    test('sends a form once, whatever is pressed while the answer is on its way, and again when gone back to', async () => {
      for (const visit of [1, 2]) {
        if (visit === 1) await light.goto(address('verify-email'))
        else await light.goBack()
        const button = light.getByRole('button', { name: 'Confirm this address' })
        await button.dblclick({ delay: 50 })
        await untilHeaded(light, 'Your address is confirmed')
        expect(forms).toHaveLength(visit)
      }
    })

    test('moves nothing while it loads', async () => {
      await light.goto(address('sign-in'))
      const shift = await light.evaluate(
        `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().length)).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => done(0), 200))`,
      )
      expect(shift).toBe(0)
    })
  })

  describe('a passkey', () => {
    const PLATFORM = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const

    async function arrive() {
      const served = await serveWithPage()
      await withPassword(served.t, { email: EMAIL })
      const context = await chromium.open()
      const page = await context.newPage()
      await page.goto(`${served.url}/login`)
      return {
        ...served,
        page,
        [Symbol.asyncDispose]: async () => {
          await context.close()
          await served[Symbol.asyncDispose]()
        },
      }
    }

    const byPassword = async (page: Page) => {
      await page.fill('#email', EMAIL)
      await page.fill('#password', PASSWORD)
      await page.click('button:has-text("Sign in"):not(:has-text("passkey"))')
    }

    test('is set up, signs in by itself from what the browser offers, and proves a second factor', async () => {
      await using here = await arrive()
      const { page, url, t } = here
      const authenticators = await virtualAuthenticators(page)
      await byPassword(page)
      await page.click('text=Set up a second factor')
      const authenticator = await authenticators.add(PLATFORM)
      await page.click('text=Set up a passkey')
      await untilHeaded(page, 'Keep these backup codes')
      await page.click('text=I have kept them, go on')

      await page.click('text=Sign out')
      await page.click('button:has-text("Sign out")')
      await page.waitForSelector('text=You are signed out')
      // Nobody presses anything: the browser offers it among what it fills in, and the person takes it.
      await page.goto(`${url}/login`)
      await page.waitForURL(`${url}/`)
      expect((await eventsOf(t, 'user.login')).at(-1)?.details).toMatchObject({ method: 'passkey' })
      expect(await authenticator.credentials()).toHaveLength(1)
    })

    test('that is not recognised leaves the other ways open', async () => {
      await using here = await arrive()
      const { page } = here
      const authenticators = await virtualAuthenticators(page)
      await authenticators.add({ ...PLATFORM, isUserVerified: false })
      await page.click('text=Sign in with a passkey')
      await page.waitForSelector('text=That did not work, or it was cancelled.')
      await byPassword(page)
      await page.waitForSelector('text=You are signed in')
    })

    test('is not offered where there are no scripts, and nothing else is missing', async () => {
      await using served = await serveWithPage()
      await withPassword(served.t, { email: EMAIL })
      const context = await chromium.open({ javaScriptEnabled: false })
      const page = await context.newPage()
      await page.goto(`${served.url}/login`)
      expect(await page.isVisible('text=Sign in with a passkey')).toBe(false)
      await byPassword(page)
      await page.waitForSelector('text=You are signed in')
      await page.goto(`${served.url}/enrol`)
      expect(await page.isVisible('text=Set up a passkey')).toBe(false)
      expect(await page.isVisible('svg.qr')).toBe(true)
      await context.close()
    })
  })
})
