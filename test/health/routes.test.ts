import { describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { Lifecycle } from '../../src/health/index.ts'
import { unavailable, VERSION } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

/** The same server with another database, cache or mailer under it. */
function ask(t: TestServer, changed: Partial<Deps> = {}) {
  const app = createApp({ ...t.deps, ...changed })
  return async (path: string): Promise<Answer> => {
    const response = await app.handle(new Request(`http://localhost${path}`))
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
}

const databaseThat = (t: TestServer, ping: () => Promise<number>): Partial<Deps> => ({
  database: { ...t.deps.database, ping },
})

describe.each(testDialects)('health on $name', (dialect) => {
  test('is told to anyone, in the envelope', async () => {
    await using t = await testServer({ dialect })
    const { status, headers, body } = await ask(t)('/api/health')
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({ success: true, code: 200, request_id: headers.get('x-request-id') })
    expect(body.data).toEqual({
      status: 'ok',
      version: VERSION,
      uptime_seconds: expect.any(Number),
      checks: { database: 'up', cache: 'up', mail: 'up' },
    })
    expect(
      t.deps.metrics.registry.getSingleMetricAsString('authy2_database_ping_seconds'),
    ).resolves.not.toContain(' 0\n')
  })

  test('live and ready say so', async () => {
    await using t = await testServer({ dialect })
    expect((await ask(t)('/api/health/live')).body.data).toEqual({ status: 'live' })
    expect((await ask(t)('/api/health/ready')).body.data).toEqual({ status: 'ready' })
  })

  test('is 503 while the database is away, and live all the same', async () => {
    await using t = await testServer({ dialect })
    const get = ask(
      t,
      databaseThat(t, () => Promise.reject(unavailable('The database cannot be reached.'))),
    )
    const { status, headers, body } = await get('/api/health')
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toBe('5')
    expect(body.error).toMatchObject({
      type: 'SERVICE_UNAVAILABLE',
      details: { status: 'down', checks: { database: 'down', cache: 'up' } },
    })
    const ready = await get('/api/health/ready')
    expect(ready.status).toBe(503)
    expect(ready.body.error.details).toEqual({ reason: 'database' })
    expect((await get('/api/health/live')).status).toBe(200)
  })

  test('does not wait for a database that hangs', async () => {
    await using t = await testServer({ dialect })
    const start = performance.now()
    const { status } = await ask(
      t,
      databaseThat(t, () => new Promise(() => {})),
    )('/api/health')
    expect(status).toBe(503)
    expect(performance.now() - start).toBeLessThan(4_000)
  })

  test('costs the database one question however many ask', async () => {
    await using t = await testServer({ dialect })
    let pings = 0
    const get = ask(
      t,
      databaseThat(t, async () => {
        pings++
        return 1
      }),
    )
    const paths = ['/api/health', '/api/health/ready']
    await Promise.all(Array.from({ length: 100 }, (_, number) => get(paths[number % 2] ?? '')))
    expect(pings).toBe(1)
  })

  test('without the cache, or with mail that does not get through, is degraded and still 200', async () => {
    await using t = await testServer({ dialect })
    const withoutCache = await ask(t, { kv: { ...t.deps.kv, ping: async () => false } })('/api/health')
    expect(withoutCache).toMatchObject({
      status: 200,
      body: { data: { status: 'degraded', checks: { cache: 'down' } } },
    })
    const withoutMail = await ask(t, { mailer: { ...t.deps.mailer, status: () => 'failing' } })('/api/health')
    expect(withoutMail).toMatchObject({
      status: 200,
      body: { data: { status: 'degraded', checks: { mail: 'down' } } },
    })
    const unconfigured = await ask(t, { mailer: { ...t.deps.mailer, status: () => 'unconfigured' } })(
      '/api/health',
    )
    expect(unconfigured.body.data).toMatchObject({ status: 'ok', checks: { mail: 'off' } })
  })

  test('is not ready over a database that lacks a migration', async () => {
    await using t = await testServer({ dialect })
    const { database } = t.deps
    const pending = { name: '9999_later', sql: 'select 1' }
    const migrations = { ...database.migrations, known: [...database.migrations.known, pending] }
    const { status, body } = await ask(t, { database: { ...database, migrations } })('/api/health/ready')
    expect(status).toBe(503)
    expect(body.error.details).toEqual({ reason: 'migrations' })
  })

  test('once it is told to end is not ready, lives, and asks clients to hang up', async () => {
    await using t = await testServer({ dialect })
    const lifecycle = new Lifecycle()
    const get = ask(t, { lifecycle })
    expect((await get('/api/health/ready')).headers.get('connection')).toBeNull()
    lifecycle.beginDraining()
    const { status, headers, body } = await get('/api/health/ready')
    expect(status).toBe(503)
    expect(body.error.details).toEqual({ reason: 'draining' })
    expect(headers.get('connection')).toBe('close')
    expect((await get('/api/health/live')).status).toBe(200)
  })
})
