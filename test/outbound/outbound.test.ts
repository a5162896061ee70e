import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { createOutbound, OutboundError, type OutboundFailure } from '../../src/outbound/index.ts'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from '../support/tls.ts'

const LOOPBACK = ['127.0.0.0/8', '::1/128']
const JSON_TYPES = ['application/json', 'application/jwk-set+json']

/** Everything that a host name can be made to mean, with what was asked of it. */
function names(answers: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = []
  const lookup = async (hostname: string) => {
    asked.push(hostname)
    const addresses = answers[hostname]
    if (!addresses) throw new Error(`queryA ENOTFOUND ${hostname}`)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, lookup }
}

async function failureOf(work: Promise<unknown>): Promise<OutboundFailure | 'none'> {
  try {
    await work
    return 'none'
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    return error.failure
  }
}

const requests: Record<string, string>[] = []
let server: ReturnType<typeof serve>
const serve = () =>
  Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { cert: TEST_TLS_CERTIFICATE, key: TEST_TLS_KEY },
    async fetch(request) {
      requests.push(Object.fromEntries(request.headers))
      const { pathname } = new URL(request.url)
      const json = { 'content-type': 'application/json; charset=utf-8' }
      switch (pathname) {
        case '/ok':
          return new Response('{"keys":[]}', { headers: json })
        case '/set':
          return new Response('{"keys":[]}', { headers: { 'content-type': 'application/jwk-set+json' } })
        case '/broken':
          return new Response('{}', { status: 503, headers: json })
        case '/busy':
          return new Response('{}', { status: 429, headers: json })
        case '/echo':
          return new Response(await request.text(), { status: 202 })
        case '/full':
          return new Response('"'.padEnd(65_535, 'x').concat('"'), { headers: json })
        case '/large':
          return new Response('"'.padEnd(65_536, 'x').concat('"'), { headers: json })
        case '/endless':
          return new Response(endless(), { headers: json })
        case '/gzip':
          return new Response(gzipSync('x'.repeat(50_000_000)), {
            headers: { ...json, 'content-encoding': 'gzip' },
          })
        case '/html':
          return new Response('{}', { headers: { 'content-type': 'text/html' } })
        case '/not-json':
          return new Response('<keys>', { headers: json })
        case '/not-utf8':
          return new Response(Uint8Array.of(0x22, 0xff, 0x22), { headers: json })
        case '/redirect':
          return new Response(null, {
            status: 302,
            headers: { location: 'http://169.254.169.254/latest/meta-data/' },
          })
        default:
          return new Response('{}', { status: 404, headers: json })
      }
    },
  })

const endless = () =>
  new ReadableStream({
    async pull(controller) {
      controller.enqueue(new Uint8Array(16_384).fill(0x20))
      await Bun.sleep(1)
    },
  })

/** A server that takes connections and says nothing, or says it slowly. */
let silent: Server
const sockets = new Set<Socket>()
let silentPort = 0

beforeAll(async () => {
  server = serve()
  silent = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n')
    const dribble = setInterval(() => socket.write(' '), 20)
    socket.on('close', () => clearInterval(dribble))
  })
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  const address = silent.address()
  silentPort = typeof address === 'object' && address ? address.port : 0
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  silent.close()
  await server.stop(true)
})

const allowing = (lookup = names({ localhost: ['127.0.0.1'] }).lookup) =>
  createOutbound({ allow: LOOPBACK, ca: TEST_TLS_CERTIFICATE, lookup })
const at = (path: string, host = 'localhost') => `https://${host}:${server.port}${path}`

