import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { guard } from '../../src/http/index.ts'
import { bySession } from './callers.ts'
import { smallApp } from './small-app.ts'

const APP = 'https://app.example.com'
const OTHERS = [
  'https://evil.example',
  'https://app.example.com.evil.example',
  'https://evil-app.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://APP.example.com',
  'app.example.com',
  'null',
]

const start = (CORS_ORIGINS?: string) =>
  smallApp({ env: CORS_ORIGINS ? { CORS_ORIGINS } : {}, callers: { token: bySession() } }, (deps) =>
    new Elysia()
      .use(guard(deps))
      .get('/mine', () => 'mine', { signedIn: true })
      .post('/mine', () => 'changed', { signedIn: true }),
  )

const preflight = (origin: string, method = 'POST') => ({
  headers: {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  },
})
const cookie = 'authy2_session=token'

describe('without CORS_ORIGINS', () => {
  test('nothing is said to other origins', async () => {
    const small = start()
    const { status, headers } = await small.call('OPTIONS', '/mine', preflight(APP))
    expect(status).toBe(405)
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    const got = await small.call('GET', '/mine', { headers: { origin: APP, cookie } })
    expect(got.headers.has('access-control-allow-origin')).toBe(false)
  })
})

describe('with named origins', () => {
  const small = start(`${APP},https://admin.example.com`)

  test('the preflight of one allows what the API takes, and is an answer like any other', async () => {
    const { status, headers, text } = await small.call('OPTIONS', '/mine', preflight(APP))
    expect([status, text]).toEqual([204, ''])
    expect(headers.toJSON()).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, DPoP, X-Request-ID',
      'access-control-max-age': '600',
      vary: 'Origin',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    })
  })

  test.each(OTHERS)('the preflight of another does not: %s', async (origin) => {
    const { headers } = await small.call('OPTIONS', '/mine', preflight(origin))
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })

  test('one may read its answers, what they limit, and what goes wrong', async () => {
    for (const [path, init, status] of [
      ['/mine', { headers: { origin: APP, cookie } }, 200],
      ['/mine', { headers: { origin: APP } }, 401],
      ['/nowhere', { headers: { origin: APP } }, 404],
      ['/mine', { headers: { origin: APP, 'x-long': 'a'.repeat(20_000) } }, 431],
    ] as const) {
      const answer = await small.call('GET', path, init)
      expect(answer.status).toBe(status)
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
    }
  })

  test.each(OTHERS)('another may not: %s', async (origin) => {
    const { headers } = await small.call('GET', '/mine', { headers: { origin, cookie } })
    expect(headers.has('access-control-allow-origin')).toBe(false)
    expect(headers.get('vary')).toBe('Origin')
    expect((await small.call('POST', '/mine', { headers: { origin, cookie } })).status).toBe(403)
  })

  test('one may change things with the cookie', async () => {
    expect((await small.call('POST', '/mine', { headers: { origin: APP, cookie } })).status).toBe(200)
  })
})

// A wildcard that reflects the origin and allows credentials lets any page read what its visitor may read.
describe('with any origin', () => {
  const small = start('*')
  const headers = { origin: 'https://evil.example' }

  test('nobody is allowed credentials', async () => {
    const preflighted = await small.call('OPTIONS', '/mine', preflight('https://evil.example'))
    const got = await small.call('GET', '/mine', { headers: { ...headers, cookie } })
    for (const answer of [preflighted, got]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
    }
  })

  test('a token may change things from anywhere, a cookie may not', async () => {
    const authorization = 'Bearer token'
    expect((await small.call('POST', '/mine', { headers: { ...headers, authorization } })).status).toBe(200)
    expect((await small.call('POST', '/mine', { headers: { ...headers, cookie } })).status).toBe(403)
  })
})
