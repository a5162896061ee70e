import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, loadConfig } from '../src/config/index.ts'
import { MigrationError } from '../src/db/index.ts'
import { JOBS } from '../src/jobs/index.ts'
import { silentLog } from '../src/kernel/index.ts'
import { startServer } from '../src/server.ts'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from './support/tls.ts'

const SECRET = 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE'
const LONG_AGO = new Date(0)
const DRAIN = { log: silentLog, drainMilliseconds: 300 }

/** A data folder that goes away, and configurations over it. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'authy2-server-'))
  return {
    path,
    config: (env: Record<string, string> = {}): Config =>
      loadConfig({
        env: {
          NODE_ENV: 'test',
          PORT: '0',
          DATA_DIR: path,
          SECRET_KEY: SECRET,
          ENCRYPTION_KEY: SECRET.split('').reverse().join(''),
          ...env,
        },
        envFile: false,
      }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

async function running(config: Config, options: Parameters<typeof startServer>[1] = { log: silentLog }) {
  const server = await startServer(config, options)
  return { ...server, [Symbol.asyncDispose]: server.stop }
}

/** A connection on which bytes are written one by one and everything that comes back is kept. */
async function rawConnection(port: number) {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  const closed = Promise.withResolvers<void>()
  socket.on('data', (bytes) => {
    received += bytes
  })
  socket.on('error', () => {})
  socket.on('close', () => closed.resolve())
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    send: (text: string) => socket.write(text),
    closed: closed.promise,
    received: () => received,
    async receives(text: string) {
      while (!received.includes(text)) await Bun.sleep(2)
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

const UPLOAD = JSON.stringify({ email: 'nobody@example.com', password: 'not-a-password' })
const HEAD = `POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${UPLOAD.length}\r\n\r\n`

describe('a server', () => {
  test('starts on an empty folder, migrates, answers, and leaves a closed database behind', async () => {
    await using place = folder()
    const server = await startServer(place.config(), { log: silentLog })
    const response = await fetch(`${server.url}/api/health/ready`)
    expect(response.status).toBe(200)
    await server.stop()
    expect(fetch(`${server.url}/api/health/live`)).rejects.toThrow()
    using file = new SqliteFile(join(place.path, 'authy2.db'), { readwrite: true })
    file.run('BEGIN IMMEDIATE')
    file.run('ROLLBACK')
  })

  test('serves HTTPS with its own certificate', async () => {
    await using place = folder()
    const files = {
      TLS_CERT_FILE: join(place.path, 'cert.pem'),
      TLS_KEY_FILE: join(place.path, 'key.pem'),
    }
    writeFileSync(files.TLS_CERT_FILE, TEST_TLS_CERTIFICATE)
    writeFileSync(files.TLS_KEY_FILE, TEST_TLS_KEY)
    await using server = await running(place.config(files))
    expect(server.url).toStartWith('https://127.0.0.1:')
    const response = await fetch(`${server.url}/api/health/live`, { tls: { ca: TEST_TLS_CERTIFICATE } })
    expect(response.status).toBe(200)
    expect(response.headers.get('strict-transport-security')).toContain('max-age')
  })

  test('shows its metrics to this machine, and not through a proxy on it', async () => {
    await using place = folder()
    await using server = await running(place.config())
    const metrics = await fetch(`${server.url}/metrics`)
    expect(metrics.status).toBe(200)
    expect(metrics.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    const proxied = await fetch(`${server.url}/metrics`, { headers: { 'X-Forwarded-For': '127.0.0.1' } })
    expect(proxied.status).toBe(403)
  })
})

test('a server runs jobs from soon after its start until it is told to stop', async () => {
  await using place = folder()
  const server = await startServer(place.config(), { log: silentLog })
  const { jobs, database } = server.deps
  const { reader } = database
  const rows = () => reader.select().from(reader.t.job)
  while ((await rows()).length < JOBS.length) await Bun.sleep(20)
  await database.transaction(async ({ update, t }) => void (await update(t.job).set({ nextRunAt: LONG_AGO })))
  jobs.wake()
  while (!(await rows()).every(({ lastOutcome }) => lastOutcome === 'success')) await Bun.sleep(20)
  await database.transaction(async ({ update, t }) => void (await update(t.job).set({ nextRunAt: LONG_AGO })))
  await server.stop()
  using file = new SqliteFile(join(place.path, 'authy2.db'), { readonly: true })
  expect(file.query('select name from jobs where next_run_at > 0').all()).toEqual([])
})

describe('a server that cannot start closes what it opened', () => {
  test('when the port is taken', async () => {
    await using place = folder()
    await using first = await running(place.config())
    await using second = folder()
    const taken = second.config({ PORT: String(first.port) })
    expect(startServer(taken, { log: silentLog })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await rm(second.path, { recursive: true })
    expect((await fetch(`${first.url}/api/health/live`)).status).toBe(200)
  })

  test('when the certificate is not there', async () => {
    await using place = folder()
    const missing = place.config({
      TLS_CERT_FILE: join(place.path, 'none.pem'),
      TLS_KEY_FILE: join(place.path, 'none.pem'),
    })
    expect(startServer(missing, { log: silentLog })).rejects.toThrow('none.pem')
  })

  test('when the database is to be migrated by hand, and is not', async () => {
    await using place = folder()
    const byHand = place.config({ AUTO_MIGRATE: 'false' })
    expect(startServer(byHand, { log: silentLog })).rejects.toBeInstanceOf(MigrationError)
  })

  test('when there is no place for a database', async () => {
    await using place = folder()
    const nowhere = place.config({ DATABASE_URL: 'sqlite:/proc/nowhere/authy2.db' })
    expect(startServer(nowhere, { log: silentLog })).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
    expect(existsSync('/proc/nowhere')).toBe(false)
  })
})

describe('what is too large is refused in the envelope', () => {
  test('headers of 20 KB', async () => {
    await using place = folder()
    await using server = await running(place.config())
    const response = await fetch(`${server.url}/api/health`, { headers: { 'X-Large': 'x'.repeat(20_000) } })
    expect(response.status).toBe(431)
    expect(await response.json()).toMatchObject({ success: false, error: { type: 'HEADERS_TOO_LARGE' } })
  })

  test.each([
    ['declared', (body: string) => body],
    ['chunked', (body: string) => new Blob([body]).stream()],
  ])('a %s body of 1 MiB and a byte', async (_, send) => {
    await using place = folder()
    await using server = await running(place.config())
    const response = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: send(`"${'x'.repeat(1_048_575)}"`),
    })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { type: 'PAYLOAD_TOO_LARGE' } })
  })
})

