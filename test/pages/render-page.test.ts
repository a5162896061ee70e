import { describe, expect, test } from 'bun:test'
import { CLIENT_SCRIPTS, formScript, passkeyScript } from '../../src/pages/client-scripts.ts'
import { LOCALES } from '../../src/pages/locale.ts'
import { type Page, renderPage } from '../../src/pages/render-page.tsx'
import type { PageDocument, PageElement } from './document.ts'
import { CSRF, INTERACTION, localesOf, NONCE, parseSample, renderSample } from './rendering.ts'
import { sample, samples } from './samples.ts'

/** Every entry that a person sees. */
const seenInputs = ({ elements }: PageDocument): readonly PageElement[] =>
  elements.filter(
    ({ tag, attributes }) =>
      ['input', 'select', 'textarea'].includes(tag) &&
      attributes.get('type') !== 'hidden' &&
      !attributes.has('hidden'),
  )

const OWN_SCRIPTS: readonly (string | undefined)[] = CLIENT_SCRIPTS.map(({ path }) => path)
const isOurs = (form: PageElement) => form.attributes.get('action')?.startsWith('/') === true

describe.each(localesOf(samples(), LOCALES))('the page %s in %s', (_, locale, page) => {
  const html = renderSample(page, { locale })
  const document = parseSample(page, { locale })

  test('is a whole document with one title, one heading and one main part', () => {
    expect(html).toStartWith(`<!doctype html><html lang="${locale}">`)
    const [title, ...otherTitles] = document.all('title')
    const [heading, ...otherHeadings] = document.all('h1')
    expect([otherTitles, otherHeadings]).toEqual([[], []])
    expect(title?.text).toContain(heading?.text ?? 'a heading')
    expect(title?.within.map(({ tag }) => tag)).toEqual(['html', 'head'])
    expect(document.all('main')).toHaveLength(1)
    expect(html).not.toMatch(/undefined|\[object|NaN/)
  })

  test('needs nothing of the content policy but the nonce', () => {
    const names = document.elements.flatMap(({ attributes }) => [...attributes.keys()])
    expect(names.filter((name) => name === 'style' || name.startsWith('on'))).toEqual([])
    const active = [...document.all('style'), ...document.all('script')]
    expect(active.filter(({ attributes }) => attributes.get('nonce') !== NONCE)).toEqual([])
    const sources = document.all('script').map(({ attributes }) => attributes.get('src'))
    expect(sources.filter((source) => source !== undefined && !OWN_SCRIPTS.includes(source))).toEqual([])
  })

  test('sends the form token and the interaction with every form of ours, and with no other', () => {
    for (const form of document.all('form')) {
      const fields = document.fieldsOf(form)
      expect(form.attributes.get('method')).toBe('post')
      if (isOurs(form)) expect(fields).toMatchObject({ csrf: CSRF, interaction: INTERACTION })
      else expect(Object.values(fields)).not.toContain(CSRF)
    }
    const submits = document.all('button').map(({ attributes }) => attributes.get('type'))
    expect(submits.filter((type) => type !== 'submit')).toEqual([])
  })

  test('names every entry and every button in words', () => {
    const labels = document.all('label')
    for (const input of seenInputs(document)) {
      const label = labels.find(
        (candidate) =>
          candidate.attributes.get('for') === input.attributes.get('id') || input.within.includes(candidate),
      )
      expect(label?.text.trim()).toMatch(/\p{L}/u)
      if (input.attributes.get('type') !== 'checkbox')
        expect(input.attributes.get('autocomplete')).toBeTruthy()
    }
    for (const control of [...document.all('button'), ...document.all('a')])
      expect(control.text).toMatch(/\p{L}/u)
  })

  test('has each id once, and everything that is pointed at', () => {
    const ids = document.elements.flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const targets = document.elements.flatMap(({ attributes }) => [
      ...(attributes.get('for')?.split(' ') ?? []),
      ...(attributes.get('aria-describedby')?.split(' ') ?? []),
    ])
    expect(targets.filter((target) => !ids.includes(target))).toEqual([])
  })

  test('puts the cursor into one entry at most, the first that is wrong', () => {
    const focused = document.elements.filter(({ attributes }) => attributes.has('autofocus'))
    expect(focused.length).toBeLessThanOrEqual(1)
    const [wrong] = document.elements.filter(({ attributes }) => attributes.get('aria-invalid') === 'true')
    if (wrong) expect(focused).toEqual([wrong])
  })

  test('never fills in a password', () => {
    const passwords = seenInputs(document).filter(({ attributes }) => attributes.get('type') === 'password')
    expect(passwords.filter(({ attributes }) => attributes.has('value'))).toEqual([])
    expect(passwords.filter(({ attributes }) => attributes.has('maxlength'))).toEqual([])
  })
})

describe('an entry that is wrong', () => {
  const document = parseSample(sample('register-wrong'))
  const input = (id: string) => document.elements.find(({ attributes }) => attributes.get('id') === id)

  test('says what is wrong and what to do, bound to it before the hint', () => {
    expect(input('password')?.attributes.get('aria-describedby')).toBe('password-problem password-hint')
    expect(input('password-problem')?.text).toBe('Use at least 12 characters.')
  })

  test('keeps what was entered', () => {
    expect(input('email')?.attributes.get('value')).toBe('bob@acme-corp.com')
    expect(input('full_name')?.attributes.get('value')).toBe('Bob')
  })

  test('is told of in the title, which is read out first', () => {
    expect(document.all('title')[0]?.text).toStartWith('Error: ')
  })
})

describe('the entries of a sign-in', () => {
  const fill = (name: string) =>
    seenInputs(parseSample(sample(name))).map(({ attributes }) => [
      attributes.get('name'),
      attributes.get('autocomplete'),
    ])

  test.each([
    [
      'sign-in',
      [
        ['email', 'username webauthn'],
        ['password', 'current-password'],
        ['remember_me', undefined],
      ],
    ],
    ['second-factor-totp', [['code', 'one-time-code']]],
    ['second-factor-backup-code', [['code', 'off']]],
    [
      'reset-password',
      [
        ['password', 'new-password'],
        ['password_confirm', 'new-password'],
      ],
    ],
    ['device', [['user_code', 'off']]],
  ])('%s can be filled in by browsers and password managers', (name, expected) => {
    expect(fill(name)).toEqual(expected)
  })

  test('bring up digits where digits are asked for', () => {
    const [code] = seenInputs(parseSample(sample('second-factor-totp')))
    expect(code?.attributes.get('inputmode')).toBe('numeric')
  })

  test('tell a password manager whose new password it is', () => {
    const email = parseSample(sample('reset-password'))
      .all('input')
      .find(({ attributes }) => attributes.get('autocomplete') === 'username')
    expect(email?.attributes.get('value')).toBe('bob@acme-corp.com')
  })
})

describe('links', () => {
  test('keep the interaction that is going on', () => {
    const hrefs = parseSample(sample('sign-in-for-application'))
      .all('a')
      .map(({ attributes }) => attributes.get('href') ?? '')
    expect(hrefs).toContain(`/forgot-password?interaction=${INTERACTION}`)
    expect(hrefs).toContain(`/register?interaction=${INTERACTION}`)
  })

  test('carry no interaction where there is none', () => {
    const branding = { service: 'id.example.com' }
    const html = renderPage({ page: sample('sign-in'), locale: 'en', nonce: NONCE, csrf: CSRF, branding })
    expect(html).not.toContain('interaction')
  })
})

test('the script for forms comes with every page', () => {
  for (const page of Object.values(samples())) expect(renderSample(page)).toContain(formScript.path)
})

test('the script for passkeys comes with pages that have some, and with no other', () => {
  const hasScript = (name: string) => renderSample(sample(name)).includes(passkeyScript.path)
  expect(['sign-in-by-passkey', 'second-factor-passkey', 'enrol'].filter((name) => !hasScript(name))).toEqual(
    [],
  )
  expect(['sign-in', 'second-factor-totp', 'consent', 'problem'].filter(hasScript)).toEqual([])
})

test('an answer as a form sends itself, with nothing of ours in it', () => {
  const document = parseSample(sample('hand-over-form'))
  const [form] = document.all('form')
  expect(form && document.fieldsOf(form)).toEqual({ code: 'abc', state: 'xyz' })
  expect(document.all('script')[1]?.text).toContain('submit()')
})

test('a style sheet of less than 12 KB is all that a page is dressed in', () => {
  const [style, ...others] = parseSample(sample('sign-in')).all('style')
  expect(others).toEqual([])
  expect(style?.text.length).toBeGreaterThan(1000)
  expect(style?.text.length).toBeLessThan(12_000)
})

test('words of the catalogue come before what a client says of a scope that is known', () => {
  const page: Page = {
    kind: 'consent',
    application: { name: 'Grafana', organizationName: null },
    destination: 'grafana.example.com',
    userEmail: 'bob@acme-corp.com',
    sessionId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
    scopes: [
      { name: 'admin:write', description: 'Nothing much' },
      { name: 'constructor', description: 'Something else' },
    ],
    resources: [],
  }
  const { text } = parseSample(page).all('ul')[0] ?? { text: '' }
  expect(text).toContain('as its administrator')
  expect(text).not.toContain('Nothing much')
  expect(text).toContain('Something else')
})
