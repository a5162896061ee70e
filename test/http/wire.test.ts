import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/index.ts'
import { ERROR_STATUS, type ErrorType, silentLog } from '../../src/kernel/index.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { chunked, head, type RawAnswer, sendRaw } from './raw.ts'

/** The server as people run it, and bytes as nobody's library would send them. */
let server: RunningServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authy2-wire-'))
  const SECRET_KEY = 'test-only-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'
  const ENCRYPTION_KEY = SECRET_KEY.split('').reverse().join('')
  const env = {
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: folder,
    SECRET_KEY,
    ENCRYPTION_KEY,
    RATELIMIT_ENABLED: 'false',
  }
  server = await startServer(loadConfig({ env, envFile: false }), { log: silentLog })
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const MIB = 1_048_576
const LOGIN = '/api/v1/auth/login'
const JSON_TYPE = 'Content-Type: application/json'
const send = (...parts: (string | Uint8Array)[]) => sendRaw(server.port, ...parts)
const post = (path: string, body: string | Uint8Array, headers: readonly string[] = [JSON_TYPE]) =>
  send(head('POST', path, [`Content-Length: ${Buffer.byteLength(body)}`, ...headers]), body)

/** The envelope of a failure, whole, and what every answer carries. */
function expectFailure({ status, headers, body }: RawAnswer, type: ErrorType) {
  const envelope = JSON.parse(body)
  expect(envelope.error.type).toBe(type)
  expect(envelope).toEqual({
    version: '1.0',
    success: false,
    code: ERROR_STATUS[type],
    message: expect.any(String),
    request_id: headers.get('x-request-id'),
    error: { type, details: expect.any(Object) },
  })
  expect(status).toBe(ERROR_STATUS[type])
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(headers.get('x-frame-options')).toBe('DENY')
  return envelope
}

describe('a path', () => {
  test.each([
    '/nowhere',
    '/api',
    '/api/v2/auth/me',
    '/api/v1/auth/me/more',
    '/%E0%A4',
    '/%00',
    '/%zz',
    '//api/v1/auth/me',
    '/api//v1/auth/me',
    '/api/v1/auth//me',
    '/API/V1/AUTH/ME',
    '/api/v1/%61uth/me',
    '/api/v1/auth%2Fme',
    '/../etc/passwd',
    '/.env',
    '/__proto__',
    '/constructor',
    '/openapi/assets/..%2f..%2fpackage.json',
    '/x?a=%E0%A4&b=%',
  ])('that nothing is at answers 404: %s', async (path) => {
    const answer = await send(head('GET', path))
    expectFailure(answer, 'NOT_FOUND')
  })

  test('without a route says so in one wording', async () => {
    const { message } = expectFailure(await send(head('GET', '/nowhere')), 'NOT_FOUND')
    expect(message).toBe('There is nothing at this path.')
  })

  test('is the same with a slash at its end', async () => {
    expect((await send(head('GET', '/api/health/live/'))).status).toBe(200)
  })

  test('is that of the request line, whatever host it is written with', async () => {
    expect((await send(head('GET', 'http://elsewhere.example/api/health/live'))).status).toBe(200)
    expect((await send(head('GET', '//localhost/api/health/live'))).status).toBe(404)
  })

  test('with a malformed id in it is one that nothing has', async () => {
    const { token } = await register()
    for (const id of ['%E0%A4', '%00', "'--", '..', 'a'.repeat(9_000)]) {
      const answer = await send(
        head('GET', `/api/v1/organizations/${id}`, [`Authorization: Bearer ${token}`]),
      )
      expectFailure(answer, 'NOT_FOUND')
    }
  })
})

describe('a method', () => {
  test.each([
    ['PUT', '/api/health', 'GET, HEAD'],
    ['POST', '/api/health/', 'GET, HEAD'],
    ['GET', LOGIN, 'POST'],
    ['HEAD', LOGIN, 'POST'],
    ['OPTIONS', LOGIN, 'POST'],
    ['TRACE', LOGIN, 'POST'],
    ['PROPFIND', '/api/v1/users/me', 'GET, HEAD, PATCH, DELETE'],
    ['PUT', '/api/v1/auth/sessions/1', 'DELETE'],
    ['POST', '/api/v1/auth/sessions/%E0%A4', 'DELETE'],
    ['PUT', '/api/v1/organizations/1', 'GET, HEAD, PATCH, DELETE'],
    ['PATCH', '/api/v1/organizations/1/members/2', 'DELETE'],
  ])('that a path does not know answers 405 with those that it does: %s %s', async (method, path, allow) => {
    const answer = await send(head(method, path, ['Connection: close']))
    expect(answer.headers.get('allow')).toBe(allow)
    if (method !== 'HEAD') expectFailure(answer, 'METHOD_NOT_ALLOWED')
    expect(answer.status).toBe(405)
  })

  test.each([
    ['/api/health/live', 200],
    ['/api/v1/auth/me', 401],
    ['/nowhere', 404],
    ['/dev/mail', 200],
  ])('HEAD answers as GET does, without the body: %s', async (path, status) => {
    const get = await send(head('GET', path, ['X-Request-ID: the-same-one']))
    const answer = await send(head('HEAD', path, ['X-Request-ID: the-same-one', 'Connection: close']))
    expect([get.status, answer.status]).toEqual([status, status])
    expect(answer.body).toBe('')
    for (const headers of [get.headers, answer.headers])
      for (const name of ['date', 'connection', 'etag']) headers.delete(name)
    expect([...answer.headers].sort()).toEqual([...get.headers].sort())
  })
})