describe('a server that is told to stop', () => {
  test('finishes what is in flight, and accepts nothing new', async () => {
    await using place = folder()
    const server = await startServer(place.config(), { log: silentLog })
    using client = await rawConnection(server.port)
    client.send(HEAD + UPLOAD.slice(0, 10))
    await Bun.sleep(50)
    const stopped = server.stop()
    expect(fetch(`${server.url}/api/health/live`)).rejects.toThrow()
    client.send(UPLOAD.slice(10))
    await client.receives('AUTHENTICATION_ERROR')
    expect(client.received()).toStartWith('HTTP/1.1 401')
    await client.closed
    await stopped
  })

  test('asks a client whose request comes late to hang up', async () => {
    await using place = folder()
    const server = await startServer(place.config(), { log: silentLog })
    using inFlight = await rawConnection(server.port)
    using late = await rawConnection(server.port)
    inFlight.send(HEAD + UPLOAD.slice(0, 10))
    late.send('GET /api/health/ready HTTP/1.1\r\nHost: loc')
    await Bun.sleep(50)
    const stopped = server.stop()
    late.send('alhost\r\n\r\n')
    await late.receives('draining')
    expect(late.received()).toStartWith('HTTP/1.1 503')
    expect(late.received()).toMatch(/^connection: close\r$/im)
    inFlight.send(UPLOAD.slice(10))
    await stopped
  })

  test('does not wait for connections that idle', async () => {
    await using place = folder()
    const server = await startServer(place.config(), { log: silentLog })
    using idle = await rawConnection(server.port)
    idle.send('GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await idle.receives('"live"')
    const start = performance.now()
    await server.stop()
    expect(performance.now() - start).toBeLessThan(1_000)
    await idle.closed
  })

  // A refused upload once kept its connection, and with it the server, for the whole 30 seconds.
  test('does not wait for a connection whose body nobody read', async () => {
    await using place = folder()
    const server = await startServer(place.config(), { log: silentLog })
    const refused = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: 'x'.repeat(2_000_000),
    })
    expect(refused.status).toBe(413)
    const start = performance.now()
    await server.stop()
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  test('waits for nobody for ever', async () => {
    await using place = folder()
    const server = await startServer(place.config(), DRAIN)
    using stuck = await rawConnection(server.port)
    stuck.send(HEAD)
    await Bun.sleep(50)
    const start = performance.now()
    await server.stop()
    const waited = performance.now() - start
    expect(waited).toBeGreaterThanOrEqual(300)
    expect(waited).toBeLessThan(3_000)
    await stuck.closed
  })
})
