/** What strangers choose (names, addresses, links) is shown as text, or not at all. */
import { describe, expect, test } from 'bun:test'
import { pageHeaders } from '../../src/pages/headers.ts'
import { shown } from '../../src/pages/parts/shown.ts'
import type { Page } from '../../src/pages/render-page.tsx'
import type { PageDocument } from './document.ts'
import { NONCE, parseSample, renderSample } from './rendering.ts'
import { sample, samples, type Words } from './samples.ts'

const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['a script', '<script>alert(1)</script>'],
  ['an end of an attribute', '"><img src=x onerror=alert(1)>'],
  ['an end of another attribute', "' onfocus='alert(1)' autofocus='"],
  ['an end of the style sheet', '</style><script>alert(1)</script>'],
  ['an end of the title', '</title><script>alert(1)</script>'],
  ['an end of everything', '--></noscript></form></body></html><h1>'],
  ['entities', '&lt;script&gt;&#60;script&#62;&amp;'],
  ['a script as an address', 'javascript:alert(1)//'],
  ['a direction override', '\u202egro.live@\u202d\u2066\u200f'],
  ['control characters', '\u0000\u0007\u001b[31m\r\n\t'],
  ['half a character', '\ud800'],
  ['marks on marks', `Z${'\u0335\u0489\u0300'.repeat(200)}`],
  ['nothing to see', '\u200b\u2060\ufeff\u00ad\u{e0041}'],
  ['right to left', 'שלום עולם'],
  ['ten thousand letters', 'A'.repeat(10_000)],
  ['placeholders', '{{constructor}} {alert(1)} $& %s'],
]

/** Tags and names of attributes, in order: what a browser makes of a page but for its words. */
const shapeOf = ({ elements }: PageDocument) =>
  elements.map(({ tag, attributes, within }) => [within.length, tag, ...attributes.keys()].join(' '))

describe.each(HOSTILE)('%s', (_, hostile) => {
  const words: Words = (what) => hostile + what

  test.each(Object.entries(samples()))('changes nothing of the page %s but its words', (name, harmless) => {
    const page = sample(name, words)
    const document = parseSample(page, {
      branding: { service: 'id.example.com', organization: { name: hostile } },
    })
    const expected = parseSample(harmless, {
      branding: { service: 'id.example.com', organization: { name: 'Acme' } },
    })
    expect(shapeOf(document)).toEqual(shapeOf(expected))
    const [body, title] = [document.all('body')[0]?.text ?? '', document.all('title')[0]?.text ?? '']
    expect(body + title).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066\u2067\u200e\u200f\u061c]/u)
    expect(title.length).toBeLessThan(400)
  })
})

describe('a name', () => {
  test.each([
    ['keeps what languages need', 'Zoë 山田 🧑‍🚀 می‌خواهم', '\u2068Zoë 山田 🧑‍🚀 می‌خواهم\u2069'],
    ['is one line', ' Acme\r\n\tCorp\u2028 ', 'Acme Corp'],
    ['is isolated where it runs from right to left', 'שלום', '\u2068שלום\u2069'],
    ['keeps no override', 'a\u202eb\u2066c\u2069', 'abc'],
    ['keeps no invisible letter', 'pay\u200bpal\u{e0041}', 'paypal'],
    ['has something to see', '\u200b\u202e', '?'],
    ['is cut when it is long', 'x'.repeat(500), `${'x'.repeat(119)}…`],
  ])('%s', (_, text, expected) => {
    expect(shown(text) as string).toBe(expected)
  })
})