describe('headers', () => {
  test.each([
    ['one of 20 KB', [`X-Long: ${'a'.repeat(20_000)}`]],
    ['many', Array.from({ length: 80 }, (_, index) => `X-Many-${index}: ${'a'.repeat(200)}`)],
    ['a cookie', [`Cookie: theme=${'a'.repeat(20_000)}`]],
  ])('of more than 16 KiB are refused: %s', async (_, headers) => {
    const { error } = expectFailure(await send(head('GET', '/api/health/live', headers)), 'HEADERS_TOO_LARGE')
    expect(error.details).toEqual({ max_bytes: 16_384 })
  })

  test('of a little less are not', async () => {
    const headers = [`X-Long: ${'a'.repeat(16_000)}`]
    expect((await send(head('GET', '/api/health/live', headers))).status).toBe(200)
  })

  test('count the address, too', async () => {
    expectFailure(await send(head('GET', `/nowhere?${'a'.repeat(20_000)}`)), 'HEADERS_TOO_LARGE')
    expectFailure(await send(head('GET', `/${'a'.repeat(20_000)}`)), 'HEADERS_TOO_LARGE')
  })

  // A host with a slash is read as a part of the path by whoever takes the address apart.
  test.each(['evil/metrics?', 'a b', 'x#', '"><script>', 'a@b', 'localhost:99999999', '[::1', '%61'])(
    'name a host that can be one: %s',
    async (host) => {
      expectFailure(await send(head('GET', '/nowhere', [`Host: ${host}`])), 'BAD_REQUEST')
    },
  )

  test.each(['localhost', 'id.example.com', 'ID.example.com:5000', '127.0.0.1:80', '[::1]:5000', 'a_b'])(
    'may name any host: %s',
    async (host) => {
      expect((await send(head('GET', '/api/health/live', [`Host: ${host}`]))).status).toBe(200)
    },
  )

  test('that are no header are refused before they become a request', async () => {
    for (const line of ['X-Bad: a\0b', 'no colon', 'X Bad: a', 'Content-Length: -1', 'Content-Length: x'])
      expect((await send(head('POST', LOGIN, [line]))).status).toBe(400)
  })
})

