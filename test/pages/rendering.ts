import type { Locale } from '../../src/pages/locale.ts'
import { type Page, renderPage } from '../../src/pages/render-page.tsx'
import { type PageDocument, parsePage } from './document.ts'

export const NONCE = 'bm9uY2Utb2YtdGhlLXRlc3Q'
export const CSRF = 'the-csrf-token'
export const INTERACTION = 'the-interaction'

type Rendering = Partial<Omit<Parameters<typeof renderPage>[0], 'page'>>

/** The page as it is sent. */
export const renderSample = (page: Page, rendering: Rendering = {}): string =>
  renderPage({
    locale: 'en',
    nonce: NONCE,
    branding: { service: 'id.example.com' },
    csrf: CSRF,
    going: { interaction: INTERACTION },
    ...rendering,
    page,
  })

export const parseSample = (page: Page, rendering?: Rendering): PageDocument =>
  parsePage(renderSample(page, rendering))

/** The words that pages are tried in, each with its locale. */
export const localesOf = (pages: Readonly<Record<string, Page>>, locales: readonly Locale[]) =>
  Object.entries(pages).flatMap(([name, page]) => locales.map((locale) => [name, locale, page] as const))
