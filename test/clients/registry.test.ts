import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { storeDocumentClient } from '../../src/clients/index.ts'
import { DAY, HOUR, MINUTE } from '../../src/kernel/index.ts'
import { createOutbound } from '../../src/outbound/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testServer } from '../support/server.ts'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from '../support/tls.ts'
import { clientCalls, WIKI } from './requests.ts'

const KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

/** What applications publish about themselves, at https://localhost, and how often it was asked for. */
const published = new Map<string, () => Response>()
const asked: string[] = []
let server: ReturnType<typeof serve>
const serve = () =>
  Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { cert: TEST_TLS_CERTIFICATE, key: TEST_TLS_KEY },
    fetch(request) {
      const { pathname } = new URL(request.url)
      asked.push(pathname)
      return published.get(pathname)?.() ?? new Response(null, { status: 404 })
    },
  })
beforeAll(() => {
  server = serve()
})
afterAll(() => server.stop(true))
beforeEach(() => {
  published.clear()
  asked.length = 0
})
const at = (path: string) => `https://localhost:${server.port}${path}`
const publish = (path: string, json: unknown, headers?: Record<string, string>) =>
  published.set(path, () => Response.json(json, headers ? { headers } : {}))

/** A server whose requests reach this machine, with metadata documents switched on unless said otherwise. */
async function arrange(env: Record<string, string> = {}) {
  const outbound = createOutbound({ allow: ['127.0.0.0/8', '::1/128'], ca: TEST_TLS_CERTIFICATE })
  const t = await testServer({ outbound, env: { OIDC_CLIENT_METADATA_DOCUMENTS: 'true', ...env } })
  const registry = t.deps.clients
  const calls = clientCalls(t, await foundTenant(t))
  const find = async (id: string) => {
    const client = await registry.find(id)
    if (!client) throw new Error('The client is not there')
    return client
  }
  return { t, registry, ...calls, find, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}
const signing = (keys: object) => ({ token_endpoint_auth_method: 'private_key_jwt', ...keys })
const kids = ({ keys }: { keys: { kid?: string }[] }) => keys.map(({ kid }) => kid)

describe('the keys of a client', () => {
  test('are those that it was given', async () => {
    await using a = await arrange()
    const { id } = await a.make(signing({ jwks: { keys: [{ ...KEY, kid: 'a' }] } }))
    expect(kids(await a.registry.keysOf(await a.find(id)))).toEqual(['a'])
  })

  test('are fetched once for ten minutes, however many ask at once', async () => {
    await using a = await arrange()
    publish('/jwks', { keys: [{ ...KEY, kid: 'a' }] }, { 'content-type': 'application/jwk-set+json' })
    const client = await a.find((await a.make(signing({ jwks_uri: at('/jwks') }))).id)
    const answers = await Promise.all(Array.from({ length: 20 }, () => a.registry.keysOf(client)))
    expect(answers.map(kids)).toEqual(Array(20).fill(['a']))
    a.t.clock.advance(10 * MINUTE - 1)
    await a.registry.keysOf(client)
    expect(asked).toHaveLength(1)
    a.t.clock.advance(1)
    await a.registry.keysOf(client)
    expect(asked).toHaveLength(2)
  })

  test('are fetched again when one is missing, once a minute', async () => {
    await using a = await arrange()
    publish('/jwks', { keys: [{ ...KEY, kid: 'a' }] })
    const client = await a.find((await a.make(signing({ jwks_uri: at('/jwks') }))).id)
    const missing = { isKeyMissing: true }
    await a.registry.keysOf(client)
    publish('/jwks', { keys: [{ ...KEY, kid: 'b' }] })
    expect(kids(await a.registry.keysOf(client, missing))).toEqual(['a'])
    a.t.clock.advance(MINUTE)
    const answers = await Promise.all(Array.from({ length: 20 }, () => a.registry.keysOf(client, missing)))
    expect(answers.map(kids)).toEqual(Array(20).fill(['b']))
    expect(asked).toHaveLength(2)
  })

  test('go on for a day while they cannot be fetched, which is tried once a minute', async () => {
    await using a = await arrange()
    publish('/jwks', { keys: [{ ...KEY, kid: 'a' }] })
    const client = await a.find((await a.make(signing({ jwks_uri: at('/jwks') }))).id)
    await a.registry.keysOf(client)
    published.clear()
    a.t.clock.advance(HOUR)
    for (let time = 0; time < 3; time++) expect(kids(await a.registry.keysOf(client))).toEqual(['a'])
    expect(asked).toHaveLength(2)
    a.t.clock.advance(DAY)
    expect(kids(await a.registry.keysOf(client))).toEqual([])
  })

  test('are none where there are none to be had, which is asked once a minute', async () => {
    await using a = await arrange()
    const client = await a.find((await a.make(signing({ jwks_uri: at('/nothing') }))).id)
    for (let time = 0; time < 3; time++) expect((await a.registry.keysOf(client)).keys).toEqual([])
    expect(asked).toHaveLength(1)
    expect((await a.registry.keysOf(await a.find((await a.make()).id))).keys).toEqual([])
  })

  test.each([
    ['a private one', { keys: [{ ...KEY, d: 'secret' }] }],
    ['a shared one', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ['one for encryption', { keys: [{ ...KEY, use: 'enc' }] }],
    ['half a one', { keys: [{ kty: 'RSA', n: 'x' }] }],
    ['no set', [KEY]],
    ['51 of them', { keys: Array(51).fill(KEY) }],
    ['nothing', null],
  ])('are never %s', async (_, document) => {
    await using a = await arrange()
    publish('/jwks', document)
    const client = await a.find((await a.make(signing({ jwks_uri: at('/jwks') }))).id)
    expect((await a.registry.keysOf(client)).keys).toEqual([])
  })

  test('are not fetched from the network that the server stands in', async () => {
    await using t = await testServer()
    const { make } = clientCalls(t, await foundTenant(t))
    publish('/jwks', { keys: [KEY] })
    const client = await t.deps.clients.find((await make(signing({ jwks_uri: at('/jwks') }))).id)
    expect(client && (await t.deps.clients.keysOf(client)).keys).toEqual([])
    expect(asked).toEqual([])
  })
})

describe('a client that its id describes', () => {
  const described = (path: string, members: object = {}) => {
    const client_id = at(path)
    publish(path, { client_id, client_name: 'Agent', redirect_uris: ['http://127.0.0.1/cb'], ...members })
    return client_id
  }

  test('is public, needs PKCE and consent, and belongs to nobody', async () => {
    await using a = await arrange()
    const id = described('/client.json')
    expect(await a.registry.find(id)).toMatchObject({
      id,
      origin: 'document',
      organizationId: null,
      requirePkce: true,
      consent: 'required',
      secrets: [],
      access: { membersOnly: false },
      metadata: { client_name: 'Agent', token_endpoint_auth_method: 'none' },
    })
    expect(await a.t.read(({ reader }) => reader.$count(reader.t.client))).toBe(0)
  })

  test('is read again after ten minutes', async () => {
    await using a = await arrange()
    const id = described('/client.json')
    await a.registry.find(id)
    described('/client.json', { client_name: 'Better agent' })
    expect((await a.find(id)).metadata.client_name).toBe('Agent')
    a.t.clock.advance(10 * MINUTE)
    expect((await a.find(id)).metadata.client_name).toBe('Better agent')
  })

  test.each([
    ['names another client', { client_id: 'https://localhost/other.json' }],
    ['has a secret', { client_secret: 'x' }],
    ['would authenticate by one', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['has no redirect URI', { redirect_uris: [] }],
    ['has a redirect URI that is a script', { redirect_uris: ['javascript:alert(1)'] }],
  ])('is none where the document %s', async (_, members) => {
    await using a = await arrange()
    expect(await a.registry.find(described('/client.json', members))).toBeUndefined()
  })

  test('is none where there is no document, which is asked for once a minute', async () => {
    await using a = await arrange()
    for (let time = 0; time < 3; time++) expect(await a.registry.find(at('/client.json'))).toBeUndefined()
    expect(asked).toEqual(['/client.json'])
    a.t.clock.advance(MINUTE)
    described('/client.json')
    expect(await a.registry.find(at('/client.json'))).toBeDefined()
  })

  test.each<[string, () => Response]>([
    ['is taken down', () => new Response(null, { status: 404 })],
    ['is refused', () => new Response(null, { status: 403 })],
    ['has moved', () => Response.redirect('https://localhost/other.json')],
    ['is no JSON any more', () => Response.json('{', { headers: { 'content-type': 'text/html' } })],
    ['names another client', () => Response.json({ client_id: 'https://localhost/x', redirect_uris: [] })],
    ['is not valid any more', () => Response.json({ client_id: at('/client.json'), redirect_uris: [] })],
  ])('is none any more once its document %s', async (_, answer) => {
    await using a = await arrange()
    const id = described('/client.json')
    await a.find(id)
    published.set('/client.json', answer)
    a.t.clock.advance(10 * MINUTE)
    for (let time = 0; time < 3; time++) expect(await a.registry.find(id)).toBeUndefined()
    expect(asked).toHaveLength(2)
    described('/client.json')
    a.t.clock.advance(MINUTE)
    expect(await a.registry.find(id)).toBeDefined()
  })

  test.each([500, 503, 429])('goes on for an hour while its server answers %i', async (status) => {
    await using a = await arrange()
    const id = described('/client.json')
    await a.find(id)
    published.set('/client.json', () => new Response(null, { status }))
    a.t.clock.advance(HOUR - 1)
    expect(await a.registry.find(id)).toBeDefined()
    a.t.clock.advance(1)
    expect(await a.registry.find(id)).toBeUndefined()
  })

  test.each([
    ['application/json; charset=utf-8', true],
    ['application/oauth-client-metadata+json', true],
    ['application/json+xml', false],
    ['text/x+json', false],
  ])('has a document of the type %s: %p', async (type, isTaken) => {
    await using a = await arrange()
    const client_id = at('/client.json')
    publish('/client.json', { client_id, redirect_uris: ['http://127.0.0.1/cb'] }, { 'content-type': type })
    expect((await a.registry.find(client_id)) !== undefined).toBe(isTaken)
  })

  test('is none unless that is switched on, and nothing is fetched', async () => {
    await using a = await arrange({ OIDC_CLIENT_METADATA_DOCUMENTS: 'false' })
    expect(await a.registry.find(described('/client.json'))).toBeUndefined()
    expect(asked).toEqual([])
  })

  test.each([
    'http://localhost/client.json',
    'https://localhost/',
    'https://user@localhost/c',
    'https://localhost/c#x',
  ])('is none at %s', async (id) => {
    await using a = await arrange()
    expect(await a.registry.find(id)).toBeUndefined()
    expect(asked).toEqual([])
  })
})

describe('a sector identifier', () => {
  const PAIRWISE = {
    subject_type: 'pairwise',
    redirect_uris: ['https://a.example.com/cb', 'https://b.example.com/cb'],
  }

  test('must list every redirect URI, at creation and at each change', async () => {
    await using a = await arrange()
    publish('/sector', PAIRWISE.redirect_uris)
    const body = { ...PAIRWISE, sector_identifier_uri: at('/sector') }
    const { id } = await a.make(body)
    const wider = { redirect_uris: [...PAIRWISE.redirect_uris, 'https://c.example.com/cb'] }
    const refused = [await a.create({ ...body, ...wider }), await a.call('PATCH', `/${id}`, wider)]
    for (const answer of refused) {
      expect(answer.status).toBe(400)
      expect(answer.body.error.details.fields.sector_identifier_uri).toEqual([
        expect.stringContaining('every'),
      ])
    }
    publish('/sector', [...PAIRWISE.redirect_uris, 'https://c.example.com/cb'])
    expect((await a.call('PATCH', `/${id}`, wider)).status).toBe(200)
  })

  test.each([
    ['is not there', undefined],
    ['is no list', { redirect_uris: [] }],
    ['is empty', []],
  ])('is of no use where its document %s', async (_, document) => {
    await using a = await arrange()
    if (document) publish('/sector', document)
    const answer = await a.create({ ...PAIRWISE, sector_identifier_uri: at('/sector') })
    expect(answer.body.error?.details.fields).toHaveProperty('sector_identifier_uri')
  })

  test('is needed for several hosts', async () => {
    await using a = await arrange()
    expect((await a.create(PAIRWISE)).status).toBe(400)
    expect((await a.create({ ...PAIRWISE, redirect_uris: WIKI.redirect_uris })).status).toBe(201)
  })
})

test('a client that its id describes can be given a row, which follows its document', async () => {
  await using a = await arrange()
  const client_id = at('/client.json')
  const describe = (client_name: string) =>
    publish('/client.json', { client_id, client_name, redirect_uris: ['http://127.0.0.1/cb'] })
  const rows = () => a.t.read(({ reader }) => reader.select().from(reader.t.client))
  describe('Agent')
  const client = await a.find(client_id)
  await Promise.all([1, 2].map(() => a.t.write((ctx) => storeDocumentClient(ctx, client))))
  describe('Better agent')
  a.t.clock.advance(10 * MINUTE)
  const renewed = await a.find(client_id)
  await a.t.write((ctx) => storeDocumentClient(ctx, renewed))
  expect(await rows()).toMatchObject([
    { id: client_id, origin: 'document', metadata: { client_name: 'Better agent' } },
  ])
  const events = await a.t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
  expect(events.filter(({ targetId }) => targetId === client_id)).toMatchObject([
    { action: 'oidc.client.register', details: { name: 'Agent', by: 'document' } },
  ])
})
