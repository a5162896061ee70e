import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { z } from 'zod'
import { UUID_PATTERN } from '../../src/kernel/index.ts'
import { testServer } from '../support/server.ts'
import { requestLine, smallApp } from './small-app.ts'

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}
const HTTPS = { PUBLIC_URL: 'https://id.example.com' }
const CORS = { CORS_ORIGINS: 'https://app.example.com' }

const routes = () =>
  new Elysia()
    .get('/object', () => ({ a: 1 }))
    .get('/text', () => 'text')
    .get('/created', ({ status }) => status(201, { a: 1 }))
    .get('/nothing', ({ set }) => {
      set.status = 204
    })
    .get('/bare', () => new Response(null, { status: 204 }))
    .get('/response', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }))
    .get('/redirect', ({ redirect }) => redirect('/object'))
    .get('/stream', () => new Response(new Blob(['a', 'b']).stream()))
    .get('/bug', () => {
      throw new Error('a bug')
    })
    .post('/form', ({ body }) => ({ body }), { body: z.string() })
    .post('/json', () => 'done', { body: z.object({ a: z.string() }) })

const BAD_JSON = { headers: { 'content-type': 'application/json' }, body: '{' }

describe.each<[string, string, string, RequestInit, number]>([
  ['an object', 'GET', '/object', {}, 200],
  ['a text', 'GET', '/text', {}, 200],
  ['a status', 'GET', '/created', {}, 201],
  ['nothing', 'GET', '/nothing', {}, 204],
  ['a bare answer', 'GET', '/bare', {}, 204],
  ['a page', 'GET', '/response', {}, 200],
  ['a redirect', 'GET', '/redirect', {}, 302],
  ['a stream', 'GET', '/stream', {}, 200],
  ['a head', 'HEAD', '/object', {}, 200],
  ['malformed input', 'POST', '/json', BAD_JSON, 400],
  ['invalid input', 'POST', '/json', { ...BAD_JSON, body: '{}' }, 400],
  ['a wrong path', 'GET', '/nowhere', {}, 404],
  ['a wrong method', 'DELETE', '/object', {}, 405],
  [
    'too much',
    'POST',
    '/json',
    { ...BAD_JSON, headers: { ...BAD_JSON.headers, 'content-length': '2000000' } },
    413,
  ],
  ['a bug', 'GET', '/bug', {}, 500],
])('an answer of %s', (_, method, path, init, status) => {
  test('carries the security headers and the request id', async () => {
    const answer = await smallApp({}, routes).call(method, path, init)
    expect(answer.status).toBe(status)
    expect(answer.headers.toJSON()).toMatchObject(ALWAYS)
    expect(answer.headers.get('x-request-id')).toMatch(UUID_PATTERN)
    expect(answer.headers.has('strict-transport-security')).toBe(false)
    expect(answer.headers.has('x-powered-by')).toBe(false)
    expect(answer.headers.has('access-control-allow-origin')).toBe(false)
  })

  test('carries one copy of each, over HTTPS, across origins and on the wire, too', async () => {
    const small = smallApp({ env: { ...HTTPS, ...CORS } }, routes)
    await using socket = small.listen()
    if (status === 413) return // fetch declares no length but its own
    const headers = { ...init.headers, origin: 'https://app.example.com' }
    const answer = await fetch(socket.url + path, { ...init, method, headers, redirect: 'manual' })
    await answer.text()
    expect(answer.status).toBe(status)
    expect(answer.headers.toJSON()).toMatchObject({
      ...ALWAYS,
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    })
    expect(await requestLine(small.lines)).toMatchObject({
      method,
      status,
      request_id: answer.headers.get('x-request-id'),
    })
  })
})

test('the log names the template of a route, never what its path held', async () => {
  const small = smallApp({}, () =>
    new Elysia()
      .get('/invites/:token', ({ status }) => status(201, 'made'))
      .delete('/invites/:token', () => {
        throw new Error('a bug')
      }),
  )
  await using socket = small.listen()
  for (const [method, route, status] of [
    ['GET', '/invites/:token', 201],
    ['DELETE', '/invites/:token', 500],
    ['PUT', '(none)', 405],
  ] as const) {
    small.lines.length = 0
    await fetch(`${socket.url}/invites/a2i_secret?code=secret`, { method })
    expect(await requestLine(small.lines)).toMatchObject({ method, route, status })
    expect(JSON.stringify(small.lines)).not.toContain('secret')
  }
  const metrics = await small.deps.metrics.registry.metrics()
  expect(metrics).toContain('{method="GET",route="/invites/:token",status="201"} 1')
  expect(metrics).toContain('{method="DELETE",route="/invites/:token",status="500"} 1')
  expect(metrics).not.toContain('secret')
})

test('a caller who hangs up is logged once, and hurts nobody', async () => {
  let finished = 0
  const small = smallApp({}, () =>
    new Elysia().get('/slow', async () => {
      await Bun.sleep(60)
      finished++
      return 'late'
    }),
  )
  await using socket = small.listen()
  await expect(fetch(`${socket.url}/slow`, { signal: AbortSignal.timeout(15) })).rejects.toThrow()
  expect(await requestLine(small.lines)).toMatchObject({ route: '/slow' })
  expect(finished).toBe(1)
  expect(small.lines).toHaveLength(1)
})

describe('the request id', () => {
  const live = smallApp({}, routes)
  const idOf = async (presented: string) =>
    (await live.call('GET', '/object', { headers: { 'x-request-id': presented } })).headers.get(
      'x-request-id',
    )

  test.each(['12345678', 'a'.repeat(64), 'A-b_c.0123456789', '........'])(
    'is the caller’s own: %s',
    async (id) => {
      expect(await idOf(id)).toBe(id)
    },
  )

  test.each([
    '',
    '1234567',
    'a'.repeat(65),
    'has spaces',
    'a"quoted"',
    '<script>',
    'a,b,c,d,e',
    'ümlaut-ümlaut',
    'a/../../b',
  ])('is a new one where the caller’s could mean something: %s', async (id) => {
    expect(await idOf(id)).toMatch(UUID_PATTERN)
  })

  test('is another one for each request', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => idOf('no')))
    expect(new Set(ids).size).toBe(20)
  })
})

describe('the whole app', () => {
  test('sends them with its pages, which may say what they need themselves', async () => {
    await using t = await testServer({ env: HTTPS })
    for (const path of ['/dev/mail', '/openapi', '/api/health', '/metrics', '/nowhere']) {
      const { headers } = await t.app.handle(new Request(`http://localhost${path}`))
      const { 'content-security-policy': policy, 'cache-control': cache, ...others } = ALWAYS
      expect(headers.toJSON()).toMatchObject(others)
      expect(headers.get('content-security-policy')).toStartWith("default-src 'none'")
      expect(headers.get('content-security-policy')).not.toContain("script-src 'unsafe-inline'")
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
      expect(headers.get('x-request-id')).toMatch(UUID_PATTERN)
    }
  })
})
