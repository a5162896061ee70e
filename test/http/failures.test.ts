import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope } from '../../src/http/index.ts'
import { AppError, ERROR_STATUS, type ErrorType, unavailable } from '../../src/kernel/index.ts'
import { type LogLine, readAnswer, requestLine, smallApp } from './small-app.ts'

const SECRET = 'a2s_this-must-not-be-seen'

/** One route that does something, on a socket. */
function serve(handler: () => unknown, options: object = {}) {
  const small = smallApp({}, () => new Elysia().get('/broken', handler, options))
  const socket = small.listen()
  return {
    ...small,
    get: async () => readAnswer(await fetch(`${socket.url}/broken`)),
    [Symbol.asyncDispose]: socket[Symbol.asyncDispose],
  }
}

const written = (lines: readonly LogLine[]) =>
  JSON.stringify(lines, (_, value) =>
    value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value,
  )

describe('an unexpected failure', () => {
  test.each<[string, () => unknown]>([
    [
      'an error',
      () => {
        throw new Error(SECRET)
      },
    ],
    [
      'an error later',
      async () => {
        await Bun.sleep(1)
        throw new TypeError(SECRET)
      },
    ],
    [
      'a text',
      () => {
        throw SECRET
      },
    ],
    [
      'a number',
      () => {
        throw 404
      },
    ],
    [
      'an object that pretends to be a failure',
      () => {
        throw { code: 'NOT_FOUND', status: 418, message: SECRET }
      },
    ],
    [
      'an error with a status',
      () => {
        throw Object.assign(new Error(SECRET), { status: 418, code: 'PARSE' })
      },
    ],
    [
      'an answer',
      () => {
        throw new Response(SECRET, { status: 409 })
      },
    ],
  ])('answers 500 without the cause, which the log has under the request id: %s', async (_, handler) => {
    await using s = serve(handler)
    const { status, headers, text, body } = await s.get()
    expect(status).toBe(500)
    expect(body).toEqual({
      version: '1.0',
      success: false,
      code: 500,
      message: 'Something went wrong here. Report the request id to the operator.',
      request_id: headers.get('x-request-id'),
      error: { type: 'INTERNAL_ERROR', details: {} },
    })
    expect(text).not.toContain('this-must-not')
    const [cause] = s.lines.filter(({ level }) => level === 'error')
    expect(cause).toMatchObject({ event: 'request.failed', fields: { request_id: body.request_id } })
    expect(cause?.fields.err).toBeInstanceOf(Error)
    expect(await requestLine(s.lines)).toMatchObject({
      route: '/broken',
      status: 500,
      request_id: body.request_id,
    })
  })

  // The framework reads `error.code` of whatever is thrown, and so fails itself: Bun then answered by a page of its own.
  test.each([null, undefined])('that is %p is answered in an envelope, too', async (nothing) => {
    await using s = serve(() => {
      throw nothing
    })
    const { status, headers, body } = await s.get()
    expect(status).toBe(500)
    expect(body).toMatchObject({ success: false, code: 500, error: { type: 'INTERNAL_ERROR', details: {} } })
    expect(body.request_id).toBe(headers.get('x-request-id'))
    expect(headers.get('x-frame-options')).toBe('DENY')
    const { request_id } = body
    expect(s.lines).toMatchObject([{ level: 'error', event: 'request.failed', fields: { request_id } }])
  })

  test('in an answer that does not fit its schema shows the answer to nobody, not even in the log', async () => {
    const handler = () => ({ token: SECRET, version: '1.0' })
    await using s = serve(handler, { response: { 200: Envelope(z.object({ id: z.string() })) } })
    const { status, text } = await s.get()
    expect(status).toBe(500)
    expect(text).not.toContain(SECRET)
    await requestLine(s.lines)
    expect(written(s.lines)).not.toContain(SECRET)
    expect(String(s.lines[0]?.fields.err)).toContain('does not fit its schema: success: Invalid input')
  })

  test('in a hook before routing is answered in an envelope', async () => {
    const small = smallApp({}, () =>
      new Elysia()
        .onRequest(() => {
          throw new Error(SECRET)
        })
        .get('/', () => 'never'),
    )
    const { status, headers, body, text } = await small.call('GET', '/')
    expect(status).toBe(500)
    expect(body.request_id).toBe(headers.get('x-request-id'))
    expect(text).not.toContain(SECRET)
  })
})

