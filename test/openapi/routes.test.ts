import { afterAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { testServer } from '../support/server.ts'

const t = await testServer()
afterAll(() => t[Symbol.asyncDispose]())

const get = (path: string, headers: Record<string, string> = {}) =>
  t.app.handle(new Request(`http://localhost${path}`, { headers }))

describe.each(['/openapi', '/swagger'])('the page at %s', (path) => {
  test('takes scripts and styles of this server only, all of which are there', async () => {
    const response = await get(path)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const page = await response.text()
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file)
    expect(files).toHaveLength(4)
    for (const file of files) {
      expect(file).toStartWith('/openapi/')
      expect((await get(file)).status).toBe(200)
    }
  })

  test('has a content policy that allows nothing inline and no other origin, and keeps to it', async () => {
    const response = await get(path)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toStartWith("default-src 'none';")
    expect(policy).not.toMatch(/unsafe|http|\*/)
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(await response.text()).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/)
  })
})

describe.each(['/openapi/json', '/swagger/json', '/openapi/assets/swagger-ui.js'])('%s', (path) => {
  test('is sent compressed to who can read that, and the same to who cannot', async () => {
    const plain = await get(path)
    const compressed = await get(path, { 'accept-encoding': 'br, gzip' })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(compressed.headers.get('content-encoding')).toBe('gzip')
    expect(compressed.headers.get('vary')).toBe('Accept-Encoding')
    expect(gunzipSync(await compressed.arrayBuffer()).toString()).toBe(await plain.text())
  })

  test('is sent again only when it has changed', async () => {
    const first = await get(path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^W\/".{16}"$/)
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const second = await get(path, { 'if-none-match': `"other", ${etag}` })
    expect([second.status, await second.text()]).toEqual([304, ''])
    expect(second.headers.get('etag')).toBe(etag)
    expect((await get(path, { 'if-none-match': 'W/"other"' })).status).toBe(200)
  })
})

test('the document is made once', async () => {
  const server = await testServer()
  await using _ = server
  const fetchTag = async () => {
    const response = await server.app.handle(new Request('http://localhost/openapi/json'))
    return [response.headers.get('etag'), response.headers.get('content-type')]
  }
  const tags = await Promise.all(Array.from({ length: 20 }, fetchTag))
  expect(new Set(tags.map(([tag]) => tag)).size).toBe(1)
  expect(tags[0]?.[1]).toBe('application/json')
})

test.each([
  'package.json',
  'swagger-ui-bundle.js',
  '..%2F..%2Fpackage.json',
  '%2e%2e%2froutes.ts',
  'constructor',
  '__proto__',
])('no file but those of the page is handed out: %s', async (name) => {
  const response = await get(`/openapi/assets/${name}`)
  expect(response.status).toBe(404)
  expect(((await response.json()) as { error: unknown }).error).toEqual({ type: 'NOT_FOUND', details: {} })
})

test('nothing of it is loaded from elsewhere', async () => {
  const folder = `${import.meta.dir}/../../src/openapi`
  for (const file of readdirSync(folder)) {
    expect(await Bun.file(`${folder}/${file}`).text()).not.toMatch(/https?:\/\//)
  }
})
