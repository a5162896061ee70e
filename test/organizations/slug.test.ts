import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Slug, slugFrom } from '../../src/organizations/slug.ts'

describe('a slug', () => {
  test.each(['abc', 'acme-corp', '4711', 'a1-b2-c3', 'a'.repeat(63)])('may be %s', (slug) => {
    expect(Slug.safeParse(slug).success).toBe(true)
  })

  test.each([
    ['too short', 'ab'],
    ['too long', 'a'.repeat(64)],
    ['empty', ''],
    ['with capitals', 'Acme'],
    ['with a dash at the start', '-acme'],
    ['with a dash at the end', 'acme-'],
    ['with two dashes in a row, as in punycode', 'xn--acme'],
    ['with a dot', 'acme.corp'],
    ['with a slash', 'acme/corp'],
    ['with a letter that looks like another', 'аcme'],
    ['with a line end', 'acme\n'],
    ['reserved', 'admin'],
    ['like an id', '01970000-0000-7000-8000-000000000000'],
  ])('may not be %s', (_, slug) => {
    expect(Slug.safeParse(slug).success).toBe(false)
  })
})

describe('the slug of a name', () => {
  test.each([
    ['Acme Corporation', 'acme-corporation'],
    ['  Café   Zürich & Co. ', 'cafe-zurich-co'],
    ['Ångström №5', 'angstrom-no5'],
    ['Admin', 'org-admin'],
    ['X', 'org-x'],
    ['株式会社', 'org'],
    ['01970000-0000-7000-8000-000000000000', 'org-01970000-0000-7000-8000-000000000000'],
  ])('of %s is %s', (name, slug) => {
    expect(slugFrom(name)).toBe(slug)
  })

  test('is valid, and with a suffix of eight digits too, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        expect(Slug.safeParse(slugFrom(name)).success).toBe(true)
        expect(Slug.safeParse(`${slugFrom(name)}-0123abcd`).success).toBe(true)
      }),
    )
    expect(Slug.safeParse(`${slugFrom('a '.repeat(100))}-0123abcd`).success).toBe(true)
  })
})
