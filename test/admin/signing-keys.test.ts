import { describe, expect, test } from 'bun:test'
import { MINUTE } from '../../src/kernel/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const PATH = '/admin/signing-keys'

/** The first user of an instance is its administrator. */
async function arrange(options: Parameters<typeof testServer>[0]) {
  const server = await testServer(options)
  const root = await server.signedIn({ email: 'root@example.com' })
  const rotate = (body?: object, token: string = root.token) =>
    server.call('POST', `${PATH}/rotate`, { token, body })
  const list = async () => (await server.call('GET', PATH, { token: root.token })).body.data.signing_keys
  return { server, root, rotate, list, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

async function keyOf(server: TestServer, token: string, scopes: string[]): Promise<string> {
  const answer = await server.call('POST', '/users/me/api-keys', { token, body: { name: 'k', scopes } })
  return answer.body.data.key
}

describe.each(testDialects)('signing keys of the instance on $name', (dialect) => {
  test('are listed with what each is for, and nothing secret', async () => {
    await using arranged = await arrange({ dialect })
    const keys = await arranged.list()
    expect(keys).toHaveLength(3)
    expect(keys[0]).toEqual({
      kid: expect.stringMatching(/^[\w-]{43}$/),
      algorithm: 'ES256',
      state: 'active',
      published_at: '2030-01-01T00:00:00.000Z',
      active_from: '2030-01-01T00:00:00.000Z',
      retired_at: null,
      removed_at: null,
    })
  })

  test('are rotated: the next ones are published, the day when they take over is told, it is recorded', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, rotate, list } = arranged
    const answer = await rotate({ algorithm: 'ES256' })
    expect(answer.status).toBe(200)
    expect(answer.body.data.signing_keys).toMatchObject([
      { algorithm: 'ES256', state: 'next', active_from: '2030-01-02T00:00:00.000Z' },
    ])
    const [next, active] = await list()
    expect(next.kid).toBe(answer.body.data.signing_keys[0].kid)
    expect(active).toMatchObject({
      state: 'active',
      retired_at: '2030-01-02T00:00:00.000Z',
      removed_at: '2030-02-01T00:00:00.000Z',
    })
    const [event] = await eventsOf(server, 'signing_key.rotate')
    expect(event).toMatchObject({
      actorId: root.user.id,
      targetId: next.kid,
      details: { algorithm: 'ES256', is_compromised: false, retired: [active.kid] },
    })
  })

  test('are rotated all together without a body, and not again before the next ones sign', async () => {
    await using arranged = await arrange({ dialect })
    const { rotate } = arranged
    expect((await rotate()).body.data.signing_keys).toHaveLength(3)
    const again = await rotate()
    expect([again.status, again.body.error.type]).toEqual([409, 'CONFLICT'])
  })

  test('of 20 rotations at once one wins', async () => {
    await using arranged = await arrange({ dialect })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => arranged.rotate({ algorithm: 'EdDSA' })),
    )
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...Array(19).fill(409)])
  })

  test('that were stolen end in seconds', async () => {
    await using arranged = await arrange({ dialect })
    const { server, rotate, list } = arranged
    const [stolen] = await list()
    const answer = await rotate({ algorithm: 'ES256', is_compromised: true })
    const [event] = await eventsOf(server, 'signing_key.rotate')
    expect(event?.details).toEqual({ algorithm: 'ES256', is_compromised: true, distrusted: [stolen.kid] })
    expect(answer.body.data.signing_keys).toMatchObject([{ active_from: '2030-01-01T00:00:15.000Z' }])
    server.clock.advance(15)
    const ofAlgorithm = (await list()).filter(({ algorithm }: { algorithm: string }) => algorithm === 'ES256')
    expect(ofAlgorithm).toMatchObject([{ kid: answer.body.data.signing_keys[0].kid, state: 'active' }])
  })

  test('are for instance administrators alone, and rotated by one who has just proved presence', async () => {
    await using arranged = await arrange({ dialect })
    const { server, root, rotate } = arranged
    const bob = await server.signedIn()
    expect((await server.call('GET', PATH)).status).toBe(401)
    expect((await server.call('POST', `${PATH}/rotate`)).status).toBe(401)
    expect((await server.call('GET', PATH, { token: bob.token })).status).toBe(403)
    expect((await rotate({}, bob.token)).status).toBe(403)

    const reading = await keyOf(server, root.token, ['admin:read', 'admin:write'])
    expect((await server.call('GET', PATH, { token: reading })).status).toBe(200)
    expect((await rotate({}, reading)).body.error.type).toBe('AUTHORIZATION_ERROR')

    server.clock.advance(11 * MINUTE)
    expect((await rotate()).body.error.type).toBe('STEP_UP_REQUIRED')
    expect(await eventsOf(server, 'signing_key.rotate')).toEqual([])
  })

  test.each([[{ algorithm: 'HS256' }], [{ algorithm: 'none' }], [{ is_compromised: 'yes' }], [[]], ['x']])(
    'are not rotated by %j',
    async (body) => {
      await using arranged = await arrange({ dialect })
      expect((await arranged.rotate(body as object)).status).toBe(400)
    },
  )
})
