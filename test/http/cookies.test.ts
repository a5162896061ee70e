import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { loadConfig } from '../../src/config/index.ts'
import { type CookieKind, createCookies } from '../../src/http/index.ts'

const jar = (env: Record<string, string> = {}) =>
  createCookies(loadConfig({ env: { NODE_ENV: 'test', ...env }, envFile: false }))
const HTTPS = { PUBLIC_URL: 'https://id.example.com' }
const DOMAIN = { ...HTTPS, SESSION_COOKIE_DOMAIN: 'example.com' }
const KINDS: readonly CookieKind[] = ['session', 'device']

// Planted by a sibling host, it would lend that one's sign-in to whoever visits (login CSRF).
test('the cookie of an interaction stays with this host, also where sessions have a domain', () => {
  const attributes = 'Path=/; HttpOnly; SameSite=Lax; Secure'
  expect(jar(DOMAIN).write('interaction', 'v')).toBe(`__Host-authy2_interaction=v; ${attributes}`)
})

describe.each(KINDS)('the cookie of a %s', (kind) => {
  test.each<[string, Record<string, string>, string]>([
    ['over HTTP', {}, `authy2_${kind}=v; Path=/; HttpOnly; SameSite=Lax`],
    // `__Host-` is refused by browsers with a Domain or without Secure (RFC 6265bis §4.1.3.2).
    ['over HTTPS', HTTPS, `__Host-authy2_${kind}=v; Path=/; HttpOnly; SameSite=Lax; Secure`],
    [
      'for a domain',
      DOMAIN,
      `__Secure-authy2_${kind}=v; Path=/; HttpOnly; SameSite=Lax; Secure; Domain=example.com`,
    ],
  ])('%s has the name and attributes that belong to it', (_, env, header) => {
    expect(jar(env).write(kind, 'v')).toBe(header)
    expect(jar(env).write(kind, 'v', 60)).toBe(`${header}; Max-Age=60`)
    expect(jar(env).clear(kind)).toBe(`${header.replace('=v;', '=;')}; Max-Age=0`)
    expect(header.startsWith(`${jar(env).names[kind]}=`)).toBe(true)
  })

  test('is read back as it was written, from among others', () => {
    for (const env of [{}, HTTPS, DOMAIN]) {
      const [pair = ''] = jar(env).write(kind, 'a2s_value').split(';')
      for (const header of [pair, `a=b; ${pair}`, `${pair};c=d`, ` ${pair} `, `a;;=; ${pair}`])
        expect(jar(env).read(header, kind)).toBe('a2s_value')
    }
  })

  test('of another name, kind or protection is not it', () => {
    const name = `authy2_${kind}`
    const other = `authy2_${kind === 'session' ? 'device' : 'session'}`
    for (const header of [
      null,
      '',
      name,
      `x${name}=v`,
      `${name}x=v`,
      `${other}=v`,
      `a=${name}=v`,
      `${name.toUpperCase()}=v`,
    ])
      expect(jar().read(header, kind)).toBeUndefined()
    // Else a sibling host that cannot set `__Host-` could plant a session by the plain name.
    for (const prefix of ['', '__Secure-', '__host-'])
      expect(jar(HTTPS).read(`${prefix}${name}=v`, kind)).toBeUndefined()
    expect(jar(DOMAIN).read(`${name}=v`, kind)).toBeUndefined()
  })

  test('never makes reading fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        const value = jar().read(header, kind)
        expect(value === undefined || header.includes(value)).toBe(true)
      }),
    )
  })
})
