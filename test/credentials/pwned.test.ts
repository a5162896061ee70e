import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { createPwnedCheck, type PwnedOutcome } from '../../src/credentials/pwned.ts'

const PASSWORD = 'P@ssw0rd' // its SHA-1 is 21BD1 and:
const SUFFIX = '2DC183F740EE76F27B78EB39C8AD972A757'
const OTHER = '0018A45C4D1DEF81644B54AB7F969B88D65'

/** A range service with the given behaviour, and a check that asks it. */
function rangeService(answer: (request: Request) => Response | Promise<Response>) {
  const requests: { path: string; headers: Record<string, string> }[] = []
  const outcomes: PwnedOutcome[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      requests.push({ path: new URL(request.url).pathname, headers: request.headers.toJSON() })
      return answer(request)
    },
  })
  const isPwned = createPwnedCheck({
    fetch,
    origin: server.url.origin,
    onOutcome: (outcome) => outcomes.push(outcome),
  })
  return { isPwned, requests, outcomes, [Symbol.asyncDispose]: () => server.stop(true) }
}

const rows = (...lines: string[]) => new Response(lines.join('\r\n'))

test('a password with a leaked hash is recognised', async () => {
  await using t = rangeService(() => rows(`${OTHER}:4`, `${SUFFIX}:83129`))
  expect(await t.isPwned(PASSWORD)).toBe(true)
  expect(t.outcomes).toEqual(['leaked'])
})

test('only five characters of the hash are sent, and padding is asked for', async () => {
  await using t = rangeService(() => rows(`${OTHER}:4`))
  await t.isPwned(PASSWORD)
  expect(t.requests).toMatchObject([{ path: '/range/21BD1', headers: { 'add-padding': 'true' } }])
  const sent = JSON.stringify(t.requests)
  expect(sent).not.toContain(SUFFIX)
  expect(sent).not.toContain(PASSWORD)
})

test('a password that is not in its range passes', async () => {
  await using t = rangeService(() => rows(`${OTHER}:4`))
  expect(await t.isPwned(PASSWORD)).toBe(false)
  expect(t.outcomes).toEqual(['not_leaked'])
})

test('a padding row, whose count is 0, is no leak', async () => {
  await using t = rangeService(() => rows(`${OTHER}:4`, `${SUFFIX}:0`))
  expect(await t.isPwned(PASSWORD)).toBe(false)
  expect(t.outcomes).toEqual(['not_leaked'])
})

test('the hash is taken of the normalized password, as it is stored', async () => {
  await using t = rangeService(() => rows(`${OTHER}:4`))
  await t.isPwned('e\u0301toile')
  const prefix = createHash('sha1').update('\u00e9toile').digest('hex').toUpperCase().slice(0, 5)
  expect(t.requests).toMatchObject([{ path: `/range/${prefix}` }])
})

describe('the check fails open, and says so, when the service', () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ['answers 500', () => new Response(`${SUFFIX}:7`, { status: 500 })],
    ['answers 429', () => new Response('', { status: 429 })],
    ['answers nothing', () => new Response('')],
    ["answers with some proxy's page", () => new Response('<html>Sign in to the hotel</html>')],
    ['sends elsewhere', () => Response.redirect('http://127.0.0.1:1/')],
  ])('%s', async (_, answer) => {
    await using t = rangeService(answer)
    expect(await t.isPwned(PASSWORD)).toBe(false)
    expect(t.outcomes).toEqual(['unavailable'])
  })

  test('cannot be reached', async () => {
    const outcomes: PwnedOutcome[] = []
    const isPwned = createPwnedCheck({
      fetch: () => Promise.reject(new Error('connection refused')),
      onOutcome: (outcome) => outcomes.push(outcome),
    })
    expect(await isPwned(PASSWORD)).toBe(false)
    expect(outcomes).toEqual(['unavailable'])
  })

  const never = new Promise<never>(() => {})
  test.each<[string, () => Response | Promise<Response>]>([
    ['takes longer than a second', () => never],
    [
      'stalls in the middle of its answer',
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(`${OTHER}:4\r\n`)
              await never
            },
          }),
        ),
    ],
  ])('%s', async (_, answer) => {
    await using t = rangeService(answer)
    const startedAt = performance.now()
    expect(await t.isPwned(PASSWORD)).toBe(false)
    expect(t.outcomes).toEqual(['unavailable'])
    expect(performance.now() - startedAt).toBeWithin(900, 3_000)
  })
})
