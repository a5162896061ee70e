import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { parseDotenv } from '../../../src/config/dotenv.ts'
import { type Chromium, startChromium } from '../../support/chromium.ts'
import { findChromium } from '../../support/find-chromium.ts'
import { freePort } from '../../support/programs.ts'
import { followGuide, type Guide } from './guide.ts'

const TIMEOUT_MS = 120_000
const port = freePort()
const home = `http://localhost:${port}/`

/** What Vite does with the folder. */
async function serve(guide: Guide) {
  const clientId = new Map(parseDotenv(await guide.read('.env')).values).get('VITE_CLIENT_ID')
  const { outputs } = await Bun.build({
    entrypoints: [join(guide.folder, 'index.html')],
    target: 'browser',
    define: { 'import.meta.env.VITE_CLIENT_ID': JSON.stringify(clientId) },
  })
  const files = new Map(outputs.map((file) => [file.path.replace(/^\.?\/?/, '/'), file]))
  return Bun.serve({
    hostname: '127.0.0.1',
    port,
    fetch: ({ url }) => {
      const { pathname } = new URL(url)
      const file = files.get(pathname === '/' ? '/index.html' : pathname)
      return file ? new Response(file) : new Response(null, { status: 404 })
    },
  })
}

describe.skipIf(findChromium() === undefined)('the application of the guide, in a real browser,', () => {
  let guide: Guide
  let site: Bun.Server<undefined>
  let chromium: Chromium
  beforeAll(async () => {
    guide = await followGuide('docs/connect/single-page.md', { replacing: { 5173: port } })
    site = await serve(guide)
    chromium = await startChromium()
  }, TIMEOUT_MS)
  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]()
    await site?.stop(true)
    await guide?.[Symbol.asyncDispose]()
  })

  async function opened(): Promise<Page & AsyncDisposable> {
    const context: BrowserContext = await chromium.open()
    const page = await context.newPage()
    await page.goto(home)
    return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() })
  }
  const said = async (page: Page, pattern: RegExp) => {
    const status = page.getByRole('status').filter({ hasText: pattern })
    await status.waitFor()
    return status.textContent()
  }

  test(
    'signs Bob in with a token of this browser, and out again',
    async () => {
      await using page = await opened()
      const schemes: string[] = []
      page.on('request', (request) => {
        if (request.url().endsWith('/oidc/userinfo') && request.method() === 'GET') {
          schemes.push(request.headers().authorization?.split(' ')[0] ?? '')
        }
      })
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.fill('[name=email]', 'bob@acme-corp.com')
      await page.fill('[name=password]', 'UserPass123!')
      await page.click('form:has([name=password]) button')
      await page.click('button[value=allow]')
      expect(await said(page, /Signed in/)).toBe('Signed in as Bob Builder <bob@acme-corp.com>')
      expect(page.url()).toBe(home)
      expect(schemes).toContain('DPoP')

      await page.getByRole('link', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForSelector('[name=password]')
    },
    TIMEOUT_MS,
  )

  test(
    'takes no answer that it did not ask for',
    async () => {
      await using page = await opened()
      await page.goto(`${home}?code=a2x_1&state=2`)
      await page.getByRole('button', { name: 'Sign in' }).waitFor()
      await page.evaluate(() => sessionStorage.setItem('sign-in', '{"verifier":"v","state":"mine"}'))
      await page.goto(`${home}?code=a2x_1&state=2`)
      expect(await said(page, /Not signed in/)).toContain('Not signed in')
    },
    TIMEOUT_MS,
  )

  test(
    'may not use the session of whoever looks at it',
    async () => {
      await using page = await opened()
      const answer = await page.evaluate(
        (api) => fetch(api, { credentials: 'include' }).then(String, () => 'refused'),
        `${guide.issuer}/api/v1/users/me`,
      )
      expect(answer).toBe('refused')
    },
    TIMEOUT_MS,
  )
})
