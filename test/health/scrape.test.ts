import { describe, expect, test } from 'bun:test'
import { createScrape, mayScrape } from '../../src/health/scrape.ts'
import { unavailable } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

const TOKEN = 'metrics-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'

const scrape = (headers: Record<string, string> = {}) => new Request('http://localhost/metrics', { headers })

describe('without a token', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s may read the metrics', (peer) => {
    expect(mayScrape(undefined, scrape(), peer)).toBe(true)
  })

  test.each([
    '10.0.0.1',
    '203.0.113.7',
    '::',
    '0.0.0.0',
    'fe80::1',
    '::ffff:10.0.0.1',
    'localhost',
    '',
    undefined,
  ])('%p may not', (peer) => {
    expect(mayScrape(undefined, scrape(), peer)).toBe(false)
  })

  test.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'X-Forwarded-Host'])(
    'a caller behind a proxy on this machine may not (%s)',
    (header) => {
      expect(mayScrape(undefined, scrape({ [header]: '127.0.0.1' }), '127.0.0.1')).toBe(false)
    },
  )
})

describe('with a token', () => {
  test('whoever has it may read the metrics, from anywhere', () => {
    expect(mayScrape(TOKEN, scrape({ authorization: `Bearer ${TOKEN}` }), '203.0.113.7')).toBe(true)
    expect(mayScrape(TOKEN, scrape({ authorization: `bearer ${TOKEN}` }), undefined)).toBe(true)
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN} ${TOKEN}`,
  ])('%p is refused, also on this machine', (authorization) => {
    expect(mayScrape(TOKEN, scrape(authorization === undefined ? {} : { authorization }), '127.0.0.1')).toBe(
      false,
    )
  })
})

test('the endpoint answers in plain text whom it refuses, and says what is missing', async () => {
  await using closed = await testServer()
  const fromElsewhere = await closed.app.handle(scrape())
  expect(fromElsewhere.status).toBe(403)
  expect(await fromElsewhere.text()).toContain('METRICS_TOKEN')

  await using t = await testServer({ env: { METRICS_TOKEN: TOKEN } })
  const refused = await t.app.handle(scrape({ authorization: 'Bearer wrong' }))
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  expect(await refused.text()).not.toContain(TOKEN)
})

describe.each(testDialects)('the metrics on $name', (dialect) => {
  test('are in the format of Prometheus, with requests, process and what the database knows', async () => {
    await using t = await testServer({ dialect, env: { METRICS_TOKEN: TOKEN } })
    await t.signedIn()
    await t.signedIn()
    await t.call('GET', '/nowhere')
    await Bun.sleep(5) // a request is counted after its answer has left
    const response = await t.app.handle(scrape({ authorization: `Bearer ${TOKEN}` }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    const text = await response.text()
    expect(text).toContain('authy2_active_sessions 2\n')
    expect(text).toMatch(/^authy2_database_ping_seconds 0\.\d+$/m)
    for (const name of [
      'authy2_http_request_duration_seconds_bucket',
      'authy2_password_hash_queue_depth',
      'authy2_password_hash_running',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'authy2_event_loop_delay_seconds{quantile="0.99"}',
    ]) {
      expect(text.includes(`\n${name}`), name).toBe(true)
    }
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) |[a-z0-9_]+({.*})? \S+$|$)/)
  })

  test('leave out the sessions that have reached their end, and count again only now and then', async () => {
    await using t = await testServer({ dialect })
    await t.signedIn()
    t.clock.advance(31 * 86_400)
    await t.signedIn()
    const render = createScrape(t.deps)
    expect(await render()).toContain('authy2_active_sessions 1\n')
    await t.signedIn()
    expect(await render()).toContain('authy2_active_sessions 1\n')
  })

  test('are there while the database is away', async () => {
    await using t = await testServer({ dialect })
    const away = () => Promise.reject(unavailable('away'))
    const text = await createScrape({ ...t.deps, database: { ...t.deps.database, ping: away } })()
    expect(text).toContain('process_resident_memory_bytes')
  })
})