describe('addresses of others', () => {
  const REFUSED = [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'data:image/svg+xml,<svg onload=alert(1)>',
    'vbscript:x',
    'blob:https://a.example/1',
    'file:///etc/passwd',
    'https://user:password@evil.example/',
    '//evil.example/',
    '/relative',
    `https://a.example/${'x'.repeat(3000)}`,
    'https://',
    '',
  ]

  const hrefsOf = (page: Page) =>
    parseSample(page)
      .all('a')
      .map(({ attributes }) => attributes.get('href') ?? '')
  const picturesOf = (document: PageDocument) =>
    document.all('img').map(({ attributes }) => attributes.get('src') ?? '')

  test.each([...REFUSED, 'http://plain.example/logo.png'])('are no picture: %p', (logoUrl) => {
    const document = parseSample(
      { kind: 'sign_in', application: { name: 'A', logoUrl } },
      { branding: { service: 's', organization: { name: 'O', logoUrl } } },
    )
    expect(picturesOf(document)).toEqual([])
    expect(document.all('link').map(({ attributes }) => attributes.get('rel'))).toEqual(['icon'])
  })

  // The end of a host says whose it is, and was cut off.
  test('of resources show the end of their host, whatever stands before it', () => {
    const page: Page = {
      kind: 'device_confirm',
      application: { name: 'A' },
      userCode: 'WDJB-MJHT',
      userEmail: 'bob@acme-corp.com',
      sessionId: '01970000-0000-7000-8000-000000000001',
      scopes: [],
      resources: [`https://bank.example@bank.example.${'a.'.repeat(80)}evil.example/bank.example`],
      requestedFrom: '203.0.113.7',
      requestedAt: new Date(0),
    }
    const shown = parseSample(page)
      .all('bdi')
      .map(({ text }) => text)
    expect(shown.some((text) => text.startsWith('…') && text.endsWith('.evil.example'))).toBe(true)
  })

  test.each(REFUSED)('are no link: %p', (url) => {
    const consent: Page = {
      kind: 'consent',
      application: { name: 'A', organizationName: 'O', policyUrl: url, termsUrl: url },
      destination: 'a.example',
      userEmail: 'bob@acme-corp.com',
      sessionId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
      scopes: [],
      resources: [],
    }
    expect(hrefsOf(consent).filter((href) => !href.startsWith('/login'))).toEqual([])
    const application = { name: 'A', url }
    expect(hrefsOf({ kind: 'signed_out', application })).toEqual(['/login'])
    expect(hrefsOf({ kind: 'problem', code: 'internal', requestId: '1', application })).toEqual(['/login'])
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'login',
    '',
  ])('are no path of this server: %p', (href) => {
    expect(hrefsOf({ kind: 'email_verified', goOnHref: href })).toEqual([])
    expect(hrefsOf({ kind: 'sign_in', providers: [{ kind: 'oidc', name: 'x', href }] })).not.toContain(href)
    expect(hrefsOf({ kind: 'backup_codes', codes: [], goOnHref: href })).toContain('/login')
    expect(hrefsOf({ kind: 'enrol', laterHref: href })).toEqual([])
  })

  test('lead out of the page without telling where from', () => {
    const page = sample('consent')
    const outside = parseSample(page)
      .all('a')
      .filter(({ attributes }) => attributes.get('href')?.startsWith('https:'))
    expect(outside).toHaveLength(2)
    for (const { attributes } of outside) expect(attributes.get('rel')).toBe('noopener noreferrer')
    expect(renderSample(page)).toContain('referrerPolicy="no-referrer"')
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', 'urn:isbn:1', 'myapp:/callback', 'not an address'])(
    'are no place to hand an answer to: %p',
    (to) => {
      expect(() => renderSample({ kind: 'hand_over', application: { name: 'A' }, to })).toThrow()
      expect(() => renderSample({ kind: 'hand_over', application: { name: 'A' }, to, fields: {} })).toThrow()
    },
  )

  test.each([
    'com.acme.mobile:/callback?code=a',
    'http://127.0.0.1:4711/callback',
    'https://a.example/?x="&y=',
  ])('may be one: %p', (to) => {
    const page: Page = { kind: 'hand_over', application: { name: 'A' }, to }
    expect(hrefsOf(page).map((href) => new URL(href).href)).toEqual([new URL(to).href])
  })

  test('open no authenticator app but by an address for one', () => {
    const totp = { secret: 'JBSWY3DP', otpauthUri: 'javascript:alert(1)' }
    expect(hrefsOf({ kind: 'enrol', totp })).toEqual([])
  })
})

test('options of a passkey come through as they are', () => {
  const passkey = { challenge: 'AAEC', rpId: '"></form><script>alert(1)</script>\'&quot;' }
  const [, form] = parseSample({ kind: 'sign_in', passkey }).all('form')
  expect(JSON.parse(form?.attributes.get('data-options') ?? '')).toEqual(passkey)
})

test.each(['red', '#fff', '#12345g', '#2456c9;}body{display:none', '</style><script>', 'url(x)'])(
  'a colour that is none is not written: %p',
  (accent) => {
    const branding = { service: 's', organization: { name: 'O', accentColor: accent } }
    const page: Page = { kind: 'device' }
    expect(renderSample(page, { branding })).toBe(
      renderSample(page, { branding: { service: 's', organization: { name: 'O' } } }),
    )
  },
)

describe('a redirect URI in the content policy', () => {
  const formAction = (...formActions: string[]) =>
    (pageHeaders({ nonce: NONCE, formActions })['Content-Security-Policy'] ?? '')
      .split('; ')
      .find((directive) => directive.startsWith('form-action'))

  test.each([
    ['https://app.example/cb?x=1', "'self' https://app.example"],
    ['https://app.example:8443/cb', "'self' https://app.example:8443"],
    ['http://127.0.0.1:49152/cb', "'self' http://127.0.0.1:49152"],
    ['http://[::1]:49152/cb', "'self' http:"],
    ['com.acme.mobile:/callback', "'self' com.acme.mobile:"],
    ["https://*.example/'", "'self' https:"],
    ['https://a.example;script-src/', "'self' https:"],
  ])('%p is one source and nothing else', (uri, expected) => {
    expect(formAction(uri)).toBe(`form-action ${expected}`)
  })

  test('is there once, and not at all where none is needed', () => {
    expect(formAction('https://a.example/1', 'https://a.example/2')).toBe(
      "form-action 'self' https://a.example",
    )
    expect(formAction()).toBe("form-action 'self'")
  })
})