describe('a body', () => {
  const fill = (bytes: number) => `{"email":"a@example.com","password":"${'x'.repeat(bytes - 39)}"}`

  test('of exactly 1 MiB is read', async () => {
    expect(Buffer.byteLength(fill(MIB))).toBe(MIB)
    expectFailure(await post(LOGIN, fill(MIB)), 'VALIDATION_ERROR')
    const head_ = head('POST', LOGIN, [JSON_TYPE, 'Transfer-Encoding: chunked'])
    expectFailure(await send(head_, chunked(fill(MIB))), 'VALIDATION_ERROR')
  })

  test('of one byte more is refused, declared or in chunks', async () => {
    const declared = expectFailure(await post(LOGIN, fill(MIB + 1)), 'PAYLOAD_TOO_LARGE')
    expect(declared.error.details).toEqual({ max_bytes: MIB })
    const head_ = head('POST', LOGIN, [JSON_TYPE, 'Transfer-Encoding: chunked'])
    expectFailure(await send(head_, chunked(fill(MIB + 1))), 'PAYLOAD_TOO_LARGE')
  })

  test('is refused by what it declares, before any of it comes', async () => {
    const headers = [JSON_TYPE, `Content-Length: ${MIB + 1}`]
    expectFailure(await send(head('POST', LOGIN, headers)), 'PAYLOAD_TOO_LARGE')
  })

  test('is JSON, whose length and coding are what they say', async () => {
    for (const type of [
      [],
      ['Content-Type: text/plain'],
      ['Content-Type: application/x-www-form-urlencoded'],
      ['Content-Type: multipart/form-data; boundary=x'],
      ['Content-Type: text/plain; application/json'],
      ['Content-Type: application/jsonp'],
      [JSON_TYPE, 'Content-Encoding: gzip'],
    ])
      expectFailure(
        await post(LOGIN, '{"email":"a@example.com","password":"x"}', type),
        'UNSUPPORTED_MEDIA_TYPE',
      )
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=UTF-8',
    'application/problem+json',
  ])('may be called %s', async (type) => {
    const sent = '{"email":"a@example.com","password":"wrong-password"}'
    expectFailure(await post(LOGIN, sent, [`Content-Type: ${type}`]), 'AUTHENTICATION_ERROR')
  })

  test.each([
    ['cut off', '{"email":'],
    ['with a comma too many', '{"email":"a",}'],
    ['of two values', '{} {}'],
    ['in single quotes', "{'email':'a'}"],
    ['not a number', '{"email":NaN}'],
    ['an unfinished string', '{"email":"a'],
    ['an unfinished escape', '"\\'],
    ['brackets that close nothing', ']]]]'],
  ])('that is not JSON answers 400: %s', async (_, body) => {
    const { message } = expectFailure(await post(LOGIN, body), 'BAD_REQUEST')
    expect(message).toBe('The body is not valid JSON.')
  })

  test.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc0, 0xaf, 0x22]], // an overlong slash
    [[0x22, 0xed, 0xa0, 0x80, 0x22]], // half a surrogate pair
    [[0x22, 0xe2, 0x82, 0x22]], // cut off
    [[0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]], // UTF-16
  ])('that is not UTF-8 answers 400: %p', async (bytes) => {
    const { message } = expectFailure(await post(LOGIN, Uint8Array.from(bytes)), 'BAD_REQUEST')
    expect(message).toBe('The body is not valid UTF-8.')
  })

  // 100,000 brackets held the process for 17 seconds: the framework writes out, indented, what does not fit.
  test.each([
    ['lists', '['.repeat(33), ']'.repeat(33)],
    ['objects', '{"a":'.repeat(100_000), `1${'}'.repeat(100_000)}`],
    ['lists without an end', '['.repeat(1_000_000), ''],
    ['lists after a quote', '"\\"",[', '['.repeat(40)],
  ])('of many %s within each other is refused at once', async (_, opening, closing) => {
    const startedAt = performance.now()
    const { message } = expectFailure(await post(LOGIN, opening + closing), 'BAD_REQUEST')
    expect(message).toBe('The body is nested deeper than 32 levels.')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('may hold as many brackets as it likes in its texts, and 32 within each other', async () => {
    const sent = JSON.stringify({ email: 'a@example.com', password: '[{"\\'.repeat(20) })
    expectFailure(await post(LOGIN, sent), 'AUTHENTICATION_ERROR')
    expectFailure(await post(LOGIN, '['.repeat(32) + ']'.repeat(32)), 'VALIDATION_ERROR')
  })

  test('cannot reach what objects have by themselves', async () => {
    const sent =
      '{"__proto__":{"email":"a@example.com","password":"x"},"constructor":{"prototype":{"polluted":1}}}'
    const { error } = expectFailure(await post(LOGIN, sent), 'VALIDATION_ERROR')
    expect(Object.keys(error.details.fields)).toEqual(['email', 'password'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('that says a thing twice means the last', async () => {
    const sent = '{"email":"a@example.com","password":"x","email":7}'
    const { error } = expectFailure(await post(LOGIN, sent), 'VALIDATION_ERROR')
    expect(Object.keys(error.details.fields)).toEqual(['email'])
  })

  test('with NUL in a text is refused where text goes to the database', async () => {
    const { token } = await register()
    const sent = '{"full_name":"a\\u0000b"}'
    const headers = [JSON_TYPE, `Authorization: Bearer ${token}`, `Content-Length: ${sent.length}`]
    expectFailure(await send(head('PATCH', '/api/v1/users/me', headers), sent), 'VALIDATION_ERROR')
    expectFailure(await post(LOGIN, '{"email":"a\\u0000@example.com","password":"x"}'), 'VALIDATION_ERROR')
  })

  test.each([
    ['none', [] as string[]],
    ['an empty one', [JSON_TYPE, 'Content-Length: 0']],
    ['an empty one in chunks', [JSON_TYPE, 'Transfer-Encoding: chunked']],
  ])('that is missing is told from one that is there: %s', async (name, headers) => {
    const answer = await send(head('POST', LOGIN, headers), name.endsWith('chunks') ? '0\r\n\r\n' : '')
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).success).toBe(false)
  })

  test('cannot be two at once (request smuggling, RFC 9112 §6.3)', async () => {
    const both = head('POST', LOGIN, [JSON_TYPE, 'Content-Length: 3', 'Transfer-Encoding: chunked'])
    expect((await send(both, '0\r\n\r\n')).status).toBe(400)
    const twice = head('POST', LOGIN, [JSON_TYPE, 'Content-Length: 3', 'Content-Length: 4'])
    expect((await send(twice, '{}')).status).toBe(400)
  })

  test('of a GET changes nothing', async () => {
    const answer = await send(head('GET', '/api/health/live', [JSON_TYPE, 'Content-Length: 2']), '{}')
    expect(answer.status).toBe(200)
  })
})

let registered = 0

async function register(): Promise<{ token: string }> {
  const email = `person-${registered++}@example.com`
  const { body } = await post(
    '/api/v1/auth/register',
    JSON.stringify({ email, password: 'violet-anchor-72-lamp' }),
  )
  return JSON.parse(body).data
}