describe('an expected failure', () => {
  test.each(Object.entries(ERROR_STATUS) as [ErrorType, number][])(
    'of type %s answers %i',
    async (type, code) => {
      const error = new AppError(type, 'Said to the caller.', { details: { a: 1 }, cause: new Error(SECRET) })
      await using s = serve(() => {
        throw error
      })
      const { status, headers, body, text } = await s.get()
      expect(status).toBe(code)
      expect(body).toEqual({
        version: '1.0',
        success: false,
        code,
        message: 'Said to the caller.',
        request_id: headers.get('x-request-id'),
        error: { type, details: { a: 1 } },
      })
      expect(text).not.toContain(SECRET)
      expect(s.lines.filter(({ level }) => level === 'error')).toEqual([])
    },
  )

  test('sends the headers that belong to it', async () => {
    await using s = serve(() => {
      throw unavailable('Away.', 7)
    })
    expect((await s.get()).headers.get('retry-after')).toBe('7')
  })

  test('that is not the caller’s fault tells the log why', async () => {
    const cause = new Error('the disk is full')
    await using s = serve(() => {
      throw unavailable('Away.', 1, cause)
    })
    await s.get()
    expect(s.lines[0]).toMatchObject({ level: 'warn', event: 'request.unavailable', fields: { err: cause } })
  })

  // Else signing in could fail, and the browser be signed in all the same.
  test('carries nothing of the answer that its route had begun', async () => {
    const small = smallApp({}, () =>
      new Elysia().get('/', ({ set }) => {
        set.status = 201
        set.headers['set-cookie'] = ['a=1', 'b=2']
        set.headers['content-type'] = 'text/html'
        set.headers['content-security-policy'] = "default-src 'unsafe-inline'"
        set.headers.location = '/elsewhere'
        set.headers.etag = '"1"'
        throw new AppError('CONFLICT', '<script>alert(1)</script>')
      }),
    )
    const { status, headers } = await small.call('GET', '/')
    expect(status).toBe(409)
    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('content-type')).toStartWith('application/json')
    expect(headers.get('content-security-policy')).toStartWith("default-src 'none'")
    expect(headers.get('location')).toBeNull()
    expect(headers.get('etag')).toBeNull()
  })
})

describe('input that does not fit', () => {
  const Input = z.object({
    name: z.string().max(5),
    tags: z.array(z.string()).max(3),
  })
  const { call } = smallApp({}, () =>
    new Elysia()
      .post('/things/:id', () => 'done', {
        body: Input,
        query: z.object({ limit: z.coerce.number().max(10).optional() }),
        params: z.object({ id: z.string().max(4) }),
      })
      .post('/any', () => 'done', { body: z.record(z.string(), z.number()) }),
  )
  const post = (path: string, body: string) =>
    call('POST', path, { headers: { 'content-type': 'application/json' }, body })

  test.each([
    [
      '/things/1',
      '{"name":7,"tags":["a",1]}',
      {
        name: ['Invalid input: expected string, received number'],
        'tags.1': ['Invalid input: expected string, received number'],
      },
    ],
    ['/things/1', '{"tags":["a"]}', { name: ['is required'] }],
    ['/things/1', '[]', { '(body)': ['Invalid input: expected object, received array'] }],
    ['/things/1', 'null', { '(body)': ['Invalid input: expected object, received null'] }],
    [
      '/things/1?limit=11',
      '{"name":"a","tags":[]}',
      { 'query.limit': ['Too big: expected number to be <=10'] },
    ],
    [
      '/things/12345',
      '{"name":"a","tags":[]}',
      { 'path.id': ['Too big: expected string to have <=4 characters'] },
    ],
  ])('says path and rule: %s %s', async (path, sent, fields) => {
    const { status, body } = await post(path, sent)
    expect(status).toBe(400)
    expect(body.error).toEqual({ type: 'VALIDATION_ERROR', details: { fields } })
  })

  test('never says the value', async () => {
    const { text } = await post(
      '/things/1',
      JSON.stringify({ name: 'correct horse battery staple', tags: [] }),
    )
    expect(text).toContain('name')
    expect(text).not.toContain('horse')
  })

  test('may have names that objects have by themselves', async () => {
    const { status, body } = await post('/any', '{"__proto__":"x","constructor":"y","toString":"z"}')
    expect(status).toBe(400)
    expect(Object.keys(body.error.details.fields)).toContain('constructor')
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('is told of up to a bound, however much of it is wrong', async () => {
    const wrong = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 'x']))
    const { status, body } = await post('/any', JSON.stringify(wrong))
    expect(status).toBe(400)
    expect(Object.keys(body.error.details.fields).length).toBeLessThanOrEqual(64)
  })
})
