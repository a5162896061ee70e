import { describe, expect, test } from 'bun:test'
import { LOCALES, type Page, pageHeaders, renderPage } from '../../src/pages/index.ts'
import { samples } from './samples.ts'

const NONCE = 'bm9uY2Utb2YtdGhlLXRlc3Q'
const render = (page: Page, locale: (typeof LOCALES)[number] = 'en'): string =>
  renderPage({
    page,
    locale,
    nonce: NONCE,
    branding: { service: 'auth.example.com' },
    csrf: 'the-csrf-token',
    interaction: 'the-interaction',
  })

/** The opening tags of a document, each with its attributes as they stand there. */
const tagsOf = (html: string): readonly string[] => html.match(/<[a-z][^>]*>/g) ?? []

describe.each(Object.keys(samples()))('the page %s', (name) => {
  const page = samples()[name] as Page

  test.each(LOCALES)('is a whole document in %s, with one main part and one heading', (locale) => {
    const html = render(page, locale)
    expect(html).toStartWith(`<!doctype html><html lang="${locale}">`)
    expect(html.match(/<main /g)).toHaveLength(1)
    expect(html.match(/<h1[ >]/g)).toHaveLength(1)
    expect(html).not.toContain('undefined')
    expect(html).not.toContain('[object')
  })

  test('needs nothing of the content policy but the nonce', () => {
    const tags = tagsOf(render(page))
    expect(tags.filter((tag) => /\s(?:on[a-z]+|style)=/.test(tag))).toEqual([])
    const active = tags.filter(
      (tag) => /^<(?:script|style)/.test(tag) && !/type="application\/json"/.test(tag),
    )
    expect(active.length).toBeGreaterThan(0)
    expect(active.filter((tag) => !tag.includes(`nonce="${NONCE}"`))).toEqual([])
  })

  test('has a form token in every form that comes back here, and keeps the interaction', () => {
    const forms = render(page).match(/<form[^>]*>[\s\S]*?<\/form>/g) ?? []
    for (const form of forms.filter((text) => !/^<form[^>]*action="https?:/.test(text))) {
      expect(form).toMatch(/^<form[^>]*method="post"/)
      expect(form).toContain('name="csrf" value="the-csrf-token"')
    }
  })

  test('has a label for every field that is seen', () => {
    const html = render(page)
    // A label may also hold its field.
    const fields = tagsOf(html.replaceAll(/<label[^>]*>[\s\S]*?<\/label>/g, '')).filter(
      (tag) => /^<(?:input|select|textarea)/.test(tag) && !/type="hidden"| hidden=""/.test(tag),
    )
    const ids = fields.map((tag) => / id="([^"]+)"/.exec(tag)?.[1] ?? tag)
    expect(ids.filter((id) => !html.includes(`for="${id}"`))).toEqual([])
  })

  test('shows what strangers say as text, whatever it is', () => {
    const hostile = samples((what) => `"><script>alert(1)</script><img src=x onerror=alert(1)>${what}`)
    const html = render(hostile[name] as Page)
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<img src=x')
  })
})

describe('what a page is sent with', () => {
  test('allows no frames, no base, and forms to this server only', () => {
    const policy = pageHeaders({ nonce: NONCE })['Content-Security-Policy'] ?? ''
    for (const directive of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ])
      expect(policy.split('; ')).toContain(directive)
    expect(policy).not.toContain('unsafe')
  })

  test('allows the redirect of an application, by its origin and nothing that it smuggles in', () => {
    const formActions = [
      'https://grafana.example.com/callback',
      'com.acme.mobile:/callback',
      "https://*.evil.example/'",
    ]
    const policy = pageHeaders({ nonce: NONCE, formActions })['Content-Security-Policy'] ?? ''
    expect(policy).toContain("form-action 'self' https://grafana.example.com com.acme.mobile: https:;")
  })

  test('refuses a nonce that is none', () => {
    for (const nonce of ['', 'short', "x'; script-src *; '"]) expect(() => pageHeaders({ nonce })).toThrow()
  })
})
