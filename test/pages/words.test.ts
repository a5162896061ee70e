/** Every word in every language, and the right language for everybody. */
import { describe, expect, test } from 'bun:test'
import { SCOPES } from '../../src/http/index.ts'
import { chooseLocale, LOCALES } from '../../src/pages/locale.ts'
import { english } from '../../src/pages/messages/english.ts'
import { german } from '../../src/pages/messages/german.ts'
import { messagesFor } from '../../src/pages/messages/messages.ts'
import { type Problem, sayProblem } from '../../src/pages/messages/problem.ts'
import { parseSample } from './rendering.ts'
import { sample } from './samples.ts'

/** Each text of a catalogue by its path; of those that are made of facts, with telling ones. */
function textsOf(catalogue: object, path = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(catalogue).flatMap(([key, value]): [string, string][] => {
      const here = path === '' ? key : `${path}.${key}`
      if (typeof value === 'string') return [[here, value]]
      if (typeof value === 'function') return [[here, String(value('<first>', '<second>'))]]
      return Object.entries(textsOf(value, here))
    }),
  )
}

/** The same in both languages, rightly. */
const SAME = new Set(['fields.userCode', 'invite.roles.admin', 'device.code'])

describe('the German catalogue', () => {
  const [inEnglish, inGerman] = [textsOf(english), textsOf(german)]

  test('has every text', () => {
    expect(Object.keys(inGerman)).toEqual(Object.keys(inEnglish))
    expect(Object.values(inGerman).filter((text) => text.trim() === '')).toEqual([])
  })

  test('is translated', () => {
    const same = Object.keys(inEnglish).filter((key) => inEnglish[key] === inGerman[key] && !SAME.has(key))
    expect(same).toEqual([])
  })

  test('speaks of the same facts', () => {
    const factsOf = (text: string | undefined) => (text?.match(/<first>|<second>/g) ?? []).toSorted()
    for (const key of Object.keys(inEnglish))
      expect([key, ...factsOf(inGerman[key])]).toEqual([key, ...factsOf(inEnglish[key])])
  })
})

test.each(LOCALES)('every scope of the API has words in %s', (locale) => {
  expect(SCOPES.filter((scope) => !Object.hasOwn(messagesFor(locale).scopes, scope))).toEqual([])
})

test('a problem says what to do, in either language', () => {
  const waits = [1, 59, 60, 61, 3600, 7200].map((retryAfterSeconds) =>
    sayProblem(english, { code: 'too_many_attempts', retryAfterSeconds }),
  )
  expect(waits.map((text) => text.replace('Too many attempts. Try again in ', ''))).toEqual([
    'one second.',
    '59 seconds.',
    'one minute.',
    '2 minutes.',
    'one hour.',
    '2 hours.',
  ])
  const cases: [Problem, string][] = [
    [{ code: 'password_too_short', minimum: 14 }, 'Nehmen Sie mindestens 14 Zeichen.'],
    [{ code: 'too_many_attempts', retryAfterSeconds: 90 }, 'in 2 Minuten'],
    [{ code: 'method_not_allowed', organization: 'Acme' }, 'Acme erlaubt'],
    [{ code: 'code_required' }, 'Geben Sie den Code ein.'],
  ]
  for (const [problem, text] of cases) expect(sayProblem(german, problem)).toContain(text)
})

test('times are written as the language writes them, in UTC', () => {
  const times = LOCALES.map((locale) => parseSample(sample('invite'), { locale }).all('time')[0])
  expect(times.map((time) => time?.text)).toEqual([
    '1 February 2030 at 12:30 UTC',
    '1. Februar 2030 um 12:30 UTC',
  ])
  expect(times[0]?.attributes.get('datetime')).toBe('2030-02-01T12:30:00.000Z')
})

describe('the language of a page', () => {
  test.each([
    ['is English where nobody asks', {}, 'en'],
    [
      'is what the application asks for',
      { uiLocales: 'fr de', userLocale: 'en', acceptLanguage: 'en' },
      'de',
    ],
    ['is the user’s', { uiLocales: 'fr', userLocale: 'de-AT', acceptLanguage: 'en' }, 'de'],
    ['is the browser’s', { userLocale: null, acceptLanguage: 'fr, de-CH;q=0.9, en;q=0.8' }, 'de'],
    ['is what the browser likes best', { acceptLanguage: 'en;q=0.5, de;q=0.7' }, 'de'],
    ['is none that is refused', { acceptLanguage: 'de;q=0, *' }, 'en'],
    ['keeps the order of equals', { acceptLanguage: 'en, de' }, 'en'],
    ['is found in any case', { uiLocales: 'DE_ch' }, 'de'],
    ['is not guessed from what only begins alike', { uiLocales: 'den deu' }, 'en'],
    ['survives nonsense', { uiLocales: ';;,', acceptLanguage: `${'x,'.repeat(10_000)}de` }, 'en'],
  ])('%s', (_, wishes, expected) => {
    expect(chooseLocale(wishes) as string).toBe(expected)
  })
})
