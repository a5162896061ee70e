import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { AppError, unavailable } from '../../src/kernel/index.ts'
import { smallApp } from './small-app.ts'

const { call } = smallApp(
  {
    failureFormats: [
      {
        owns: ({ path }) => path.startsWith('/standard/'),
        encode: (error, { path, headers }) => ({
          headers: {
            'Content-Type': 'application/problem+json',
            'X-Of-Standard': headers.get('accept') ?? '',
          },
          body: JSON.stringify({ type: error.type, path }),
        }),
      },
    ],
  },
  () =>
    new Elysia()
      .get('/standard/away', ({ set }) => {
        set.headers['set-cookie'] = 'a=1'
        throw unavailable('Away.', 7)
      })
      .post('/standard/form', () => 'done')
      .get('/other', () => {
        throw new AppError('CONFLICT', 'Taken.')
      }),
)

describe('a capability with a format of its own', () => {
  test('tells failures of its paths in it, with the status and the headers that belong to them', async () => {
    const answer = await call('GET', '/standard/away?x=1', { headers: { accept: 'text/html' } })
    expect([answer.status, answer.text]).toEqual([
      503,
      '{"type":"SERVICE_UNAVAILABLE","path":"/standard/away"}',
    ])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-of-standard')).toBe('text/html')
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('x-frame-options')).toBe('DENY')
    expect(answer.headers.get('x-request-id')).toBeString()
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test.each<[string, string, RequestInit, number, string]>([
    ['a path that is none', 'GET', {}, 404, 'NOT_FOUND'],
    ['a body that does not parse', 'POST', { body: '{', ...typed('application/json') }, 400, 'BAD_REQUEST'],
    ['a body that is too large', 'POST', { body: 'x'.repeat(1_048_577) }, 413, 'PAYLOAD_TOO_LARGE'],
    [
      'a body that is packed',
      'POST',
      { body: 'x', headers: { 'content-length': '1', 'content-encoding': 'gzip' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['headers that are too large', 'POST', { headers: { x: 'x'.repeat(20_000) } }, 431, 'HEADERS_TOO_LARGE'],
    ['another method', 'DELETE', {}, 405, 'METHOD_NOT_ALLOWED'],
  ])('tells in it what the edge refuses: %s', async (_, method, init, status, type) => {
    const path = status === 404 ? '/standard/none' : '/standard/form'
    const answer = await call(method, path, init)
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([status, type])
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST')
  })

  test('leaves every other path to the envelope', async () => {
    for (const path of ['/other', '/standard', '/standardized/x', '/STANDARD/away', '/x/standard/away']) {
      expect((await call('GET', path)).body).toMatchObject({ version: '1.0', success: false })
    }
  })
})

function typed(type: string): RequestInit {
  return { headers: { 'content-type': type } }
}
