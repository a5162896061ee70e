import { afterAll, describe, expect, test } from 'bun:test'
import { OAUTH_ERROR_STATUS } from '../../src/protocol/oauth/index.ts'
import { describedServer, isOfStandard, operationsOf } from './described.ts'

const { t, document } = await describedServer({ PUBLIC_URL: 'http://localhost' })
const operations = new Map([...operationsOf(document)].filter(([name]) => isOfStandard(name)))
afterAll(() => t[Symbol.asyncDispose]())

interface Response {
  readonly description: string
  readonly content: Readonly<
    Record<string, { readonly examples?: Readonly<Record<string, { readonly value: object }>> }>
  >
}

const responses = document.components.responses as Readonly<Record<string, Response>>
const toldOf = (name: string, status: number): Response | undefined => {
  const { $ref = '' } = operations.get(name)?.responses[status] ?? {}
  return responses[$ref.slice('#/components/responses/'.length)]
}
const codesOf = (name: string, status: number): readonly string[] =>
  Object.keys(toldOf(name, status)?.content['application/json']?.examples ?? {})

test('every endpoint that discovery names is described, with each of its methods', async () => {
  const metadata = await (
    await t.app.handle(new Request('http://localhost/.well-known/openid-configuration'))
  ).json()
  const named = Object.entries(metadata as Record<string, string>)
    .filter(([member]) => member.endsWith('_endpoint') || member === 'jwks_uri')
    .map(([, url]) => new URL(url).pathname)
  expect(named).toHaveLength(10)
  for (const path of named) expect([path, document.paths[path] !== undefined]).toEqual([path, true])
  expect([...operations.keys()].toSorted()).toEqual([
    'DELETE /oidc/register/{client_id}',
    'GET /.well-known/oauth-authorization-server',
    'GET /.well-known/oauth-protected-resource',
    'GET /.well-known/oauth-protected-resource/api',
    'GET /.well-known/openid-configuration',
    'GET /oidc/authorize',
    'GET /oidc/jwks',
    'GET /oidc/logout',
    'GET /oidc/register/{client_id}',
    'GET /oidc/userinfo',
    'POST /oidc/authorize',
    'POST /oidc/device',
    'POST /oidc/introspect',
    'POST /oidc/logout',
    'POST /oidc/par',
    'POST /oidc/register',
    'POST /oidc/revoke',
    'POST /oidc/token',
    'POST /oidc/userinfo',
    'PUT /oidc/register/{client_id}',
  ])
})

test('the token endpoint has a form for each grant type', () => {
  const form = operations.get('POST /oidc/token')?.requestBody?.content['application/x-www-form-urlencoded']
  const { oneOf = [] } = (form?.schema ?? {}) as {
    oneOf?: { properties: { grant_type: { const: string } } }[]
  }
  expect(oneOf.map(({ properties }) => properties.grant_type.const)).toEqual([
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
  expect(Object.keys(form?.examples ?? {})).toHaveLength(5)
})

describe.each([...operations])('%s', (name, { responses: told, security }) => {
  test('tells failures in the form of the standard, with the status of each code', () => {
    const statuses = Object.keys(told).map(Number)
    for (const status of statuses.filter((candidate) => candidate >= 400)) {
      const examples = toldOf(name, status)?.content['application/json']?.examples ?? {}
      expect(Object.keys(examples).length).toBeGreaterThan(0)
      for (const [code, { value }] of Object.entries(examples)) {
        expect(code in OAUTH_ERROR_STATUS).toBe(true)
        expect(value).toEqual({ error: code, error_description: expect.any(String) })
      }
    }
    expect(statuses).toEqual(expect.arrayContaining([431, 500, 503]))
  })

  test('answers a request without anything as it says', async () => {
    const [method = '', path = ''] = name.split(' ')
    const response = await t.app.handle(
      new Request(`http://localhost${path}`, { method, headers: { accept: 'application/json' } }),
    )
    expect(Object.keys(told).map(Number)).toContain(response.status)
    if (security.length > 0) expect(response.status).toBeGreaterThanOrEqual(400)
    if (response.status < 400) return
    const body = (await response.json()) as { error?: string }
    if (body.error === undefined) expect(name).toEndWith('/oidc/userinfo')
    else expect(codesOf(name, response.status)).toContain(body.error)
  })

  test('says what becomes of too large a body, if it has one', async () => {
    if (operations.get(name)?.requestBody === undefined) return
    const [method = '', path = ''] = name.split(' ')
    const request = new Request(`http://localhost${path}`, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a'.repeat(1_048_577),
    })
    const response = await t.app.handle(request)
    expect([response.status, codesOf(name, 413)]).toEqual([413, ['invalid_request']])
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })
})

test('the example of discovery is the document of this server', () => {
  const { content } = operations.get('GET /.well-known/openid-configuration')?.responses[200] ?? {}
  const media = (content as Response['content'] | undefined)?.['application/json']
  expect(media?.examples?.example1?.value).toMatchObject({ issuer: 'http://localhost' })
})

test('a route that applications may call names discovery and the scope; one of people does not', () => {
  const all = operationsOf(document)
  expect(all.get('GET /api/v1/organizations/{id}')?.security).toContainEqual({
    openIdConnect: ['organizations:read'],
  })
  expect(all.get('GET /api/v1/users/me/export')?.security).toEqual([{ bearer: [] }, { cookie: [] }])
  expect(all.get('GET /api/v1/admin/users')?.security).toEqual([{ bearer: [] }, { cookie: [] }])
})
