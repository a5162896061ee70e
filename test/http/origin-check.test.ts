import { describe, expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/index.ts'
import { originCheck } from '../../src/http/index.ts'

const SITE = 'https://id.example.com'
const APP = 'https://app.example.com'
const PRODUCTION = { environment: 'production', publicUrl: SITE, corsOrigins: [APP] } as const
const DESK = { environment: 'development', publicUrl: 'http://localhost:5000', corsOrigins: [] } as const

const passes = (
  config: Parameters<typeof originCheck>[0],
  headers: Record<string, string>,
  { method = 'POST', isByCookie = true } = {},
): boolean => {
  try {
    originCheck(config)(new Request('http://localhost/', { method, headers }), isByCookie)
    return true
  } catch (error) {
    expect(error).toMatchObject({ type: 'AUTHORIZATION_ERROR' })
    return false
  }
}

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE']
const WELCOME: Record<string, string>[] = [
  { origin: SITE },
  { origin: APP },
  { origin: SITE, 'sec-fetch-site': 'same-origin' },
  { origin: APP, 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
]
const FOREIGN: Record<string, string>[] = [
  { origin: 'null' },
  { origin: '' },
  { origin: 'https://evil.example' },
  { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  { origin: 'http://id.example.com' },
  { origin: 'https://id.example.com:8443' },
  { origin: 'https://id.example.com.evil.example' },
  { origin: `${SITE}/` },
  { origin: `${SITE}, https://evil.example` },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': '' },
  { 'sec-fetch-site': 'SAME-ORIGIN' },
]

describe.each(UNSAFE)('a %s', (method) => {
  test.each(WELCOME)('from this site or a named one passes: %j', (headers) => {
    expect(passes(PRODUCTION, headers, { method })).toBe(true)
    expect(passes(PRODUCTION, headers, { method, isByCookie: false })).toBe(true)
  })

  test.each(FOREIGN)('from anywhere else is refused, with a cookie and without: %j', (headers) => {
    expect(passes(PRODUCTION, headers, { method })).toBe(false)
    expect(passes(PRODUCTION, headers, { method, isByCookie: false })).toBe(false)
  })

  test('that does not say where it comes from is refused with a cookie, and a program’s without', () => {
    expect(passes(PRODUCTION, {}, { method })).toBe(false)
    expect(passes(PRODUCTION, { referer: `${SITE}/` }, { method })).toBe(false)
    expect(passes(PRODUCTION, {}, { method, isByCookie: false })).toBe(true)
  })
})

test.each(['GET', 'HEAD', 'OPTIONS'])('a %s changes nothing, and so may come from anywhere', (method) => {
  for (const headers of [...WELCOME, ...FOREIGN]) expect(passes(PRODUCTION, headers, { method })).toBe(true)
})

describe('the Host header', () => {
  const rebound = { host: 'evil.example:5000', origin: 'http://evil.example:5000' }

  // A name that an attacker points at this server is of the same origin as itself (DNS rebinding).
  test('says nothing in production, nor where the site is of HTTPS', () => {
    expect(passes({ ...PRODUCTION, publicUrl: 'http://localhost:5000' }, rebound)).toBe(false)
    expect(
      passes({ ...DESK, publicUrl: SITE }, { host: 'id.example.com', origin: 'http://id.example.com' }),
    ).toBe(false)
    expect(passes(PRODUCTION, { host: 'other.example.com', origin: 'https://other.example.com' })).toBe(false)
  })

  test('counts on a desk, where people write 127.0.0.1 for localhost', () => {
    expect(passes(DESK, { host: '127.0.0.1:5000', origin: 'http://127.0.0.1:5000' })).toBe(true)
    expect(passes(DESK, { host: 'localhost:5000', origin: 'http://127.0.0.1:5000' })).toBe(false)
    expect(passes(DESK, { host: 'localhost:5000', origin: 'http://localhost:3000' })).toBe(false)
    expect(passes(DESK, { origin: 'http://null' })).toBe(false)
  })

  test('may be anything and never fails the check', () => {
    for (const host of ['a b', '', '/', '[::'])
      expect(passes(DESK, { host, origin: 'https://evil.example' })).toBe(false)
  })
})

test('of a wildcard nothing is left for cookies', () => {
  const config = { ...DESK, corsOrigins: ['*'] }
  expect(passes(config, { origin: 'https://evil.example' })).toBe(false)
  expect(passes(config, { origin: '*' }, { isByCookie: true })).toBe(false)
  expect(passes(config, { origin: 'https://evil.example' }, { isByCookie: false })).toBe(true)
})

test('the configuration itself is what it reads', () => {
  const config = loadConfig({
    env: { NODE_ENV: 'test', CORS_ORIGINS: 'https://APP.example.com/' },
    envFile: false,
  })
  expect(passes(config, { origin: APP })).toBe(true)
  expect(passes(config, { origin: 'http://localhost:5000' })).toBe(true)
})
