import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { z } from 'zod'
import { loadConfig, type RateLimitName } from '../../src/config/index.ts'
import { guard, type HttpDeps } from '../../src/http/index.ts'
import { byApiKey, bySession } from './callers.ts'
import { smallApp } from './small-app.ts'

const NAMES: readonly RateLimitName[] = [
  'register',
  'login',
  'forgotPassword',
  'resetPassword',
  'verification',
  'invite',
]

const routes = (deps: HttpDeps) => {
  const app = new Elysia()
    .use(guard(deps))
    .get('/mine', () => 'mine', { signedIn: 'profile:read' })
    .get('/both', () => 'both', { limit: 'verification', signedIn: true })
    .get('/both-otherwise', () => 'both', { signedIn: true, limit: 'verification' })
    .get('/free', () => 'free', { public: true })
    .post('/checked', () => 'done', { public: true, limit: 'login', body: z.object({ email: z.string() }) })
  for (const name of NAMES) app.post(`/${name}`, () => 'done', { public: true, limit: name })
  return app
}

const start = (env: Record<string, string> = {}, peer = '192.0.2.1') =>
  smallApp(
    {
      env: { RATELIMIT_ENABLED: 'true', ...env },
      peer,
      callers: { token: bySession(), key: byApiKey(['profile:read']) },
    },
    routes,
  )
const bearer = (token = 'token') => ({ headers: { authorization: `Bearer ${token}` } })

describe('the defaults are those of the contract', () => {
  test.each<[RateLimitName, [number, number][]]>([
    [
      'register',
      [
        [10, 60],
        [50, 3600],
      ],
    ],
    [
      'login',
      [
        [20, 60],
        [100, 3600],
      ],
    ],
    [
      'forgotPassword',
      [
        [5, 60],
        [20, 3600],
      ],
    ],
    [
      'resetPassword',
      [
        [10, 60],
        [30, 3600],
      ],
    ],
    ['api', [[6000, 3600]]],
  ])('%s', (name, windows) => {
    const { rateLimits } = loadConfig({ env: { NODE_ENV: 'test' }, envFile: false })
    expect(rateLimits.enabled).toBe(true)
    const expected = windows.map(([points, durationSeconds]) => ({ points, durationSeconds }))
    expect(rateLimits.limits[name]).toEqual(expected)
  })

  test.each<[RateLimitName, number]>([
    ['register', 10],
    ['login', 20],
    ['forgotPassword', 5],
    ['resetPassword', 10],
  ])('%s answers %i times a minute, then 429 with what to wait for', async (name, points) => {
    const small = start()
    for (let left = points - 1; left >= 0; left--) {
      const { status, headers } = await small.call('POST', `/${name}`)
      expect([status, headers.get('x-ratelimit-remaining')]).toEqual([200, String(left)])
      expect(headers.get('x-ratelimit-limit')).toBe(String(points))
      expect(headers.get('x-ratelimit-reset')).toBe('60')
    }
    small.clock.advance(15)
    const { status, headers, body } = await small.call('POST', `/${name}`)
    expect(status).toBe(429)
    expect(body.error).toEqual({ type: 'RATE_LIMIT_EXCEEDED', details: { retry_after_seconds: 45 } })
    expect(headers.toJSON()).toMatchObject({
      'retry-after': '45',
      'x-ratelimit-limit': String(points),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '45',
      'x-frame-options': 'DENY',
    })
    small.clock.advance(45)
    expect((await small.call('POST', `/${name}`)).status).toBe(200)
  })
})

