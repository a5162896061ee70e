import { expect, test } from 'bun:test'
import { canRunInstances, startInstances } from './instances.ts'

const PASSWORD = 'quiet-Harbour-71-lantern'
const REGISTRATION = { email: 'ada@example.com', password: PASSWORD }

async function twoInstances(env: Record<string, string> = {}) {
  const { servers, redis, [Symbol.asyncDispose]: dispose } = await startInstances(2, env)
  const [one, other] = servers
  if (!one || !other) throw new Error('Two servers were to start')
  return { one, other, redis, [Symbol.asyncDispose]: dispose }
}

test.skipIf(!canRunInstances)(
  'who signs in on one instance is known on both, and who is signed out on one is refused by the other at the next request',
  async () => {
    await using servers = await twoInstances()
    const { one, other } = servers
    const registered = await one.call('POST', '/auth/register', { body: REGISTRATION })
    expect(registered.status).toBe(201)
    const signedIn = await other.call('POST', '/auth/login', { body: REGISTRATION })
    expect(signedIn.status).toBe(200)
    const { token } = signedIn.body.data

    for (const server of [one, other, one]) {
      expect((await server.call('GET', '/auth/me', { token })).status).toBe(200)
    }
    expect((await one.call('POST', '/auth/logout', { token })).status).toBe(200)
    for (const server of [other, one]) {
      expect((await server.call('GET', '/auth/me', { token })).status).toBe(401)
    }
    const { token: first } = registered.body.data
    expect((await other.call('GET', '/auth/me', { token: first })).status).toBe(200)
  },
  60_000,
)

test.skipIf(!canRunInstances)(
  'both count against one limit',
  async () => {
    await using servers = await twoInstances({ RATELIMIT_LOGIN: '4/1h' })
    const statuses: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      const server = attempt % 2 === 0 ? servers.one : servers.other
      const body = { email: `nobody${attempt}@example.com`, password: PASSWORD }
      statuses.push((await server.call('POST', '/auth/login', { body })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
  },
  60_000,
)

test.skipIf(!canRunInstances)(
  'without Redis nobody is signed out, people sign in, and health says what is missing',
  async () => {
    await using servers = await twoInstances()
    const { one, other, redis } = servers
    const { body } = await one.call('POST', '/auth/register', { body: REGISTRATION })
    const { token } = body.data

    await redis.stop()
    for (const server of [one, other]) {
      expect((await server.call('GET', '/auth/me', { token })).status).toBe(200)
      expect((await server.call('POST', '/auth/login', { body: REGISTRATION })).status).toBe(200)
      const health = await (await fetch(`${server.url}/api/health`)).json()
      expect(health).toMatchObject({
        data: { status: 'degraded', checks: { database: 'up', cache: 'down' } },
      })
    }
    await one.call('POST', '/auth/logout', { token })
    expect((await other.call('GET', '/auth/me', { token })).status).toBe(401)

    await redis.start()
    const status = async () => {
      const answer = (await (await fetch(`${one.url}/api/health`)).json()) as { data: { status: string } }
      return answer.data.status
    }
    while ((await status()) !== 'ok') await Bun.sleep(100)
  },
  60_000,
)
