import { describe, expect, test } from 'bun:test'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { apiKeyOf } from './people.ts'

const PATH = '/users/me/api-keys'

describe.each(testDialects)('own API keys on $name', (dialect) => {
  test('are shown once, then by their beginning only', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await server.signedIn()
    const body = { name: 'Report', scopes: ['profile:read'], expires_at: '2031-01-01T00:00:00.000Z' }
    const created = await server.call('POST', PATH, { token, body })
    expect(created.status).toBe(201)
    const { key, api_key } = created.body.data
    expect(key).toStartWith(api_key.hint)
    const listed = await server.call('GET', PATH, { token })
    expect(listed.body.data.api_keys).toEqual([api_key])
    expect(JSON.stringify(listed.body)).not.toContain(key)
    expect((await server.call('GET', '/users/me', { token: key })).body.data.user.id).toBe(user.id)
    expect(JSON.stringify(await eventsOf(server, 'api_key.create'))).not.toContain(key)
  })

  test('end when revoked, and only one’s own can be', async () => {
    await using server = await testServer({ dialect })
    const alice = await server.signedIn()
    const bob = await server.signedIn()
    const key = await apiKeyOf(server, alice.token, { scopes: ['profile:read'] })
    const { body } = await server.call('GET', PATH, { token: alice.token })
    const path = `${PATH}/${body.data.api_keys[0].id}`
    expect((await server.call('DELETE', path, { token: bob.token })).status).toBe(404)
    expect((await server.call('GET', PATH, { token: bob.token })).body.data.api_keys).toEqual([])
    expect((await server.call('GET', '/users/me', { token: key })).status).toBe(200)
    expect((await server.call('DELETE', path, { token: alice.token })).status).toBe(200)
    expect((await server.call('DELETE', path, { token: alice.token })).status).toBe(404)
    expect((await server.call('GET', '/users/me', { token: key })).status).toBe(401)
    expect((await server.call('DELETE', `${PATH}/x`, { token: alice.token })).status).toBe(400)
  })

  test('cannot make or revoke keys themselves', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    const key = await apiKeyOf(server, token, { scopes: ['profile:read', 'profile:write'] })
    const { body } = await server.call('GET', PATH, { token: key })
    const more = { name: 'more', scopes: ['profile:read'] }
    expect((await server.call('POST', PATH, { token: key, body: more })).status).toBe(403)
    const path = `${PATH}/${body.data.api_keys[0].id}`
    expect((await server.call('DELETE', path, { token: key })).status).toBe(403)
    expect((await server.call('POST', PATH, { body: more })).status).toBe(401)
    expect((await server.call('GET', PATH)).status).toBe(401)
  })

  test.each([
    ['without a name', { scopes: ['profile:read'] }],
    ['without scopes', { name: 'x', scopes: [] }],
    ['with a scope that there is not', { name: 'x', scopes: ['everything'] }],
    ['that has expired', { name: 'x', scopes: ['profile:read'], expires_at: '2029-01-01T00:00:00.000Z' }],
    ['with an oversize name', { name: 'x'.repeat(101), scopes: ['profile:read'] }],
    ['for the instance by who does not administer it', { name: 'x', scopes: ['admin:read'] }],
  ])('are not made %s', async (_, body) => {
    await using server = await testServer({ dialect })
    await server.signedIn()
    const { token } = await server.signedIn()
    const answer = await server.call('POST', PATH, { token, body })
    expect(answer.body.error.type).toBe('VALIDATION_ERROR')
  })

  test('of one name exist once, also when made twenty times at once', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    const body = { name: 'same', scopes: ['profile:read'] }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.call('POST', PATH, { token, body })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
  })
})