describe('a request', () => {
  test('gives the JSON, whatever parameters its media type has', async () => {
    expect(await allowing().fetchJson(at('/ok'), JSON_TYPES)).toEqual({ keys: [] })
  })

  test('gives the JSON of every type that ends in +json where any will do', async () => {
    const any = ['application/json', 'application/*+json']
    expect(await allowing().fetchJson(at('/set'), any)).toEqual({ keys: [] })
    expect(await failureOf(allowing().fetchJson(at('/set'), ['application/json']))).toBe('media_type')
    expect(await failureOf(allowing().fetchJson(at('/html'), any))).toBe('media_type')
  })

  test('says what it accepts, and carries the name as its host', async () => {
    requests.length = 0
    await allowing().fetchJson(at('/ok'), JSON_TYPES)
    const [request] = requests
    expect(request?.accept).toBe('application/json, application/jwk-set+json')
    expect(request?.['accept-encoding']).toBe('identity')
    expect(request?.host).toBe(`localhost:${server.port}`)
    expect(request?.['user-agent']).toBe('Authy2')
  })

  test('posts a body and gives any status that is no redirect', async () => {
    const { status, body } = await allowing().send(at('/echo'), { method: 'POST', body: 'logout_token=x' })
    expect([status, new TextDecoder().decode(body)]).toEqual([202, 'logout_token=x'])
    expect((await allowing().send(at('/missing'))).status).toBe(404)
  })

  test('takes 64 KiB and not a byte more', async () => {
    expect(await allowing().fetchJson(at('/full'), JSON_TYPES)).toHaveLength(65_534)
    expect(await failureOf(allowing().fetchJson(at('/large'), JSON_TYPES))).toBe('too_large')
  })

  test.each([
    ['/endless', 'too_large'],
    ['/gzip', 'encoding'],
    ['/html', 'media_type'],
    ['/not-json', 'malformed'],
    ['/not-utf8', 'malformed'],
    ['/missing', 'status'],
    ['/broken', 'unavailable'],
    ['/busy', 'unavailable'],
    ['/redirect', 'redirect'],
  ] as const)('for %s fails: %s', async (path, failure) => {
    expect(await failureOf(allowing().fetchJson(at(path), JSON_TYPES))).toBe(failure)
  })

  test('waits for a slow body no longer than for all of the answer', async () => {
    const { lookup } = names({ localhost: ['127.0.0.1'] })
    const outbound = createOutbound({ allow: LOOPBACK, lookup, totalMilliseconds: 150 })
    const start = performance.now()
    expect(await failureOf(outbound.send(`http://localhost:${silentPort}/`))).toBe('timeout')
    expect(performance.now() - start).toBeLessThan(1_500)
  })

  test('waits for a name that does not resolve no longer, either', async () => {
    const outbound = createOutbound({
      allow: [],
      lookup: () => new Promise(() => {}),
      totalMilliseconds: 50,
    })
    expect(await failureOf(outbound.send('https://slow.example/'))).toBe('timeout')
  })

  test('to nobody fails', async () => {
    const { lookup } = names({ localhost: ['127.0.0.1'] })
    const outbound = createOutbound({ allow: LOOPBACK, lookup })
    expect(await failureOf(outbound.send('http://localhost:1/'))).toBe('unreachable')
    expect(await failureOf(outbound.send('https://nowhere.example/'))).toBe('unresolvable')
  })
})

