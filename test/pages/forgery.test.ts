/** No page does anything for a form that it did not send, and none of them can be framed or cached. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createSystemRandom } from '../../src/kernel/index.ts'
import { createFormSeal } from '../../src/pages/forgery.ts'
import { PATHS } from '../../src/pages/paths.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { problemsOn, titleOf, Visitor } from './visitor.ts'

let t: TestServer
beforeAll(async () => {
  t = await testServer()
})
afterAll(() => t[Symbol.asyncDispose]())

const forms = () =>
  t.app.routes
    .filter(({ method, path }) => method === 'POST' && !/^\/(api|oidc|dev)\//.test(path))
    .map(({ path }) => path.replace(':token', 'a2i_x'))

const ENTRIES = {
  email: 'mallory@example.com',
  password: PASSWORD,
  password_confirm: PASSWORD,
  decision: 'allow',
}

test('there are forms to try', () => {
  expect(forms().length).toBeGreaterThan(15)
  expect(forms()).toContain('/login')
})

test('a form without a seal, or by another browser’s, does nothing', async () => {
  await withPassword(t, { email: 'mallory@example.com' })
  const mallory = new Visitor(() => t)
  const stolen = sealOn((await mallory.get('/login')).text)
  for (const path of forms()) {
    for (const csrf of ['', 'x', stolen]) {
      const victim = new Visitor(() => t)
      await victim.get('/login')
      const page = await victim.form(path, { ...ENTRIES, csrf })
      expect(page.status).toBeOneOf([400, 403, 410])
      expect(await victim.signedInAs()).toBeUndefined()
    }
  }
})

test('a form from another site does nothing, even with the right seal', async () => {
  for (const path of forms()) {
    const victim = new Visitor(() => t)
    const csrf = sealOn((await victim.get('/login')).text)
    const page = await victim.form(path, { ...ENTRIES, csrf }, { origin: 'https://evil.example' })
    expect(page.status).toBeOneOf([400, 403, 410])
    expect(await victim.signedInAs()).toBeUndefined()
  }
  expect(await eventsOf(t, 'user.register')).toEqual([])
})

test('whose page was open for longer than its cookie is told so, and loses nothing', async () => {
  const visitor = new Visitor(() => t)
  const page = await visitor.get('/login')
  visitor.cookies.clear()
  const again = await visitor.submit(page, { email: 'mallory@example.com', password: PASSWORD })
  expect([again.status, problemsOn(again)]).toEqual([
    403,
    [
      'Your browser sent no cookie: this page was open for too long, or cookies are not allowed. Allow them, check what you entered and send it again.',
    ],
  ])
  expect(again.text).toContain('value="mallory@example.com"')
  await visitor.submit(again, { password: PASSWORD })
  expect(await visitor.signedInAs()).toBe('mallory@example.com')
})

test.each(Object.values(PATHS).filter((path) => path !== PATHS.invites))(
  '%s can be put in no frame, is kept in no cache, and tells no other site',
  async (path) => {
    const page = await new Visitor(() => t).get(path)
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    expect(page.headers.get('cache-control')).toBe('no-store')
    if (page.status >= 300 && page.status < 400) return
    if (page.status === 405) return // only a form goes there
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('referrer-policy')).toBe('same-origin')
    const policy = page.headers.get('content-security-policy') ?? ''
    for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      expect(policy).toContain(directive)
    }
    expect(policy).not.toContain('unsafe')
  },
)

test('a nonce is never used twice', async () => {
  const visitor = new Visitor(() => t)
  const policies = await Promise.all([1, 2, 3].map(() => visitor.get('/login')))
  expect(new Set(policies.map(({ headers }) => headers.get('content-security-policy'))).size).toBe(3)
})

describe('entries that no page of ours sends', () => {
  const post = (body: string, type = 'application/x-www-form-urlencoded') =>
    t.app.handle(
      new Request('http://localhost:5000/login', {
        method: 'POST',
        headers: { 'content-type': type, origin: 'http://localhost:5000' },
        body,
      }),
    )

  test.each([
    ['the same entry twice', 'email=a%40b.de&email=c%40d.de'],
    ['an interaction twice', 'interaction=a&interaction=b'],
    ['a very long entry', `csrf=${'x'.repeat(10_000)}`],
    ['broken escapes', 'email=%E0%A4%A'],
    ['nothing', ''],
    ['no form', '{"email":"a@b.de"}'],
    ['many entries', Array.from({ length: 5_000 }, (_, index) => `a${index}=1`).join('&')],
  ])('%s are refused with a page or an answer that says so', async (_, body) => {
    const response = await post(body)
    expect(response.status).toBeOneOf([400, 403])
    expect(await response.text()).not.toContain('Internal')
  })

  test('in another encoding are no form', async () => {
    expect((await post('{"email":"a@b.de"}', 'application/json')).status).toBe(403)
    expect((await post('email=a', 'multipart/form-data; boundary=x')).status).toBe(403)
  })

  test('of any kind never make a page fail', async () => {
    const names = fc.constantFrom('email', 'password', 'csrf', 'interaction', 'return_to', 'code', 'method')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, fc.string({ unit: 'binary' })), { maxLength: 6 }),
        async (entries) => {
          const response = await post(new URLSearchParams(entries).toString())
          expect(response.status).toBeOneOf([400, 403, 410])
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('the seal of a form', () => {
  const random = createSystemRandom()
  const seals = createFormSeal({ secretKeys: ['one'.repeat(20)], random })

  test('is of one browser', () => {
    const [mine, other] = [seals.browserToken(undefined).token, seals.browserToken(undefined).token]
    expect(seals.isSealOf(mine, seals.sealFor(mine))).toBe(true)
    expect(seals.isSealOf(other, seals.sealFor(mine))).toBe(false)
    expect(seals.isSealOf(undefined, seals.sealFor(mine))).toBe(false)
    expect(seals.browserToken(mine)).toEqual({ token: mine, isNew: false })
  })

  test('is made for no cookie that this server did not set', () => {
    expect(seals.browserToken('planted').isNew).toBe(true)
    expect(seals.isSealOf('planted', seals.sealFor('planted'))).toBe(false)
  })

  test('outlives a change of the secret by which it was made', () => {
    const { token } = seals.browserToken(undefined)
    const rotated = createFormSeal({ secretKeys: ['two'.repeat(20), 'one'.repeat(20)], random })
    const after = createFormSeal({ secretKeys: ['two'.repeat(20)], random })
    expect(rotated.isSealOf(token, seals.sealFor(token))).toBe(true)
    expect(after.isSealOf(token, seals.sealFor(token))).toBe(false)
  })
})

test('links that fail elsewhere lead to a page that says what happened, in words of ours only', async () => {
  const visitor = new Visitor(() => t)
  expect(titleOf(await visitor.get('/error?code=provider_failed'))).toBe(
    'The other service did not sign you in',
  )
  for (const code of ['constructor', '<script>', '', '__proto__']) {
    expect(titleOf(await visitor.get(`/error?code=${encodeURIComponent(code)}`))).toBe(
      'There is no such page',
    )
  }
})

const sealOn = (html: string): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''

describe('what the edge refuses before any page is asked', () => {
  const accept = 'text/html,application/xhtml+xml'
  const send = (path: string, init: RequestInit) =>
    t.app.handle(
      new Request(`http://localhost:5000${path}`, { ...init, headers: { accept, ...init.headers } }),
    )

  test.each<[string, string, RequestInit, number, string]>([
    ['a method that the page does not know', '/login', { method: 'DELETE' }, 405, 'There is no such page'],
    ['an address that is none', '/singin', {}, 404, 'There is no such page'],
    [
      'a body that is too large',
      '/login',
      { method: 'POST', body: 'x'.repeat(1_048_577), headers: { 'content-length': '1048577' } },
      413,
      'This was too much',
    ],
    [
      'a body that is not UTF-8',
      '/invites/x',
      { method: 'POST', body: new Uint8Array([0xff]), headers: { 'content-type': 'text/plain' } },
      400,
      'This form was not accepted',
    ],
  ])('%s is told to a browser on a page', async (_, path, init, status, title) => {
    const response = await send(path, init)
    const html = await response.text()
    expect([response.status, /<h1>(.*?)<\/h1>/.exec(html)?.[1]]).toEqual([status, title])
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(html).toContain(response.headers.get('x-request-id') ?? '-')
  })

  test('and to a program in an envelope', async () => {
    const response = await send('/login', { method: 'DELETE', headers: { accept: '*/*' } })
    expect(await response.json()).toMatchObject({ error: { type: 'METHOD_NOT_ALLOWED' } })
  })
})