describe('a limit', () => {
  test('of an hour holds where the minute’s is kept', async () => {
    const small = start({ RATELIMIT_LOGIN: '2/1m,3/1h' })
    const attempt = async () => (await small.call('POST', '/login')).status
    expect([await attempt(), await attempt(), await attempt()]).toEqual([200, 200, 429])
    small.clock.advance(60)
    expect([await attempt(), await attempt()]).toEqual([200, 429])
    small.clock.advance(3_600)
    expect(await attempt()).toBe(200)
  })

  test('lets exactly as many of twenty at once pass as it has left', async () => {
    const small = start({ RATELIMIT_LOGIN: '7/1m' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => small.call('POST', '/login')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(13)
  })

  test('is counted in the metrics', async () => {
    const small = start({ RATELIMIT_LOGIN: '1/1m' })
    for (let attempt = 0; attempt < 3; attempt++) await small.call('POST', '/login')
    expect(await small.deps.metrics.registry.metrics()).toContain(
      'authy2_rate_limited_total{limit="login"} 2',
    )
  })

  test('of one name leaves the others alone', async () => {
    const small = start(
      Object.fromEntries(['LOGIN', 'REGISTER'].map((name) => [`RATELIMIT_${name}`, '1/1m'])),
    )
    for (const path of ['/login', '/register']) expect((await small.call('POST', path)).status).toBe(200)
    expect((await small.call('POST', '/login')).status).toBe(429)
    expect((await small.call('POST', '/invite')).status).toBe(200)
  })

  test('is told also with an answer that fails, and not where there is none', async () => {
    const small = start()
    const invalid = { headers: { 'content-type': 'application/json' }, body: '{}' }
    const { status, headers } = await small.call('POST', '/checked', invalid)
    expect([status, headers.get('x-ratelimit-remaining')]).toEqual([400, '19'])
    expect((await small.call('GET', '/free')).headers.has('x-ratelimit-limit')).toBe(false)
  })

  test('is off when it is switched off', async () => {
    const small = start({ RATELIMIT_ENABLED: 'false', RATELIMIT_LOGIN: '1/1m', RATELIMIT_API: '1/1m' })
    for (let attempt = 0; attempt < 3; attempt++) {
      for (const [method, path] of [
        ['POST', '/login'],
        ['GET', '/mine'],
      ] as const) {
        const { status, headers } = await small.call(method, path, bearer())
        expect([status, headers.has('x-ratelimit-limit')]).toEqual([200, false])
      }
    }
  })
})

describe('the general limit', () => {
  test('is counted per credential, and told with its answers', async () => {
    const small = start({ RATELIMIT_API: '2/1h' })
    const { headers } = await small.call('GET', '/mine', bearer())
    expect(headers.toJSON()).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': '3600',
    })
    expect((await small.call('GET', '/mine', bearer())).status).toBe(200)
    const { status, headers: refused } = await small.call('GET', '/mine', bearer())
    expect([status, refused.get('retry-after')]).toEqual([429, '3600'])
    expect((await small.call('GET', '/mine', bearer('key'))).status).toBe(200)
  })

  test('counts those who are nobody by their address', async () => {
    const small = start({ RATELIMIT_API: '2/1h' })
    const statuses = []
    for (const token of ['a', 'b', 'c'])
      statuses.push((await small.call('GET', '/mine', bearer(token))).status)
    expect(statuses).toEqual([401, 401, 429])
    expect((await small.call('GET', '/mine', bearer())).status).toBe(200)
  })

  test.each(['/both', '/both-otherwise'])('gives way to the one that a route names: %s', async (path) => {
    const { headers } = await start().call('GET', path, bearer())
    expect(headers.get('x-ratelimit-limit')).toBe('10')
  })
})

describe('an address', () => {
  /** The statuses of one sign-in each from several places, where one is allowed. */
  async function from(env: Record<string, string>, ...places: { peer: string; forwarded?: string }[]) {
    let peer = ''
    const small = smallApp(
      {
        env: { RATELIMIT_ENABLED: 'true', RATELIMIT_LOGIN: '1/1m', ...env },
        get peer() {
          return peer
        },
      },
      routes,
    )
    const statuses: number[] = []
    for (const place of places) {
      peer = place.peer
      const headers: Record<string, string> = place.forwarded ? { 'x-forwarded-for': place.forwarded } : {}
      statuses.push((await small.call('POST', '/login', { headers })).status)
    }
    return statuses
  }

  test('is the connection’s: a header that anybody can write changes nothing', async () => {
    const peer = '192.0.2.1'
    expect(await from({}, { peer, forwarded: '1.1.1.1' }, { peer, forwarded: '2.2.2.2' }, { peer })).toEqual([
      200, 429, 429,
    ])
    expect(await from({}, { peer }, { peer: '192.0.2.2' })).toEqual([200, 200])
    const trusting = { TRUSTED_PROXIES: '10.0.0.0/8' }
    expect(await from(trusting, { peer, forwarded: '1.1.1.1' }, { peer, forwarded: '2.2.2.2' })).toEqual([
      200, 429,
    ])
  })

  test('is what a trusted proxy says it is, and not what the client told the proxy', async () => {
    const env = { TRUSTED_PROXIES: '10.0.0.0/8' }
    const peer = '10.0.0.1'
    expect(await from(env, { peer, forwarded: '192.0.2.1' }, { peer, forwarded: '192.0.2.2' })).toEqual([
      200, 200,
    ])
    expect(
      await from(env, { peer, forwarded: '1.1.1.1, 192.0.2.1' }, { peer, forwarded: '2.2.2.2, 192.0.2.1' }),
    ).toEqual([200, 429])
  })

  // Whoever has one IPv6 address commonly has the 2^64 of its network, and could try from a new one each time.
  test('of IPv6 counts as its network of 64 bits', async () => {
    expect(await from({}, { peer: '2001:db8:0:1::1' }, { peer: '2001:db8:0:1:ffff::2' })).toEqual([200, 429])
    expect(await from({}, { peer: '2001:db8:0:1::1' }, { peer: '2001:db8:0:2::1' })).toEqual([200, 200])
  })

  test('of IPv4 is the same on a socket of both families', async () => {
    expect(
      await from({}, { peer: '192.0.2.1' }, { peer: '::ffff:192.0.2.1' }, { peer: '::ffff:192.0.2.2' }),
    ).toEqual([200, 429, 200])
  })
})
