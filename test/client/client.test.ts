import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ApiError, ConnectionError, createClient, rows, unwrap } from '../../src/client.ts'
import { testServer } from '../support/server.ts'

const t = await testServer()
let url = ''
beforeAll(() => {
  t.app.listen({ hostname: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${t.app.server?.port}`
})
afterAll(async () => {
  await t.app.stop(true)
  await t[Symbol.asyncDispose]()
})

const EMAIL = 'alice@example.com'
const PASSWORD = 'correct horse 7 battery'

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}

describe('a call', () => {
  test('gives the data of the envelope, with instants as they travel', async () => {
    const client = createClient(url)
    const registered = await unwrap(client.api.v1.auth.register.post({ email: EMAIL, password: PASSWORD }))
    if (!('token' in registered)) throw new Error('Registration was not answered with a session')
    expect(registered.is_first_user).toBe(true)
    expect(registered.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

    const signedIn = await unwrap(client.api.v1.auth.login.post({ email: EMAIL, password: PASSWORD }))
    if (signedIn.mfa_required) throw new Error('Nobody has a second factor here')
    const mine = createClient(url, { token: signedIn.token })
    const { user } = await unwrap(mine.api.v1.users.me.get())
    expect(user).toMatchObject({ email: EMAIL, is_instance_admin: true })
    expect(user.created_at).toBeString()
  })

  test('asks for the token before every request', async () => {
    const { token } = await t.signedIn()
    let current: string | undefined
    const client = createClient(url, { token: () => current })
    expect(await failureOf(unwrap(client.api.v1.auth.me.get()))).toMatchObject({ status: 401 })
    current = token
    expect((await unwrap(client.api.v1.auth.me.get())).session).not.toBeNull()
    current = undefined
    expect(await failureOf(unwrap(client.api.v1.auth.me.get()))).toMatchObject({ status: 401 })
  })

  test('carries own headers, and goes through a fetch of one’s own', async () => {
    const { token } = await t.signedIn()
    const seen: (string | null)[] = []
    const observed = async (input: string | URL | Request, init?: RequestInit) => {
      seen.push(new Headers(init?.headers).get('x-request-id'))
      return fetch(input, init)
    }
    const client = createClient(url, {
      token,
      headers: { 'X-Request-ID': 'from-the-client' },
      fetch: Object.assign(observed, { preconnect: fetch.preconnect }),
    })
    const { response } = await client.api.v1.auth.me.get()
    expect(seen).toEqual(['from-the-client'])
    expect(response.headers.get('x-request-id')).toBe('from-the-client')
  })
})

describe('a refusal', () => {
  test('is an ApiError with type, status, details and the request id', async () => {
    const client = createClient(url, { headers: { 'X-Request-ID': 'refused-here' } })
    const error = await failureOf(
      unwrap(client.api.v1.auth.register.post({ email: 'nobody', password: PASSWORD })),
    )
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      name: 'ApiError',
      type: 'VALIDATION_ERROR',
      status: 400,
      requestId: 'refused-here',
      details: { fields: { email: ['must be an e-mail address'] } },
    })
  })

  test('of a wrong password says no more than that', async () => {
    const wrong = createClient(url).api.v1.auth.login.post({ email: EMAIL, password: 'not this one 8' })
    const error = await failureOf(unwrap(wrong))
    expect(error).toMatchObject({ type: 'AUTHENTICATION_ERROR', status: 401 })
    expect(JSON.stringify(error)).not.toContain('not this one 8')
  })

  test('of what another tenant has is NOT_FOUND', async () => {
    const owner = createClient(url, { token: (await t.signedIn()).token })
    const stranger = createClient(url, { token: (await t.signedIn()).token })
    const { organization } = await unwrap(owner.api.v1.organizations.post({ name: 'Acme' }))
    const error = await failureOf(unwrap(stranger.api.v1.organizations({ id: organization.id }).get()))
    expect(error).toMatchObject({ type: 'NOT_FOUND', status: 404 })
  })
})

describe('no answer of the server', () => {
  /** Something in the place of the server, that answers whatever it is told to. */
  const answering = (answer: () => Response) => {
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer })
    return { url: server.url.origin, [Symbol.asyncDispose]: () => server.stop(true) }
  }
  const failureAt = (address: string) => failureOf(unwrap(createClient(address).api.health.get()))

  test('is a ConnectionError without a status when nobody listens', async () => {
    const server = answering(() => new Response())
    await server[Symbol.asyncDispose]()
    const error = await failureAt(server.url)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ name: 'ConnectionError', status: undefined })
    expect((error as ConnectionError).cause).toBeInstanceOf(Error)
  })

  test('is one when the request is given up', async () => {
    const client = createClient(url)
    const call = client.api.health.get({ fetch: { signal: AbortSignal.abort() } })
    const error = await failureOf(unwrap(call))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as ConnectionError).cause).toMatchObject({ name: 'AbortError' })
  })

  test.each<[string, () => Response, number | undefined]>([
    ['the page of a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), 502],
    ['a page in place of an answer', () => new Response('<h1>Sign in to the Wi-Fi</h1>'), 200],
    ['JSON that is no envelope', () => Response.json({ error: 'invalid_token' }, { status: 401 }), 401],
    ['null', () => Response.json(null), 200],
    ['nothing', () => new Response(null, { status: 504 }), 504],
    [
      'JSON that breaks off',
      () => new Response('{"success":', { headers: { 'Content-Type': 'application/json' } }),
      undefined,
    ],
  ])('is one when something in between answers: %s', async (_, answer, status) => {
    await using server = answering(answer)
    const error = await failureAt(server.url)
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as ConnectionError).status).toBe(status as number)
  })
})

describe('the rows of a list', () => {
  test('come one by one over all pages, each page when it is needed', async () => {
    const { token } = await t.signedIn()
    const client = createClient(url, { token })
    const { organization } = await unwrap(client.api.v1.organizations.post({ name: 'Many Departments' }))
    const { departments } = client.api.v1.organizations({ id: organization.id })
    for (const name of ['Red', 'Green', 'Blue', 'Cyan', 'Pink']) await unwrap(departments.post({ name }))

    let pages = 0
    const list = () =>
      rows((cursor) => {
        pages++
        return departments.get({ query: { limit: 2, cursor } })
      })
    const names: string[] = []
    for await (const { name } of list()) names.push(name)
    expect(names.toSorted()).toEqual(['Blue', 'Cyan', 'Green', 'Pink', 'Red'])
    expect(pages).toBe(3)

    pages = 0
    for await (const _ of list()) break
    expect(pages).toBe(1)
  })

  test('of an empty list are none', async () => {
    const client = createClient(url, { token: (await t.signedIn()).token })
    expect(
      await Array.fromAsync(rows((cursor) => client.api.v1.users.me['api-keys'].get({ query: { cursor } }))),
    ).toEqual([])
  })

  test('end with the failure of the page that fails', async () => {
    const client = createClient(url)
    const list = rows((cursor) => client.api.v1.auth.sessions.get({ query: { cursor } }))
    expect(await failureOf(Array.fromAsync(list))).toMatchObject({ type: 'AUTHENTICATION_ERROR' })
  })
})