describe('the address', () => {
  test('is looked up once and connected to, so that a second answer is of no use', async () => {
    let times = 0
    const outbound = createOutbound({
      allow: LOOPBACK,
      ca: TEST_TLS_CERTIFICATE,
      lookup: async () => [{ address: times++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }],
    })
    expect(await outbound.fetchJson(at('/ok'), JSON_TYPES)).toEqual({ keys: [] })
    expect(times).toBe(1)
  })

  test('is refused before anything is connected to', async () => {
    requests.length = 0
    const { lookup, asked } = names({ 'rebind.example': ['127.0.0.1'] })
    const outbound = createOutbound({ allow: [], ca: TEST_TLS_CERTIFICATE, lookup })
    expect(await failureOf(outbound.send(at('/ok', 'rebind.example')))).toBe('refused')
    expect([asked, requests]).toEqual([['rebind.example'], []])
  })

  test('is refused where a single one of several is not public', async () => {
    const { lookup } = names({ 'mixed.example': ['93.184.215.14', '10.0.0.1'] })
    expect(await failureOf(createOutbound({ allow: [], lookup }).send('https://mixed.example/'))).toBe(
      'refused',
    )
  })

  test('does not stand in for the name: its certificate must fit', async () => {
    const { lookup } = names({ 'bank.example': ['127.0.0.1'] })
    expect(await failureOf(allowing(lookup).send(at('/ok', 'bank.example')))).toBe('unreachable')
  })

  test('needs a certificate that somebody vouches for', async () => {
    const { lookup } = names({ localhost: ['127.0.0.1'] })
    expect(await failureOf(createOutbound({ allow: LOOPBACK, lookup }).send(at('/ok')))).toBe('unreachable')
  })

  test('is reached without encryption only where it is allowed by name', async () => {
    const plain = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ plain: true }) })
    try {
      const outbound = createOutbound({ allow: LOOPBACK })
      expect(await outbound.fetchJson(`http://127.0.0.1:${plain.port}/`, JSON_TYPES)).toEqual({ plain: true })
      const { lookup } = names({ 'public.example': ['93.184.215.14'] })
      expect(await failureOf(createOutbound({ allow: [], lookup }).send('http://public.example/'))).toBe(
        'url',
      )
    } finally {
      await plain.stop(true)
    }
  })
})

describe('a trick with the host', () => {
  test.each([
    ['decimal', 'https://2130706433/', 'refused'],
    ['hexadecimal', 'https://0x7f000001/', 'refused'],
    ['octal', 'https://0177.0.0.1/', 'refused'],
    ['octal metadata', 'https://0251.0376.0251.0376/', 'refused'],
    ['short', 'https://127.1/', 'refused'],
    ['zero', 'https://0/', 'refused'],
    ['full-width digits', 'https://１２７.0.0.1/', 'refused'],
    ['an enclosed alphanumeric', 'https://①②⑦.0.0.1/', 'refused'],
    ['percent-encoded', 'https://%31%32%37.0.0.1/', 'refused'],
    ['a trailing dot', 'https://127.0.0.1./', 'refused'],
    ['IPv6 loopback', 'https://[::1]/', 'refused'],
    ['mapped', 'https://[::ffff:127.0.0.1]/', 'refused'],
    ['NAT64', 'https://[64:ff9b::a9fe:a9fe]/', 'refused'],
    ['an IPv6 zone', 'https://[fe80::1%25eth0]/', 'url'],
    ['localhost', 'https://localhost/', 'refused'],
    ['localhost with a dot', 'https://localhost./', 'refused'],
    ['a name of this machine only', 'https://anything.localhost/', 'refused'],
    ['userinfo that looks like a host', 'https://example.com@127.0.0.1/', 'url'],
    ['a backslash', 'https://127.0.0.1\\@example.com/', 'refused'],
    ['another scheme', 'file:///etc/passwd', 'url'],
    ['one more scheme', 'gopher://127.0.0.1:6379/_FLUSHALL', 'url'],
    ['no URL', 'example.com', 'url'],
    ['a very long URL', `https://example.com/${'x'.repeat(2_048)}`, 'url'],
  ] as const)('such as %s does not work', async (_, url, failure) => {
    const { lookup } = names({
      localhost: ['127.0.0.1'],
      'localhost.': ['127.0.0.1'],
      'anything.localhost': ['::1'],
    })
    expect(await failureOf(createOutbound({ allow: [], lookup }).send(url))).toBe(failure)
  })

  test('does not work with the resolver of the system, either', async () => {
    expect(await failureOf(createOutbound({ allow: [] }).send('https://localhost/'))).toBe('refused')
  })
})

test('a failure tells where it happened and nothing that was said there', async () => {
  const error = await allowing()
    .fetchJson(`${at('/not-json')}?token=secret`, JSON_TYPES)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    type: 'UPSTREAM_ERROR',
    details: { upstream: `https://localhost:${server.port}`, failure: 'malformed' },
  })
  expect((error as Error).message).not.toContain('secret')
})
